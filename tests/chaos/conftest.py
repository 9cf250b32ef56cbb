"""The street of the fault tests with two of every process, behind a real Envoy, and with a wire on every link."""

import pytest

from tests.faults.conftest import crowd, dice, pytest_runtest_makereport, seed, town

__all__ = ["crowd", "dice", "pytest_runtest_makereport", "seed", "town"]


@pytest.fixture(scope="session")
def wired() -> bool:
    return True


@pytest.fixture(scope="session")
def pairs() -> bool:
    return True
