"""What only MongoDB can show: races between relay and saga, relays that die, replays that know what is over."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from chassis.documents import Documents
from chassis.faults import StoreUnavailable
from chassis.world import World
from order_service.adapters.document_outbox import DocumentOutbox
from order_service.domain.saga_table import Trigger
from order_service.domain.states import Command
from testkit.network.faults import HalfOpen
from testkit.network.proxy import HOST, Way, fault_proxy

from .steps import added, brought, moved

HAPPY = (Trigger.STOCK_RESERVED, Trigger.AUTHORIZED, Trigger.STOCK_COMMITTED, Trigger.CAPTURED)


async def test_a_replay_leaves_finished_commands_and_old_news_alone(mongo_books, an_order) -> None:
    books = mongo_books
    await brought(books, await added(books, an_order()), Trigger.STOCK_REJECTED)
    await books.deliver()
    books.clock.move(hours=25)
    await brought(books, await added(books, an_order()), *HAPPY)
    await brought(books, await added(books, an_order()), Trigger.STOCK_RESERVED)
    await books.deliver()

    async with books.outbox.lead() as queue:
        assert await queue.replay() == 2
        assert await queue.replay() == 0
        assert [each.envelope.type for each in await queue.due()] == ["AuthorizePayment.v1", "OrderConfirmed.v1"]


async def test_the_janitor_leaves_open_orders_alone(mongo_books, an_order) -> None:
    books = mongo_books
    order = await added(books, an_order())
    await books.deliver()
    books.clock.move(days=3)

    assert await books.outbox.trim() == 0
    due = await books.orders.claim_due(lease=order.id, until=books.clock.now(), now=books.clock.now())
    assert set(due.first_sent) == {Command.RESERVE_STOCK}


async def test_a_new_entry_is_never_hidden_by_settling_an_older_one(mongo_books, an_order) -> None:
    books = mongo_books
    async with books.outbox.lead() as queue:
        for _ in range(150):
            order = await added(books, an_order())
            [first] = await queue.due()
            step = moved(order, Trigger.STOCK_RESERVED, books.clock)

            _, saved = await asyncio.gather(
                queue.settle(confirmed=[first.id], refused=[]), books.orders.save(step.order, step.says)
            )

            assert saved
            [second] = await queue.due()
            assert (second.envelope.aggregate_id, second.routing_key) == (str(order.id), "AuthorizePayment.v1")
            await queue.settle(confirmed=[second.id], refused=[])
            assert (await books.outbox.backlog()).pending == 0


async def test_a_repeat_while_the_relay_settles_is_never_hidden(mongo_books, an_order) -> None:
    books = mongo_books
    async with books.outbox.lead() as queue:
        for _ in range(50):
            order = await added(books, an_order())
            step = moved(order, Trigger.STOCK_RESERVED, books.clock)
            [reserve] = await queue.due()
            await queue.settle(confirmed=[reserve.id], refused=[])
            await books.orders.save(step.order, step.says)
            [authorize] = await queue.due()
            books.clock.move(seconds=5)
            tomorrow = books.clock.now() + timedelta(days=1)
            await books.orders.claim_due(lease=order.id, until=tomorrow, now=books.clock.now())
            later = replace(step.order, next_action_at=tomorrow)

            _, repeated = await asyncio.gather(
                queue.settle(confirmed=[authorize.id], refused=[]),
                books.orders.repeat(later, lease=order.id, commands=[Command.RESERVE_STOCK]),
            )

            assert repeated
            [again] = await queue.due()
            assert again.id == reserve.id
            await queue.settle(confirmed=[again.id], refused=[])


async def test_settling_does_not_disturb_the_saga(mongo_books, an_order) -> None:
    books = mongo_books
    order = await added(books, an_order())

    await books.deliver()

    assert await books.orders.any(order.id) == order
    assert (await brought(books, order, Trigger.STOCK_RESERVED)).version == 2


async def test_what_a_relay_left_half_tidied_is_tidied_by_the_next(mongo_books, documents, an_order) -> None:
    """It died after marking its last message and before it took the order out of the index."""
    books = mongo_books
    order = await brought(books, await added(books, an_order()), Trigger.STOCK_REJECTED)
    await books.deliver()
    await documents.database.orders.update_one({"_id": order.id}, {"$set": {"unpublished_since": books.clock.now()}})
    waiting = await added(books, an_order())

    assert (await books.outbox.backlog()).pending == 1
    assert await books.due() == ["ReserveStock"]
    found = documents.database.orders.find({"unpublished_since": {"$exists": True}})
    assert [each["_id"] async for each in found] == [waiting.id]


async def test_marking_a_message_and_when_it_first_left_is_one_write(mongo_books, documents, an_order) -> None:
    """Between two writes a relay can die, and a command that left at no time is never repeated."""
    books = mongo_books
    order = await added(books, an_order())
    async with await documents.database.orders.watch([{"$match": {"operationType": "update"}}]) as changes:
        await books.deliver()
        seen = await changes.next()

    assert seen["documentKey"]["_id"] == order.id
    assert set(seen["updateDescription"]["updatedFields"]) == {"outbox.0.published_at", "outbox.0.first_sent_at"}


async def test_a_relay_that_slept_too_long_has_lost_its_lead(mongo_books, an_order) -> None:
    books = mongo_books
    await added(books, an_order())

    async with books.outbox.lead() as asleep:
        books.clock.move(seconds=16)
        async with books.outbox.lead() as awake:
            with pytest.raises(StoreUnavailable):
                await asleep.due()
            assert len(await awake.due()) == 1


async def test_a_relay_that_works_keeps_its_lead(mongo_books) -> None:
    books = mongo_books
    async with books.outbox.lead() as queue:
        for _ in range(6):
            books.clock.move(seconds=14)
            await queue.due()
        waiting = asyncio.create_task(lead_once(books))
        done, _ = await asyncio.wait({waiting}, timeout=0.3)
        assert not done
    async with asyncio.timeout(5):
        await waiting


async def lead_once(books) -> None:
    async with books.outbox.lead():
        return


async def test_a_relay_whose_store_is_gone_without_a_word_gives_up_its_lead(mongo_books, fresh_mongo) -> None:
    port = int(fresh_mongo.url.partition("127.0.0.1:")[2].partition("/")[0])
    async with fault_proxy(port) as wire, asyncio.timeout(15) as patience:
        far = Documents(f"mongodb://{HOST}:{wire.own_port}/?directConnection=true", fresh_mongo.database)

        async def lead_into_the_dark() -> None:
            async with DocumentOutbox(far, World()).lead() as queue:
                # Connections that lie idle: over one of them the driver says goodbye to the change stream.
                await asyncio.gather(*(far.answers() for _ in range(5)))
                wire.put(HalfOpen(), Way.THERE)
                await queue.due()

        with pytest.raises(StoreUnavailable):
            await lead_into_the_dark()
        await far.close()
    # The driver makes a fault of its own of being cancelled.
    assert not patience.expired()
