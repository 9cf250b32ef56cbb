"""The stores alone, without a service around them."""

from collections.abc import AsyncGenerator

import pytest
from chassis.database import Database
from chassis.memory import MemoryStore
from chassis.world import World
from payment_service.adapters.in_memory import InMemoryPayments
from payment_service.adapters.payment_tables import PaymentTables
from payment_service.ports import Payments


@pytest.fixture
async def database(tables) -> AsyncGenerator[Database]:
    database = Database(tables.url.render_as_string(hide_password=False))
    yield database
    await database.close()


@pytest.fixture
def payment_tables(database: Database) -> PaymentTables:
    return PaymentTables(database, World())


@pytest.fixture(params=["memory", "postgres"])
def payments(request: pytest.FixtureRequest) -> Payments:
    if request.param == "memory":
        return InMemoryPayments(MemoryStore(World()))
    return request.getfixturevalue("payment_tables")
