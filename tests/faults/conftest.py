"""One street for all fault tests. A test that fails leaves it in ruins, and the next one gets another.

`MERCATO_SEED` repeats a run's choices; every test prints the seed it ran with.
"""

import os
import time
from collections.abc import AsyncIterator, Callable, Generator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from random import Random, SystemRandom
from typing import Any
from uuid import uuid4

import httpx2
import pytest
import pytest_asyncio
from dev.grounds import Grounds
from testkit.stores.server import Server

from tests.faults.shop.crowd import Crowd
from tests.faults.shop.street import street_on

FAILED = pytest.StashKey[bool]()
RETRY_SCALE = 0.02
"""The retry ladder in tests: 20 ms, 100 ms, 0.6 s, 2.4 s, 12 s."""


@dataclass
class Town:
    """Builds a street when there is none that is sound."""

    grounds: Callable[[], Grounds]
    folders: pytest.TempPathFactory
    seed: int
    stack: AsyncExitStack | None = None
    crowd: Crowd | None = None

    async def sound_street(self) -> Crowd:
        if self.crowd is None:
            self.stack = AsyncExitStack()
            street = await self.stack.enter_async_context(street_on(self.grounds(), self.folders.mktemp("street")))
            client = httpx2.AsyncClient(base_url=street.url, timeout=20, limits=httpx2.Limits(max_connections=60))
            self.crowd = Crowd(street, await self.stack.enter_async_context(client), self.seed)
            print(f"a street of {len(street.processes)} processes is ready after {street.seconds_to_start:.1f} s")
        return self.crowd

    async def tear_down(self) -> None:
        stack, self.stack, self.crowd = self.stack, None, None
        if stack is not None:
            await stack.aclose()


@pytest.fixture(scope="session")
def seed() -> int:
    return int(os.environ.get("MERCATO_SEED") or SystemRandom().randrange(1_000_000))


@pytest.fixture
def dice(seed: int, request: pytest.FixtureRequest) -> Random:
    """The choices of one test, the same for the same seed."""
    return Random(f"{seed} {request.node.name}")


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def town(
    postgres_server: Any,
    mongo_server: Any,
    redis_server: Any,
    rabbit_server: Any,
    tmp_path_factory: pytest.TempPathFactory,
    seed: int,
) -> AsyncIterator[Town]:
    def grounds() -> Grounds:
        stores = (postgres_server, mongo_server, redis_server, rabbit_server)
        if not all(isinstance(each, Server) for each in stores):
            pytest.fail("these tests kill stores: they need private ones, not one that somebody lends")
        return Grounds(*stores, name=uuid4().hex[:10], retry_scale=RETRY_SCALE)

    town = Town(grounds, tmp_path_factory, seed)
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
