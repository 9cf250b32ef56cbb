"""What every outbox promises its relay, asked of the one inside of the order documents and of its twin."""

import asyncio

from order_service.domain.saga_table import Trigger
from order_service.domain.states import Event, State

from .steps import added, brought

HAPPY = (Trigger.STOCK_RESERVED, Trigger.AUTHORIZED, Trigger.STOCK_COMMITTED, Trigger.CAPTURED)


async def test_what_was_said_is_due_until_it_is_confirmed(books, an_order) -> None:
    order = await added(books, an_order())

    async with books.outbox.lead() as queue:
        [due] = await queue.due()
        assert (due.exchange, due.routing_key, due.lane) == ("product.commands", "ReserveStock.v1", "saga")
        assert due.envelope.data["lines"] == [{"sku": "TEA-1", "quantity": 2}]
        assert (due.envelope.aggregate_id, due.envelope.seq) == (str(order.id), 1)
        assert (await books.outbox.backlog()).pending == 1
        await queue.settle(confirmed=[due.id], refused=[])
        assert await queue.due() == []
        await queue.settle(confirmed=[due.id], refused=[])

    assert (await books.outbox.backlog()).pending == 0


async def test_what_an_order_has_said_is_told_with_what_became_of_it(books, an_order) -> None:
    order, other = await added(books, an_order()), await added(books, an_order())
    [new] = await books.orders.said(order.id)
    assert (new.written_at, new.first_sent_at, new.published_at, new.attempts) == (books.clock.now(), None, None, 0)
    assert (new.outgoing.exchange, new.outgoing.routing_key) == ("product.commands", "ReserveStock.v1")
    assert new.outgoing.envelope.data["order_id"] == str(order.id)

    async with books.outbox.lead() as queue:
        await queue.settle(confirmed=[], refused=[new.outgoing.id])
    books.clock.move(seconds=1)
    left = books.clock.now()
    await books.deliver()
    await brought(books, order, Trigger.STOCK_RESERVED)

    reserve, authorize = await books.orders.said(order.id)
    assert (reserve.outgoing, reserve.first_sent_at, reserve.published_at, reserve.attempts) == (
        new.outgoing,
        left,
        left,
        1,
    )
    assert (authorize.outgoing.routing_key, authorize.published_at) == ("AuthorizePayment.v1", None)
    assert len(await books.orders.said(other.id)) == 1


async def test_of_an_order_that_is_not_there_nothing_is_told(books, an_order) -> None:
    assert await books.orders.said(an_order().id) is None


async def test_confirming_what_is_not_there_is_no_fault(books, an_order) -> None:
    async with books.outbox.lead() as queue:
        await queue.settle(confirmed=[an_order().id], refused=[an_order().id])

        assert await queue.due() == []


async def test_the_saga_goes_before_the_news_and_the_older_before_the_younger(books, an_order) -> None:
    await books.orders.add(an_order(State.CONFIRMED), [Event.CONFIRMED])
    first, second = an_order(), an_order()
    for order in (first, second):
        books.clock.move(seconds=1)
        await added(books, order)

    async with books.outbox.lead() as queue:
        due = await queue.due()
        assert [each.envelope.type for each in due] == ["ReserveStock.v1", "ReserveStock.v1", "OrderConfirmed.v1"]
        assert [each.envelope.aggregate_id for each in due[:2]] == [str(first.id), str(second.id)]
        assert [each.id for each in await queue.due(2)] == [each.id for each in due[:2]]


async def test_what_was_refused_waits_longer_each_time_and_does_not_hold_up_the_rest(books, an_order) -> None:
    refused, fine = await added(books, an_order()), await added(books, an_order())

    async with books.outbox.lead() as queue:
        ids = {each.envelope.aggregate_id: each.id for each in await queue.due()}
        await queue.settle(confirmed=[ids[str(fine.id)]], refused=[ids[str(refused.id)]])
        for pause in (0.1, 0.2, 0.4, 0.8):
            assert await queue.due() == []
            books.clock.move(seconds=pause)
            assert [each.id for each in await queue.due()] == [ids[str(refused.id)]]
            await queue.settle(confirmed=[], refused=[ids[str(refused.id)]])
        assert (await books.outbox.backlog()).pending == 1
        for _ in range(20):
            await queue.settle(confirmed=[], refused=[ids[str(refused.id)]])
        books.clock.move(seconds=299)
        assert await queue.due() == []
        books.clock.move(seconds=1)
        assert len(await queue.due()) == 1


