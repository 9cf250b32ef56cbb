"""What a statement is sent as, and what its answer looks like. On a real PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from chassis.database import Database
from chassis.faults import WriteConflict
from chassis.statements import worded
from sqlalchemy import bindparam, column, select, table, text

THINGS = table("things", column("id"), column("n"))
ADD = text("INSERT INTO things (id, n) VALUES (:id, :n)")
ALL = text("SELECT id, n FROM things ORDER BY id")
FILL = text("UPDATE things SET n = n + 1 WHERE id = ANY(CAST(:ids AS int[]))")
EVERYTHING = text("SELECT * FROM things ORDER BY id")


@pytest.fixture
async def fresh(fresh_database: Any) -> Any:
    async def migrate(made: Any) -> None:
        owner = await asyncpg.connect(made.owner_url.replace("+asyncpg", ""))
        await owner.execute("CREATE TABLE things (id int PRIMARY KEY, n int NOT NULL DEFAULT 0)")
        await owner.close()

    return await fresh_database("statements", migrate=migrate)


@pytest.fixture
async def database(fresh: Any) -> AsyncIterator[Database]:
    opened = Database(fresh.url, pool_size=1)
    yield opened
    await opened.close()


def test_parameters_are_numbered_once_each() -> None:
    words = worded(text("SELECT :a, :b, :a"))

    assert words.sql == "SELECT $1, $2, $1"
    assert words.arguments({"b": 2, "a": 1}) == [1, 2]


def test_a_parameter_that_is_not_told_is_a_mistake() -> None:
    with pytest.raises(KeyError, match="b"):
        worded(text("SELECT :a, :b")).arguments({"a": 1})


def test_what_a_statement_brings_along_need_not_be_told() -> None:
    words = worded(select(THINGS).where(THINGS.c.id < bindparam("before")).limit(5))

    assert words.arguments({"before": 3}) == [3, 5]


async def test_rows_tell_by_name_by_place_and_as_a_whole(database: Database) -> None:
    async with database.transaction() as connection:
        await connection.execute(ADD, [{"id": 1, "n": 10}, {"id": 2, "n": 20}])
        found = await connection.execute(ALL)

    assert [(row.id, row[1]) for row in found] == [(1, 10), (2, 20)]
    assert dict(found.all()[0]) == {"id": 1, "n": 10}
    assert found.scalars() == [1, 2]
    assert not hasattr(found.first(), "color")


async def test_of_one_row_there_must_be_one(database: Database) -> None:
    async with database.transaction() as connection:
        nobody = await connection.execute(ALL)
        await connection.execute(ADD, [{"id": 1, "n": 10}, {"id": 2, "n": 20}])
        two = await connection.execute(ALL)

    assert (nobody.one_or_none(), nobody.scalar_one_or_none(), nobody.first()) == (None, None, None)
    for wrong in (nobody.one, nobody.scalar_one, two.one, two.one_or_none, two.scalar_one_or_none):
        with pytest.raises(ValueError, match="unpack"):
            wrong()


async def test_a_change_tells_how_many_it_met(database: Database) -> None:
    async with database.transaction() as connection:
        await connection.execute(ADD, [{"id": 1, "n": 10}, {"id": 2, "n": 20}])

        assert (await connection.execute(FILL, {"ids": [1, 2, 3]})).rowcount == 2
        assert (await connection.execute(FILL, {"ids": []})).rowcount == 0


async def test_rows_come_one_after_the_other_where_there_may_be_many(database: Database) -> None:
    async with database.transaction() as connection:
        await connection.execute(ADD, [{"id": each, "n": 0} for each in range(200)])

        assert [row.id async for row in await connection.stream(ALL)] == list(range(200))


async def test_uuids_stay_uuids(database: Database) -> None:
    id_ = uuid4()

    async with database.reading() as connection:
        found = (await connection.execute(text("SELECT CAST(:id AS uuid)"), {"id": id_})).scalar_one()

    assert found == id_
    assert isinstance(found, UUID)


async def test_a_statement_that_was_prepared_before_a_migration_is_prepared_anew(
    fresh: Any, database: Database
) -> None:
    async def all_of_them() -> list[dict[str, Any]]:
        async with database.reading() as connection:
            return [dict(row) for row in await connection.execute(EVERYTHING)]

    async with database.transaction() as connection:
        await connection.execute(ADD, {"id": 1, "n": 10})
    assert await all_of_them() == [{"id": 1, "n": 10}]
    owner = await asyncpg.connect(fresh.owner_url.replace("+asyncpg", ""))
    await owner.execute("ALTER TABLE things ADD COLUMN color text DEFAULT 'red'")
    await owner.close()

    with pytest.raises(WriteConflict):
        await all_of_them()

    assert await all_of_them() == [{"id": 1, "n": 10, "color": "red"}]


async def test_who_is_cancelled_in_the_middle_of_a_statement_leaves_no_connection_behind(database: Database) -> None:
    async def dawdle() -> None:
        async with database.reading() as connection:
            await connection.execute(text("SELECT pg_sleep(2)"))

    dawdling = asyncio.create_task(dawdle())
    await asyncio.sleep(0.2)
    dawdling.cancel()
    await asyncio.gather(dawdling, return_exceptions=True)

    # The pool has one place: it must be free, and nothing of the other's may be in the way.
    async with asyncio.timeout(1.5), database.reading() as connection:
        assert (await connection.execute(text("SELECT 1"))).scalar_one() == 1
