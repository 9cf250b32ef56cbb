"""The street of the fault tests, on which every link goes through a wire that can be told to misbehave."""

import pytest

from tests.faults.conftest import crowd, dice, pairs, pytest_runtest_makereport, seed, town

__all__ = ["crowd", "dice", "pairs", "pytest_runtest_makereport", "seed", "town"]


@pytest.fixture(scope="session")
def wired() -> bool:
    return True
