"""One street for all fault tests. A test that fails leaves it in ruins, and the next one gets another.

`MERCATO_SEED` repeats a run's choices; every test prints the seed it ran with. The workers of this street are
hasty: what somebody left unfinished is taken up by others after twelve seconds, and not after a minute as in earnest.
"""

import os
import time
from collections.abc import AsyncIterator, Collection, Generator
from random import Random, SystemRandom
from typing import Any

import pytest
import pytest_asyncio

from tests.faults.shop.crowd import Crowd
from tests.faults.shop.hasty_worker import hasty
from tests.faults.shop.town import Town, private_grounds
from tests.faults.shop.wires import Link

FAILED = pytest.StashKey[bool]()


@pytest.fixture(scope="session")
def seed() -> int:
    return int(os.environ.get("MERCATO_SEED") or SystemRandom().randrange(1_000_000))


@pytest.fixture
def dice(seed: int, request: pytest.FixtureRequest) -> Random:
    """The choices of one test, the same for the same seed."""
    return Random(f"{seed} {request.node.name}")


@pytest.fixture(scope="session")
def wired() -> Collection[Link]:
    """Which links go through a wire that can be told to misbehave?"""
    return ()


@pytest.fixture(scope="session")
def pairs() -> bool:
    """Are there two of every process, behind a real Envoy?"""
    return False


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def town(
    postgres_server: Any,
    mongo_server: Any,
    redis_server: Any,
    rabbit_server: Any,
    tmp_path_factory: pytest.TempPathFactory,
    seed: int,
    wired: Collection[Link],
    pairs: bool,
) -> AsyncIterator[Town]:
    stores = (postgres_server, mongo_server, redis_server, rabbit_server)
    town = Town(lambda: private_grounds(*stores), tmp_path_factory, seed, command=hasty, wired=wired, pairs=pairs)
    yield town
    await town.tear_down()


@pytest_asyncio.fixture(loop_scope="session")
async def crowd(town: Town, request: pytest.FixtureRequest) -> AsyncIterator[Crowd]:
    """The customers of a street on which nothing is under way."""
    crowd = await town.sound_street()
    crowd.marks = crowd.street.marks()
    began = time.monotonic()
    yield crowd
    print(f"seed {town.seed}, {time.monotonic() - began:.1f} s")
    if request.node.stash.get(FAILED, False):
        await town.tear_down()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A failed test shows what the processes said last."""
    report = yield
    crowd = getattr(item, "funcargs", {}).get("crowd")
    if report.failed and isinstance(crowd, Crowd):
        item.stash[FAILED] = True
        report.sections.append(("the street", crowd.street.report()))
    return report
