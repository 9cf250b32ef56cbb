"""One suite for the outbox in memory and the outbox in PostgreSQL."""

import asyncio
import random
from uuid import uuid4

import asyncpg
import pytest
from chassis.messages import seal
from chassis.world import World
from testkit.stores.postgres import PASSWORD as ADMIN

from .conftest import News, Said, Unheard


async def test_what_was_said_is_due_until_it_is_confirmed(desk) -> None:
    message = Said(order_id=uuid4(), text="a")
    await desk.say(message)

    async with desk.outbox.lead() as queue:
        [due] = await queue.due()
        assert (due.exchange, due.routing_key, due.lane) == ("product.events", "StockReserved.v1", "saga")
        assert due.envelope.data == message.model_dump(mode="json")
        assert due.envelope.aggregate_id == str(message.order_id)
        await queue.settle(confirmed=[due.id], refused=[])
        assert await queue.due() == []

    assert (await desk.outbox.backlog()).pending == 0


async def test_the_saga_goes_before_the_news_and_the_older_before_the_younger(desk) -> None:
    for message in (
        News(order_id=uuid4(), text="news"),
        Said(order_id=uuid4(), text="first"),
        Said(order_id=uuid4(), text="second"),
    ):
        await desk.say(message)

    async with desk.outbox.lead() as queue:
        assert [each.envelope.data["text"] for each in await queue.due()] == ["first", "second", "news"]
        assert len(await queue.due(2)) == 2


async def test_what_was_refused_waits_and_does_not_hold_up_the_rest(desk) -> None:
    await desk.say(Unheard(order_id=uuid4(), text="refused"))
    await desk.say(Said(order_id=uuid4(), text="fine"))

    async with desk.outbox.lead() as queue:
        refused, fine = sorted(await queue.due(), key=lambda each: each.envelope.data["text"] == "fine")
        await queue.settle(confirmed=[fine.id], refused=[refused.id])
        await queue.settle(confirmed=[], refused=[refused.id])
        await queue.settle(confirmed=[], refused=[refused.id])
        assert await queue.due() == []
        assert (await desk.outbox.backlog()).pending == 1
        async with asyncio.timeout(5):
            while not (again := await queue.due()):
                await queue.wait(0.05)
        assert [each.id for each in again] == [refused.id]


async def test_a_transaction_that_fails_says_nothing(desk) -> None:
    if not desk.database_url:
        store = desk.outbox.store
        try:
            async with store.transaction():
                store.announce(Said(order_id=uuid4()))
                raise KeyError
        except KeyError:
            pass
    else:
        from chassis.database import Database
        from chassis.outbox_table import announce

        database = Database(desk.database_url)
        try:
            async with database.transaction() as connection:
                await announce(connection, Said(order_id=uuid4()), world=World())
                raise KeyError
        except KeyError:
            await database.close()

    async with desk.outbox.lead() as queue:
        assert await queue.due() == []


async def test_there_is_one_leader_and_then_the_next(desk) -> None:
    second_leads = asyncio.Event()

    async def second() -> None:
        async with desk.outbox.lead():
            second_leads.set()

    async with desk.outbox.lead():
        waiting = asyncio.create_task(second())
        done, _ = await asyncio.wait({waiting}, timeout=0.3)
        assert not done
        assert not second_leads.is_set()

    async with asyncio.timeout(5):
        await waiting
    assert second_leads.is_set()


async def test_a_waiting_leader_is_woken_by_what_is_said(desk) -> None:
    async with desk.outbox.lead() as queue:
        await queue.due()
        waiting = asyncio.create_task(queue.wait(30))
        await desk.say(Said(order_id=uuid4()))
        async with asyncio.timeout(3):
            await waiting
        assert len(await queue.due()) == 1


async def test_a_broker_without_memory_is_told_everything_of_the_last_day_again(desk) -> None:
    await desk.say(Said(order_id=uuid4(), text="a"), News(order_id=uuid4(), text="b"))
    async with desk.outbox.lead() as queue:
        first = await queue.due()
        await queue.settle(confirmed=[each.id for each in first], refused=[])
        assert await queue.replay() == 2
        assert {each.id for each in await queue.due()} == {each.id for each in first}


async def test_the_incarnation_is_remembered(desk) -> None:
    async with desk.outbox.lead() as queue:
        assert await queue.incarnation() is None
        for life in (uuid4(), uuid4()):
            await queue.remember(life)
            assert await queue.incarnation() == life


async def test_the_janitor_leaves_what_is_young_or_unpublished(desk) -> None:
    await desk.say(Said(order_id=uuid4()), Said(order_id=uuid4()))
    async with desk.outbox.lead() as queue:
        one, _ = await queue.due()
        await queue.settle(confirmed=[one.id], refused=[])

    assert await desk.outbox.trim() == 0
    assert (await desk.outbox.backlog()).pending == 1


