"""A database of its own for each test, with the tables of today."""

from collections.abc import AsyncGenerator

import pytest
from chassis.database import Database
from chassis.migrations import migrate
from chassis.world import World
from testkit.plugin import FreshDatabase, MakeDatabase
from user_service.adapters.account_database import AccountDatabase
from user_service.wiring import MIGRATIONS


@pytest.fixture
async def fresh_accounts(fresh_database: MakeDatabase) -> FreshDatabase:
    return await fresh_database("user", migrate=lambda fresh: migrate(fresh.owner_url, MIGRATIONS))


@pytest.fixture
async def account_database(fresh_accounts: FreshDatabase) -> AsyncGenerator[AccountDatabase]:
    database = Database(fresh_accounts.url)
    yield AccountDatabase(database, World())
    await database.close()
