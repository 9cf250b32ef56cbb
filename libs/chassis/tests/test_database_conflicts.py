"""What only a real database can show: two writers of one row, and the names of what happens to the second."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from uuid import uuid4

import pytest
from chassis.database import Database
from chassis.faults import StoreUnavailable, WriteConflict
from sqlalchemy import text

from .conftest import make_tables

ROW = text("INSERT INTO inbox (consumer, message_id) VALUES ('c', :id)")
CHANGE = text("UPDATE inbox SET processed_at = now() WHERE message_id = :id")
COUNT = text("SELECT count(*) FROM inbox")
REPEATABLE = text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
# As patient as a session without our own lock timeout, so that the database looks for the circle itself.
PATIENT = text("SET LOCAL lock_timeout = 0")


@pytest.fixture
async def database(fresh_database: Callable[..., Awaitable[Any]]) -> AsyncIterator[Database]:
    fresh = await fresh_database("chassis", migrate=make_tables)
    database = Database(fresh.url)
    yield database
    await database.close()


async def written(database: Database, *ids: dict[str, Any]) -> None:
    async with database.transaction() as connection:
        for each in ids:
            await connection.execute(ROW, each)


async def test_a_serialization_failure_is_a_write_conflict(database: Database) -> None:
    row = {"id": uuid4()}
    await written(database, row)

    async def come_late() -> None:
        async with database.transaction() as late:
            await late.execute(REPEATABLE)
            await late.execute(COUNT)
            async with database.transaction() as early:
                await early.execute(CHANGE, row)
            await late.execute(CHANGE, row)

    with pytest.raises(WriteConflict, match="SerializationError"):
        await come_late()


async def test_a_deadlock_is_a_write_conflict_for_one_and_none_for_the_other(database: Database) -> None:
    rows = [{"id": uuid4()}, {"id": uuid4()}]
    await written(database, *rows)
    both_hold_one = asyncio.Barrier(2)

    async def change(first: dict[str, Any], second: dict[str, Any]) -> None:
        async with database.transaction() as connection:
            await connection.execute(PATIENT)
            await connection.execute(CHANGE, first)
            await both_hold_one.wait()
            await connection.execute(CHANGE, second)

    ended = await asyncio.gather(change(*rows), change(*reversed(rows)), return_exceptions=True)

    assert sorted(type(each).__name__ for each in ended) == ["NoneType", "WriteConflict"]


async def test_a_lock_that_is_not_given_in_time_is_a_store_too_busy(database: Database) -> None:
    row = {"id": uuid4()}
    await written(database, row)

    async def change() -> None:
        async with database.transaction() as connection:
            await connection.execute(CHANGE, row)

    async with database.transaction() as holder:
        await holder.execute(CHANGE, row)
        with pytest.raises(StoreUnavailable, match="LockNotAvailableError"):
            await change()
