"""What the database's faults are called, and how long they may last. On a real PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest
from asyncpg.exceptions import IntegrityConstraintViolationError
from chassis.database import Database
from chassis.faults import StoreUnavailable, WriteConflict
from sqlalchemy import text
from testkit.network.faults import Cut
from testkit.network.proxy import fault_proxy
from testkit.stores.server import Server

PATIENCE = 30


@pytest.fixture
async def fresh(fresh_database):
    async def migrate(made) -> None:
        owner = await asyncpg.connect(made.owner_url.replace("+asyncpg", ""))
        await owner.execute("CREATE TABLE things (id int PRIMARY KEY, n int NOT NULL DEFAULT 0, secret text)")
        await owner.execute("INSERT INTO things (id) VALUES (1), (2)")
        await owner.close()

    return await fresh_database("chassisdb", migrate=migrate)


@pytest.fixture
async def database(fresh) -> AsyncIterator[Database]:
    opened = Database(fresh.url, pool_size=3)
    yield opened
    await opened.close()


async def ask(database: Database) -> int:
    async with database.transaction() as connection:
        return (await connection.execute(text("SELECT 1"))).scalar_one()


@pytest.fixture
def server(postgres_server) -> Server:
    if not isinstance(postgres_server, Server):
        pytest.fail("this test needs a private PostgreSQL")
    return postgres_server


async def test_a_server_that_hangs_is_let_go_at_once_at_any_point_and_is_then_fine_again(
    fresh, server, monkeypatch
) -> None:
    monkeypatch.setattr("chassis.database.COMMAND_SECONDS", 2.0)
    monkeypatch.setattr("chassis.database.CONNECT_SECONDS", 5.0)
    database = Database(fresh.url)

    async def before() -> None:
        server.pause()
        await ask(database)

    async def in_the_middle() -> None:
        async with database.transaction() as connection:
            await connection.execute(text("SELECT 1"))
            server.pause()
            await connection.execute(text("SELECT 1"))

    async def at_the_commit() -> None:
        async with database.transaction() as connection:
            await connection.execute(text("SELECT 1"))
            server.pause()

    for hang in (before, in_the_middle, at_the_commit):
        assert await ask(database) == 1
        try:
            # A driver that says goodbye politely, to one that does not answer, waits for that as long again.
            async with asyncio.timeout(3.5) as deadline:
                with pytest.raises(StoreUnavailable):
                    await hang()
            assert not deadline.expired()  # the pool would swallow it
        finally:
            server.resume()
        assert await ask(database) == 1
    await database.close()


async def test_a_server_that_is_down_is_unavailable_and_then_fine_again(database, server) -> None:
    assert await ask(database) == 1
    server.kill()
    try:
        for _ in range(3):
            async with asyncio.timeout(PATIENCE):
                with pytest.raises(StoreUnavailable):
                    await ask(database)
        assert await database.answers() is False
        assert await database.faults() == ["PostgreSQL is unavailable: ConnectionRefusedError"]
    finally:
        server.start()

    assert await ask(database) == 1
    assert await database.faults() == []


@pytest.mark.parametrize("after", [1, 10, 100, 300])
async def test_a_connection_that_is_cut_while_it_is_made_is_unavailable(fresh, server, after) -> None:
    async with fault_proxy(server.port) as wire:
        database = Database(fresh.url.replace(f":{server.port}/", f":{wire.own_port}/"))
        wire.put(Cut(after=after))
        with pytest.raises(StoreUnavailable):
            await ask(database)
        wire.heal()
        assert await ask(database) == 1
        await database.close()


async def test_a_pool_that_is_used_up_is_unavailable(database) -> None:
    async with database.transaction(), database.transaction(), database.transaction():
        with pytest.raises(StoreUnavailable):
            await ask(database)

    assert await ask(database) == 1


async def test_a_session_that_was_ended_is_unavailable_and_the_next_one_is_fine(database, fresh, server) -> None:
    admin = await asyncpg.connect(server.url)

    async def cut() -> None:
        async with database.transaction() as connection:
            pid = (await connection.execute(text("SELECT pg_backend_pid()"))).scalar_one()
            await admin.execute("SELECT pg_terminate_backend($1)", pid)
            await connection.execute(text("SELECT 1"))

    with pytest.raises(StoreUnavailable):
        await cut()

    await admin.close()
    assert await ask(database) == 1


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        ("53100", StoreUnavailable),  # disk full
        ("53200", StoreUnavailable),  # out of memory
        ("53300", StoreUnavailable),  # too many connections
        ("55P03", StoreUnavailable),  # lock not available
        ("57014", StoreUnavailable),  # statement timed out
        ("57P01", StoreUnavailable),  # shutting down
        ("57P03", StoreUnavailable),  # starting up
        ("58030", StoreUnavailable),  # the disk does not answer
        ("25006", StoreUnavailable),  # read only: not the primary
        ("40001", WriteConflict),
        ("40P01", WriteConflict),
    ],
)
async def test_every_fault_of_the_server_has_a_name(database, code, fault) -> None:
    with pytest.raises(fault):
        async with database.transaction() as connection:
            await connection.execute(text(f"DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '{code}'; END $$"))

    assert await ask(database) == 1


async def test_a_slow_statement_and_a_held_lock_are_unavailable(database) -> None:
    with pytest.raises(StoreUnavailable, match="QueryCanceledError"):
        async with database.transaction() as connection:
            await connection.execute(text("SELECT pg_sleep(10)"))

    async with database.transaction() as first:
        await first.execute(text("UPDATE things SET n = 1 WHERE id = 1"))
        with pytest.raises(StoreUnavailable, match="LockNotAvailableError"):
            async with database.transaction() as second:
                await second.execute(text("UPDATE things SET n = 2 WHERE id = 1"))


async def test_two_who_wait_for_each_other_are_a_conflict_for_one(fresh, server) -> None:
    admin = await asyncpg.connect(server.url)
    for setting in ("lock_timeout = '5s'", "statement_timeout = '10s'"):
        await admin.execute(f"ALTER ROLE {fresh.app_role} SET {setting}")
    database = Database(fresh.url)
    both = asyncio.Barrier(2)

    async def write(first: int, second: int) -> None:
        async with database.transaction() as connection:
            update = text("UPDATE things SET n = n + 1 WHERE id = :id")
            await connection.execute(update, {"id": first})
            await both.wait()
            await connection.execute(update, {"id": second})

    outcomes = await asyncio.gather(write(1, 2), write(2, 1), return_exceptions=True)
    await database.close()
    for setting in ("lock_timeout = '500ms'", "statement_timeout = '2s'"):
        await admin.execute(f"ALTER ROLE {fresh.app_role} SET {setting}")
    await admin.close()

    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["NoneType", "WriteConflict"]


async def test_a_refusal_of_the_data_is_no_fault_of_the_server_and_does_not_tell_the_data(database) -> None:
    insert = text("INSERT INTO things (id, secret) VALUES (:id, :secret)")
    with pytest.raises(IntegrityConstraintViolationError) as refused:
        async with database.transaction() as connection:
            await connection.execute(insert, {"id": 1, "secret": "hunter2"})

    assert "hunter2" not in str(refused.value)


async def test_a_transaction_that_is_cancelled_changes_nothing(database) -> None:
    begun = asyncio.Event()

    async def write() -> None:
        async with database.transaction() as connection:
            await connection.execute(text("UPDATE things SET n = 9 WHERE id = 1"))
            begun.set()
            await asyncio.Event().wait()

    writing = asyncio.create_task(write())
    await begun.wait()
    writing.cancel()
    await asyncio.gather(writing, return_exceptions=True)

    async with database.reading() as connection:
        assert (await connection.execute(text("SELECT n FROM things WHERE id = 1"))).scalar_one() == 0


async def test_a_transaction_that_went_on_after_a_failed_statement_does_not_pass_for_done(database) -> None:
    async def goes_on() -> None:
        async with database.transaction() as connection:
            await connection.execute(text("UPDATE things SET n = 7 WHERE id = 1"))
            with pytest.raises(IntegrityConstraintViolationError):
                await connection.execute(text("INSERT INTO things (id) VALUES (1)"))

    with pytest.raises(RuntimeError, match="rolled back"):
        await goes_on()

    async with database.reading() as connection:
        assert (await connection.execute(text("SELECT n FROM things WHERE id = 1"))).scalar_one() == 0


async def test_a_server_that_may_forget_is_told_from_one_that_may_not(fresh, server) -> None:
    admin = await asyncpg.connect(server.url)
    await admin.execute(f"ALTER ROLE {fresh.app_role} SET synchronous_commit = off")
    database = Database(fresh.url)
    try:
        assert await database.faults() == ["PostgreSQL has synchronous_commit=off, needs on"]
    finally:
        await database.close()
        await admin.execute(f"ALTER ROLE {fresh.app_role} RESET synchronous_commit")
        await admin.close()


async def test_a_server_that_hangs_up_while_we_introduce_ourselves_is_unavailable() -> None:
    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.close()

    server = await asyncio.start_server(hang_up, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    database = Database(f"postgresql+asyncpg://nobody:nothing@127.0.0.1:{port}/nowhere?ssl=disable")
    async with server:
        with pytest.raises(StoreUnavailable):
            await ask(database)
    await database.close()
