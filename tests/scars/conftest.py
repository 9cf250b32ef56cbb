"""Fresh corners of the real stores, and the houses on them."""

import logging
from collections.abc import AsyncIterator, Iterator
from typing import Any

import payment_service.wiring
import product_service.wiring
import pytest
import structlog
from chassis.database import Database
from chassis.migrations import migrate
from chassis.world import World

from tests.scars.houses import Houses
from tests.scars.opening import Stores, open_houses
from tests.scars.warehouse import Warehouse, postgres_warehouse_on


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """A thousand faults on purpose, each of which would be logged with all that led to it."""
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    yield
    structlog.configure(**before)


@pytest.fixture
async def product_database(fresh_database: Any) -> Any:
    migrations = product_service.wiring.MIGRATIONS
    return await fresh_database("product", migrate=lambda made: migrate(made.owner_url, migrations))


@pytest.fixture
async def payment_database(fresh_database: Any) -> Any:
    migrations = payment_service.wiring.MIGRATIONS
    return await fresh_database("payment", migrate=lambda made: migrate(made.owner_url, migrations))


@pytest.fixture
def stores(product_database: Any, payment_database: Any, fresh_mongo: Any, fresh_redis: str) -> Stores:
    return Stores(product_database.url, payment_database.url, fresh_mongo.url, fresh_mongo.database, fresh_redis)


@pytest.fixture
async def houses(stores: Stores) -> AsyncIterator[Houses]:
    """At work."""
    async with open_houses(stores) as opened:
        yield opened


@pytest.fixture
async def warehouse(product_database: Any) -> AsyncIterator[Warehouse]:
    """As many connections as there are hands in a race, so that they meet in the database and not before it."""
    database = Database(product_database.url, pool_size=50)
    yield postgres_warehouse_on(database, World())
    await database.close()
