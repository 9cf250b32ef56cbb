"""One street on which every link goes through a wire that can be told to misbehave."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from tests.faults.conftest import crowd, dice, pytest_runtest_makereport, seed
from tests.faults.shop.hasty_worker import hasty
from tests.faults.shop.town import Town, private_grounds

__all__ = ["crowd", "dice", "pytest_runtest_makereport", "seed"]


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def town(
    postgres_server: Any,
    mongo_server: Any,
    redis_server: Any,
    rabbit_server: Any,
    tmp_path_factory: pytest.TempPathFactory,
    seed: int,
) -> AsyncIterator[Town]:
    stores = (postgres_server, mongo_server, redis_server, rabbit_server)
    town = Town(lambda: private_grounds(*stores), tmp_path_factory, seed, command=hasty, wired=True)
    yield town
    await town.tear_down()
