"""The street of the fault tests with two of every process, behind a real Envoy, and with wires on some links."""

from asyncio import AbstractEventLoop
from collections.abc import Callable, Collection, Mapping

import pytest
import uvloop

from tests.chaos.plan import links_of_day
from tests.faults.conftest import crowd, dice, pytest_runtest_makereport, seed, town
from tests.faults.shop.wires import Link

__all__ = ["crowd", "dice", "pytest_runtest_makereport", "seed", "town"]


def pytest_asyncio_loop_factories() -> Mapping[str, Callable[[], AbstractEventLoop]]:
    """All wires and all customers are in this process: a slow loop would be a fault that nobody has planned."""
    return {"uvloop": uvloop.new_event_loop}


@pytest.fixture(scope="session")
def wired(seed: int) -> Collection[Link]:
    return links_of_day(seed)


@pytest.fixture(scope="session")
def pairs() -> bool:
    return True
