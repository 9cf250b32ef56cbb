"""One shop for all of it. `MERCATO_SEED` repeats a run, `MERCATO_EXAMPLES` makes it larger."""

import os
import time
from collections.abc import AsyncIterator, Iterator
from random import SystemRandom
from typing import Any
from uuid import uuid4

import httpx2
import pytest
import pytest_asyncio
import requests
from dev.building import Building
from dev.grounds import Grounds
from testkit.verify.journal import Journal

from tests.journeys.shop import Shop
from tests.schema.knocking import Door
from tests.schema.opened import opened
from tests.schema.people import Identity, gather

PATIENCE_SECONDS = 20


@pytest.fixture(scope="session")
def seed() -> int:
    return int(os.environ.get("MERCATO_SEED") or SystemRandom().randrange(1_000_000))


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def building(
    postgres_server: Any, mongo_server: Any, redis_server: Any, rabbit_server: Any, tmp_path_factory: Any
) -> AsyncIterator[Building]:
    grounds = Grounds(postgres_server, mongo_server, redis_server, rabbit_server, name=uuid4().hex[:10])
    async with opened(grounds, tmp_path_factory.mktemp("shop")) as building:
        yield building


@pytest.fixture(scope="session")
def identities(building: Building) -> Iterator[list[Identity]]:
    with httpx2.Client(base_url=building.gateway.url, timeout=PATIENCE_SECONDS) as client:
        yield gather(Shop(client, Journal()))


@pytest.fixture(scope="session")
def door(building: Building, seed: int, request: pytest.FixtureRequest) -> Iterator[Door]:
    began = time.monotonic()
    with requests.Session() as session:
        yield (door := Door(building.gateway.url, session))
    operations = len({label for label, _, _ in door.answered})
    seconds = time.monotonic() - began
    with request.config.pluginmanager.getplugin("capturemanager").global_and_fixture_disabled():
        print(f"\n{door.answered.total()} requests to {operations} operations in {seconds:.0f} s, seed {seed}")
