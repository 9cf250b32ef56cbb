"""The sweeper: no order depends on a message that survives."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from order_service.domain.saga_table import Trigger
from order_service.use_cases.sweep import Sweep


async def test_an_order_that_is_on_its_way_is_left_alone(till, clock) -> None:
    await till.placed()
    clock.move(seconds=4)

    assert await till.sweep() == 0


async def test_a_command_that_got_lost_is_said_again_and_is_the_same_message(till, clock) -> None:
    await till.placed()
    await till.deliver()
    [before] = till.messages()
    clock.move(seconds=5)

    assert await till.sweep() == 1

    assert await till.deliver() == ["ReserveStock"]
    [after] = till.messages()
    assert (after.id, after.data) == (before.id, before.data)


async def test_the_pauses_between_repeats_grow_and_are_jittered(till, clock) -> None:
    order = await till.placed()
    pauses = []
    for _ in range(6):
        await till.deliver()
        due = (await till.look(order)).next_action_at
        clock.time = due
        assert await till.sweep() == 1
        pauses.append(((await till.look(order)).next_action_at - due).total_seconds())

    for pause, least in zip(pauses, [10, 20, 40, 60, 60, 60], strict=True):
        assert least <= pause <= least * 1.2


async def test_a_broker_that_is_down_for_hours_cancels_no_order(till, clock) -> None:
    order = await till.placed()
    for _ in range(200):
        clock.move(seconds=61)
        await till.sweep()

    assert (await till.look(order)).state == "PENDING"
    assert till.said() == ["ReserveStock"]
    assert await till.deliver() == ["ReserveStock"]
    assert (await till.reply(order, Trigger.STOCK_RESERVED)).state == "RESERVED"


async def test_what_the_broker_refuses_keeps_its_pause_when_the_sweeper_comes_by(service, till, clock) -> None:
    await till.placed()
    async with service.outbox.lead() as queue:
        [refused] = await queue.due()
        for _ in range(15):
            await queue.settle(confirmed=[], refused=[refused.id])
    clock.move(seconds=60)

    assert await till.sweep() == 1

    assert await till.deliver() == []
    clock.move(minutes=5)
    assert await till.deliver() == ["ReserveStock"]


@pytest.mark.parametrize(
    ("state", "minutes", "undo"),
    [("PENDING", 10, ["ReleaseStock"]), ("RESERVED", 30, ["VoidPayment", "ReleaseStock"])],
)
async def test_a_step_without_an_answer_is_given_up_in_time(till, clock, state, minutes, undo) -> None:
    order = await till.order_in(state)
    clock.move(hours=1)  # not counted: nothing has left yet
    await till.deliver()
    sent = clock.now()

    while clock.now() < sent + timedelta(minutes=minutes) - timedelta(seconds=1):
        clock.move(seconds=1)
        await till.sweep()
    await till.deliver()
    assert (await till.look(order)).state == state

    clock.move(seconds=90)
    await till.sweep()

    order = await till.look(order)
    assert (order.state, order.cancel_reason) == ("CANCELLING", "TIMED_OUT")
    assert await till.deliver() == undo


@pytest.mark.parametrize("state", ["AUTHORIZED", "COMMITTED"])
async def test_later_steps_are_repeated_until_they_succeed(till, clock, state) -> None:
    order = await till.order_in(state)
    await till.deliver()
    for _ in range(100):
        clock.move(hours=1)
        await till.sweep()
        [command] = await till.deliver()
        assert command == {"AUTHORIZED": "CommitStock", "COMMITTED": "CapturePayment"}[state]

    assert (await till.look(order)).state == state
    assert (await till.look(order)).needs_review is (state == "COMMITTED")


async def test_of_a_cancellation_each_leg_that_is_not_done_is_repeated(till, clock) -> None:
    order = await till.cancel(await till.order_in("AUTHORIZED"))
    await till.deliver()
    clock.move(seconds=6)
    await till.sweep()
    assert sorted(await till.deliver()) == ["ReleaseStock", "VoidPayment"]

    await till.reply(order, Trigger.VOIDED)
    clock.move(minutes=2)
    await till.sweep()
    assert await till.deliver() == ["ReleaseStock"]

    await till.reply(order, Trigger.STOCK_RELEASED)
    clock.move(hours=1)
    assert await till.sweep() == 0


async def test_payment_is_asked_again_while_the_customer_is_awaited_so_that_no_webhook_is_needed(till, clock) -> None:
    order = await till.order_in("AWAITING_CUSTOMER")
    await till.deliver()
    clock.move(seconds=6)

    assert await till.sweep() == 1

    assert await till.deliver() == ["AuthorizePayment"]
    assert (await till.reply(order, Trigger.AUTHORIZED)).state == "AUTHORIZED"


async def test_a_customer_who_does_not_come_is_given_up_with_the_page(till, clock) -> None:
    order = await till.order_in("AWAITING_CUSTOMER")
    ends = order.payment_page.expires_at
    assert ends == clock.now() + timedelta(minutes=31)
    while clock.now() < ends - timedelta(seconds=1):
        await till.deliver()
        clock.move(seconds=1)
        await till.sweep()
    assert (await till.look(order)).state == "AWAITING_CUSTOMER"

    clock.move(seconds=90)
    await till.deliver()
    await till.sweep()

    order = await till.look(order)
    assert (order.state, order.cancel_reason) == ("CANCELLING", "TIMED_OUT")
    assert await till.deliver() == ["VoidPayment", "ReleaseStock"]


async def test_a_refund_without_an_answer_is_asked_for_again_and_no_earlier_one_is(till, clock) -> None:
    order = await till.reply(await till.refund(await till.order_in("CONFIRMED"), amount=100), Trigger.REFUND_FAILED)
    order = await till.refund(order, key="another-key-of-a-refund", amount=200)
    await till.deliver()
    clock.move(seconds=6)

    assert await till.sweep() == 1

    [(name, message)] = await till.deliver_messages()
    assert (name, message.data["refund_id"], message.data["amount"]) == (
        "RefundPayment",
        str(order.refunds[-1].id),
        200,
    )
    clock.move(hours=25)
    await till.sweep()
    assert (await till.look(order)).needs_review


async def test_settled_orders_are_not_looked_at(till, clock) -> None:
    await till.order_in("CONFIRMED")
    await till.order_in("CANCELLED")
    clock.move(days=2)

    assert await till.sweep() == 0


@dataclass
class Overtaken:
    """A store in which something happens right after the sweeper has taken an order."""

    inner: Any
    happens: Any

    async def claim_due(self, **how: Any) -> Any:
        due = await self.inner.claim_due(**how)
        if due is not None:
            await self.happens(due.order)
        return due

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)


@pytest.mark.parametrize("minutes", [1, 11])
async def test_a_reply_that_comes_while_the_sweeper_thinks_wins(service, till, clock, world, minutes) -> None:
    order = await till.placed()
    await till.deliver()
    clock.move(minutes=minutes)

    async def reply(_order: Any) -> None:
        await till.reply(order, Trigger.STOCK_RESERVED)

    assert await Sweep(Overtaken(service.place_order.orders, reply), service.metrics, world)() == 1

    found = await till.look(order)
    assert (found.state, found.tries) == ("RESERVED", 0)
    assert await till.deliver() == ["AuthorizePayment"]


async def test_a_sweeper_that_lost_its_lease_writes_nothing(service, till, clock, world) -> None:
    order = await till.placed()
    await till.deliver()
    clock.move(seconds=6)

    async def sleep_too_long(_order: Any) -> None:
        clock.move(seconds=31)
        assert await service.sweep() == 1

    await Sweep(Overtaken(service.place_order.orders, sleep_too_long), service.metrics, world)()

    assert (await till.look(order)).tries == 1
    assert await till.deliver() == ["ReserveStock"]


async def test_an_order_whose_sweeper_died_comes_back_after_the_lease(service, till, clock) -> None:
    await till.placed()
    await till.deliver()
    clock.move(seconds=6)
    taken = await service.place_order.orders.claim_due(
        lease=UUID(int=1), until=clock.now() + timedelta(seconds=30), now=clock.now()
    )
    assert taken is not None
    assert await till.sweep() == 0

    clock.move(seconds=30)
    assert await till.sweep() == 1


async def test_open_orders_are_counted_by_state_and_the_oldest_has_its_age(service, till, clock) -> None:
    for state in ("PENDING", "PENDING", "COMMITTED", "CONFIRMED"):
        await till.order_in(state)
        clock.move(seconds=30)

    [job] = [job for job in service.jobs if job.name == "count-open"]
    assert await job.run() == 0

    found = [till.count("shop_saga_orders", state=state) for state in ("PENDING", "RESERVED", "COMMITTED", "CONFIRMED")]
    assert found == [2, 0, 1, 0]
    ages = [till.count("shop_saga_oldest_seconds", state=state) for state in ("PENDING", "RESERVED", "COMMITTED")]
    assert ages == [120, 0, 60]
