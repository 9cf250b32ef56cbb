"""The street of the fault tests with two of every process, behind a real Envoy, and with wires on some links."""

from collections.abc import Collection

import pytest

from tests.chaos.plan import links_of_day
from tests.faults.conftest import crowd, dice, pytest_runtest_makereport, seed, town
from tests.faults.shop.wires import Link

__all__ = ["crowd", "dice", "pytest_runtest_makereport", "seed", "town"]


@pytest.fixture(scope="session")
def wired(seed: int) -> Collection[Link]:
    return links_of_day(seed)


@pytest.fixture(scope="session")
def pairs() -> bool:
    return True
