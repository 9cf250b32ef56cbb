"""The street of the fault tests, on which every link goes through a wire that can be told to misbehave."""

from collections.abc import Collection

import pytest

from tests.faults.conftest import crowd, dice, pairs, pytest_runtest_makereport, seed, town
from tests.faults.shop.wires import LINKS, Link

__all__ = ["crowd", "dice", "pairs", "pytest_runtest_makereport", "seed", "town"]


@pytest.fixture(scope="session")
def wired() -> Collection[Link]:
    return LINKS
