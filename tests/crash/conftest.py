"""One street whose processes can be told where to die; torn down after a failure, and after so many runs."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.crash.harness import Crashes, dying
from tests.faults.conftest import FAILED, dice, pytest_runtest_makereport, seed
from tests.faults.shop.town import Town, private_grounds

__all__ = ["dice", "pytest_runtest_makereport", "seed"]

RUNS = 60
"""So many on one street: what it holds is read and checked after each."""


@dataclass
class Place:
    """A town, and the street in it that crashes happen on."""

    town: Town
    folder: Path
    crashes: Crashes | None = None
    runs: int = 0
    died_at: set[str] = field(default_factory=set)

    async def prepared(self) -> Crashes:
        if self.crashes is None or self.crashes.crowd is not self.town.crowd or self.runs >= RUNS:
            await self.town.tear_down()
            self.crashes, self.runs = Crashes(await self.town.sound_street(), self.folder), 0
            await self.crashes.open()
        self.runs += 1
        self.crashes.crowd.marks = self.crashes.crowd.street.marks()
        return self.crashes


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def place(
    postgres_server: Any,
    mongo_server: Any,
    redis_server: Any,
    rabbit_server: Any,
    tmp_path_factory: pytest.TempPathFactory,
    seed: int,
) -> AsyncIterator[Place]:
    stores = (postgres_server, mongo_server, redis_server, rabbit_server)
    folder = tmp_path_factory.mktemp("points")
    town = Town(lambda: private_grounds(*stores), tmp_path_factory, seed, command=dying(folder))
    yield Place(town, folder)
    await town.tear_down()


@pytest_asyncio.fixture(loop_scope="session")
async def crashes(place: Place, request: pytest.FixtureRequest) -> AsyncIterator[Crashes]:
    """A street on which nothing is under way."""
    crashes = await place.prepared()
    request.node.funcargs["crowd"] = crashes.crowd
    yield crashes
    if request.node.stash.get(FAILED, False):
        await place.town.tear_down()