@pytest.mark.parametrize("hears_events", [True, False], ids=["with-inbox", "without-inbox"])
async def test_the_janitor_takes_what_is_old_also_where_there_is_no_inbox(fresh_database, hears_events) -> None:
    from chassis.outbox_relay import TableOutbox

    from .conftest import make_tables

    fresh = await fresh_database("chassis", migrate=make_tables)
    owner = await asyncpg.connect(fresh.owner_url.replace("+asyncpg", ""))
    await owner.execute(
        "INSERT INTO outbox (id, lane, exchange, routing_key, aggregate_id, envelope, published_at)"
        " SELECT gen_random_uuid(), 'news', 'x', 'x', 'x', '{}', now() - make_interval(hours => age)"
        " FROM unnest(ARRAY[23, 25, 48]) AS age"
    )
    if hears_events:
        await owner.execute(
            "INSERT INTO inbox (consumer, message_id, processed_at)"
            " SELECT 'c', gen_random_uuid(), now() - make_interval(days => age) FROM unnest(ARRAY[29, 31]) AS age"
        )
    else:
        await owner.execute("DROP TABLE inbox")

    assert await TableOutbox(fresh.url, world=World()).trim() == 2

    assert await owner.fetchval("SELECT count(*) FROM outbox") == 1
    if hears_events:
        assert await owner.fetchval("SELECT count(*) FROM inbox") == 1
    await owner.close()


async def test_a_row_that_commits_late_is_not_skipped(fresh_database) -> None:
    """S13: a relay that remembers a position skips what was inserted earlier and committed later."""
    from chassis.outbox_relay import TableOutbox

    from .conftest import make_tables

    fresh = await fresh_database("chassis", migrate=make_tables)
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    dice = random.Random(seed)
    pauses = [dice.random() * 0.2 for _ in range(200)]
    pool = await asyncpg.create_pool(fresh.url.replace("+asyncpg", ""), min_size=40, max_size=40)
    written: set[str] = set()

    async def write(pause: float) -> None:
        row = seal(Said(order_id=uuid4()), world=World())
        async with pool.acquire() as connection, connection.transaction():
            await connection.execute(
                "INSERT INTO outbox (id, lane, exchange, routing_key, aggregate_id, envelope)"
                " VALUES ($1, 'saga', 'product.events', 'StockReserved.v1', 'x', $2)",
                row.id,
                row.envelope.model_dump_json(),
            )
            await asyncio.sleep(pause)
        written.add(str(row.id))

    sent: set[str] = set()
    outbox = TableOutbox(fresh.url, world=World())
    async with outbox.lead() as queue, asyncio.TaskGroup() as group:
        writers = [group.create_task(write(pause)) for pause in pauses]
        async with asyncio.timeout(20):
            while not all(writer.done() for writer in writers) or (await outbox.backlog()).pending:
                due = await queue.due(7)
                sent |= {str(each.id) for each in due}
                await queue.settle(confirmed=[each.id for each in due], refused=[])
                await asyncio.sleep(0)
    await pool.close()

    assert len(written) == 200
    assert written == sent


async def test_a_leader_whose_session_was_ended_leads_no_longer_and_the_next_one_does(fresh_database) -> None:
    """What happens to a relay that was stopped for longer than its session may idle."""
    from chassis.faults import StoreUnavailable
    from chassis.outbox_relay import TableOutbox

    from .conftest import make_tables

    fresh = await fresh_database("chassis", migrate=make_tables)
    outbox = TableOutbox(fresh.url, world=World())
    admin = await asyncpg.connect(fresh.owner_url.replace("+asyncpg", ""), user="postgres", password=ADMIN)

    async with outbox.lead() as stopped:
        [leader] = await admin.fetch(
            "SELECT pid FROM pg_locks JOIN pg_database d ON d.oid = database"
            " WHERE locktype = 'advisory' AND granted AND datname = current_database()"
        )
        assert await stopped._session.fetchval("SHOW idle_session_timeout") == "15s"
        await admin.execute("SELECT pg_terminate_backend($1)", leader["pid"])

        async with asyncio.timeout(10), outbox.lead() as next_one:
            assert await next_one.due() == []
            with pytest.raises(StoreUnavailable):
                await stopped.due()
    await admin.close()


async def test_a_session_that_broke_off_in_the_middle_of_something_is_a_store_that_is_away() -> None:
    """A server was killed while asyncpg asked it for the type of an array: the relay has to come back, not to end."""
    from chassis.faults import StoreUnavailable
    from chassis.outbox_relay import TableQueue

    class BrokenOff:
        async def execute(self, *_: object) -> str:
            raise asyncpg.InternalClientError("cannot switch to state 11; another operation (2) is in progress")

    with pytest.raises(StoreUnavailable):
        await TableQueue(BrokenOff()).settle(confirmed=[uuid4()], refused=[])
