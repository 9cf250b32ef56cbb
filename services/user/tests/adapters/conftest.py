"""Accounts on a database of their own."""

from collections.abc import AsyncGenerator

import pytest
from chassis.database import Database
from chassis.world import World
from testkit.plugin import FreshDatabase
from user_service.adapters.account_database import AccountDatabase


@pytest.fixture
async def account_database(fresh_accounts: FreshDatabase) -> AsyncGenerator[AccountDatabase]:
    database = Database(fresh_accounts.url)
    yield AccountDatabase(database, World())
    await database.close()