async def test_one_of_two_commands_of_an_order_that_is_refused_is_still_due_later(books, an_order) -> None:
    await brought(books, an := await added(books, an_order()), Trigger.STOCK_RESERVED, Trigger.CANCEL)

    async with books.outbox.lead() as queue:
        due = {each.envelope.type: each.id for each in await queue.due()}
        assert set(due) == {"ReserveStock.v1", "AuthorizePayment.v1", "VoidPayment.v1", "ReleaseStock.v1"}
        void = due.pop("VoidPayment.v1")
        await queue.settle(confirmed=list(due.values()), refused=[void])
        books.clock.move(seconds=1)
        assert [each.id for each in await queue.due()] == [void]
        assert (await books.outbox.backlog()).pending == 1
    assert an.state is State.PENDING


async def test_the_age_of_the_backlog_is_that_of_its_oldest(books, an_order) -> None:
    assert (await books.outbox.backlog()).oldest_seconds == 0
    await added(books, an_order())
    books.clock.move(seconds=40)
    await added(books, an_order())

    backlog = await books.outbox.backlog()

    assert (backlog.pending, backlog.oldest_seconds) == (2, 40)


async def test_there_is_one_leader_and_then_the_next(books) -> None:
    second_leads = asyncio.Event()

    async def second() -> None:
        async with books.outbox.lead():
            second_leads.set()

    async with books.outbox.lead():
        waiting = asyncio.create_task(second())
        done, _ = await asyncio.wait({waiting}, timeout=0.3)
        assert not done
        assert not second_leads.is_set()

    async with asyncio.timeout(5):
        await waiting
    assert second_leads.is_set()


async def test_a_waiting_leader_is_woken_by_a_new_order_and_by_the_next_step(books, an_order) -> None:
    books.clock.patience = 30
    order = an_order()

    async with books.outbox.lead() as queue:
        for say in (added(books, order), brought(books, order, Trigger.STOCK_RESERVED)):
            waiting = asyncio.create_task(queue.wait(30))
            await asyncio.sleep(0)
            await say
            async with asyncio.timeout(5):
                await waiting
        assert len(await queue.due()) == 2


async def test_the_incarnation_is_remembered(books, an_order) -> None:
    one, other = an_order().id, an_order().id

    async with books.outbox.lead() as queue:
        assert await queue.incarnation() is None
        for life in (one, other):
            await queue.remember(life)
            assert await queue.incarnation() == life


async def test_a_broker_without_memory_is_told_todays_news_and_what_open_orders_wait_for(books, an_order) -> None:
    await brought(books, await added(books, an_order()), *HAPPY)
    await brought(books, await added(books, an_order()), Trigger.STOCK_RESERVED, Trigger.CANCEL)
    await books.deliver()
    books.clock.move(hours=23)

    async with books.outbox.lead() as queue:
        assert await queue.replay() >= 2
        again = {each.envelope.type for each in await queue.due()}

    assert {"OrderConfirmed.v1", "VoidPayment.v1", "ReleaseStock.v1"} <= again


async def test_the_janitor_leaves_what_is_young_or_unpublished(books, an_order) -> None:
    await brought(books, await added(books, an_order()), Trigger.STOCK_REJECTED)
    await books.deliver()
    books.clock.move(hours=23)
    unpublished = await added(books, an_order())

    assert await books.outbox.trim() == 0

    books.clock.move(hours=2)
    assert await books.outbox.trim() > 0
    assert await books.outbox.trim() == 0
    assert [each["aggregate_id"] for each in await books.facts("outbox")] == [str(unpublished.id)]
    assert await books.due() == ["ReserveStock"]


async def test_the_janitor_counts_from_the_day_a_message_left(books, an_order) -> None:
    """A broker that was down for a day: its messages are old and have just left."""
    order = await added(books, an_order())
    await books.deliver()
    await brought(books, order, Trigger.STOCK_REJECTED)
    books.clock.move(hours=25)
    await books.deliver()

    assert await books.outbox.trim() == 1
    assert await books.outbox.trim() == 0
    assert [each["type"] for each in await books.facts("outbox")] == ["OrderCancelled.v1"]
    async with books.outbox.lead() as queue:
        await queue.replay()
        assert "OrderCancelled.v1" in {each.envelope.type for each in await queue.due()}
