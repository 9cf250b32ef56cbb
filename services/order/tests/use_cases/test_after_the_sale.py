"""Shipping, arriving, giving money back: on the twins."""

import asyncio
from dataclasses import replace
from uuid import UUID, uuid4

import pytest
from chassis.idempotency import IdempotencyKeyReused
from order_service.domain.order import OrderNotFound, OrderOver
from order_service.domain.refund import Piece, RefundTooMuch
from order_service.domain.refunding import NotRefundable
from order_service.domain.saga_table import Trigger
from order_service.use_cases.after_the_sale import NotDeliverable, NotShippable

OTHER_KEY = "another-key-of-a-refund"
TEA = "TEA-1"


async def test_a_paid_order_is_shipped_and_the_customer_is_told(till, clock) -> None:
    order = await till.order_in("CONFIRMED")

    shipped = await till.ship(order, tracking="TR-4711")

    assert (shipped.state, shipped.shipment.tracking, shipped.shipment.at) == ("SHIPPED", "TR-4711", clock.now())
    message = till.messages()[-1]
    assert (message.type, message.seq) == ("OrderShipped.v1", shipped.version)
    assert (message.data["carrier"], message.data["tracking"]) == ("Post", "TR-4711")
    assert [(line["sku"], line["quantity"]) for line in message.data["lines"]] == [(TEA, 2)]


async def test_the_same_parcel_again_changes_nothing_and_another_is_refused(till) -> None:
    shipped = await till.ship(await till.order_in("CONFIRMED"))
    said = till.said()

    assert await till.ship(shipped) == shipped
    with pytest.raises(NotShippable):
        await till.ship(shipped, tracking="TR-2")
    arrived = await till.deliver_parcel(shipped)
    assert await till.ship(shipped) == arrived
    assert till.said() == said


async def test_a_parcel_that_arrives_is_noted_once_and_told_to_those_who_watch(till) -> None:
    shipped = await till.ship(await till.order_in("CONFIRMED"))
    said = till.said()

    arrived = await till.deliver_parcel(shipped)

    assert arrived.state == "DELIVERED"
    assert await till.deliver_parcel(shipped) == arrived
    assert till.said() == said
    assert till.progress()[-1] == "DELIVERED"
    assert till.progress().count("DELIVERED") == 1


@pytest.mark.parametrize("state", ["PENDING", "RESERVED", "AWAITING_CUSTOMER", "AUTHORIZED", "COMMITTED", "CANCELLED"])
async def test_what_is_not_paid_does_not_leave(till, state) -> None:
    order = await till.order_in(state)

    with pytest.raises(NotShippable) as refused:
        await till.ship(order)
    assert refused.value.state == state
    with pytest.raises(NotDeliverable):
        await till.deliver_parcel(order)
    with pytest.raises(NotRefundable):
        await till.refund(order)
    assert await till.look(order) == order


async def test_what_is_not_shipped_can_not_arrive(till) -> None:
    with pytest.raises(NotDeliverable):
        await till.deliver_parcel(await till.order_in("CONFIRMED"))


async def test_what_is_not_there_is_missing_for_staff_too(service, till) -> None:
    for asked in (
        service.ship_order(uuid4(), carrier="Post", tracking="TR-1"),
        service.deliver_order(uuid4()),
        service.see_any_order(uuid4()),
        service.cancel_any_order(uuid4(), staff_id=uuid4(), key="k"),
    ):
        with pytest.raises(OrderNotFound):
            await asked
    order = await till.placed()
    with pytest.raises(OrderNotFound):
        await till.refund(replace(order, id=uuid4()))


async def test_a_part_goes_back_and_the_order_stands(till) -> None:
    order = await till.deliver_parcel(await till.ship(await till.order_in("CONFIRMED")))

    asked = await till.refund(order, amount=500, restock=[Piece(TEA, 1)])

    assert (asked.state, asked.refunded) == ("REFUNDING", 0)
    [command] = [each for each in till.messages() if each.type == "RefundPayment.v1"]
    refund = asked.refunds[0]
    assert (command.data["amount"], command.data["refund_id"]) == (500, str(refund.id))

    done = await till.reply(asked, Trigger.REFUNDED)

    assert (done.state, done.refunded, done.refunds[0].outcome) == ("DELIVERED", 500, "DONE")
    told, back = till.messages()[-2:]
    assert told.type == "OrderRefunded.v1"
    assert {name: told.data[name] for name in ("refund_id", "amount", "refunded", "total", "currency")} == {
        "refund_id": str(refund.id),
        "amount": 500,
        "refunded": 500,
        "total": order.total,
        "currency": "EUR",
    }
    assert back.type == "ReturnStock.v1"
    assert back.data == {
        "order_id": str(order.id),
        "refund_id": str(refund.id),
        "lines": [{"sku": TEA, "quantity": 1}],
    }


async def test_refunds_add_up_until_all_is_back(till) -> None:
    order = await till.ship(await till.order_in("CONFIRMED"))

    order = await till.reply(await till.refund(order, amount=500), Trigger.REFUNDED)
    order = await till.reply(await till.refund(order, key=OTHER_KEY), Trigger.REFUNDED)

    assert (order.state, order.refunded) == ("REFUNDED", order.total)
    commands = [each for each in till.messages() if each.type == "RefundPayment.v1"]
    assert [each.data["amount"] for each in commands] == [500, order.total - 500]
    assert len({each.id for each in till.messages()}) == len(till.messages()), "each refund is another message"
    assert "ReturnStock" not in till.said()
    for late in (till.ship(order, tracking="TR-2"), till.cancel(order), till.refund(order, key="a-third-key-of-it")):
        with pytest.raises((NotShippable, OrderOver)):
            await late


async def test_a_parcel_may_leave_and_arrive_while_money_is_on_its_way_back(till) -> None:
    order = await till.refund(await till.order_in("CONFIRMED"), amount=100)

    order = await till.ship(order)
    assert (order.state, till.said()[-1]) == ("REFUNDING", "OrderShipped")
    order = await till.deliver_parcel(order)
    assert order.state == "REFUNDING"

    assert (await till.reply(order, Trigger.REFUNDED)).state == "DELIVERED"


async def test_an_order_that_is_refunded_or_has_left_can_not_be_cancelled(till) -> None:
    refunding = await till.refund(await till.order_in("CONFIRMED"), amount=100)
    shipped = await till.ship(await till.order_in("CONFIRMED"))

    for order in (refunding, shipped, await till.deliver_parcel(shipped)):
        with pytest.raises(OrderOver):
            await till.cancel(order)


async def test_a_cancellation_after_a_part_came_back_brings_the_rest(till) -> None:
    order = await till.reply(await till.refund(await till.order_in("CONFIRMED"), amount=100), Trigger.REFUNDED)
    assert order.state == "CONFIRMED"

    await till.cancel(order)

    command = [each for each in till.messages() if each.type == "RefundPayment.v1"][-1]
    assert (command.data["amount"], command.data["refund_id"]) == (None, str(order.cancel_refund_id))
    await till.service.advance_order(
        order.id, Trigger.REFUNDED, refund_id=order.cancel_refund_id, refunded=order.total - 100
    )
    over = await till.reply(order, Trigger.STOCK_RELEASED)
    assert (over.state, over.refunded, till.messages()[-1].data["refunded"]) == ("CANCELLED", order.total, order.total)


async def test_a_refund_that_fails_may_be_asked_for_again_under_another_key(till) -> None:
    order = await till.ship(await till.order_in("CONFIRMED"))
    failed = await till.reply(await till.refund(order, amount=100, restock=[Piece(TEA, 2)]), Trigger.REFUND_FAILED)
    assert (failed.state, failed.refunded) == ("SHIPPED", 0)

    done = await till.reply(
        await till.refund(failed, key=OTHER_KEY, amount=100, restock=[Piece(TEA, 2)]), Trigger.REFUNDED
    )

    assert [each.outcome for each in done.refunds] == ["FAILED", "DONE"]
    assert till.said().count("ReturnStock") == 1


async def test_the_same_key_gives_back_once_and_is_answered_as_it_was_then(service, till) -> None:
    order = await till.ship(await till.order_in("CONFIRMED"))
    first = await till.refund(order, amount=100)

    assert await till.refund(order, amount=100) == first
    await till.deliver_parcel(order)
    await till.reply(order, Trigger.REFUNDED)
    again = await till.refund(order, amount=100)

    seen = ("state", "version", "history", "refunded", "refunds", "shipment")
    assert [getattr(again, name) for name in seen] == [getattr(first, name) for name in seen]
    assert till.said().count("RefundPayment") == 1
    with pytest.raises(IdempotencyKeyReused):
        await till.refund(order, amount=100, request_hash="e" * 64)


async def test_a_key_is_one_persons(till) -> None:
    order = await till.reply(await till.refund(await till.order_in("CONFIRMED"), amount=100), Trigger.REFUNDED)

    other = await till.refund(order, amount=100, by=uuid4())

    assert len(other.refunds) == 2


async def test_of_many_refunds_at_once_one_is_made(till) -> None:
    order = await till.order_in("CONFIRMED")

    answers = await asyncio.gather(
        *(till.refund(order, key=f"a-key-of-refund-{n}", amount=1000) for n in range(10)), return_exceptions=True
    )

    assert sorted(type(each).__name__ for each in answers) == ["NotRefundable"] * 9 + ["Order"]
    assert till.said().count("RefundPayment") == 1


async def test_never_more_goes_back_than_was_paid(till) -> None:
    order = await till.order_in("CONFIRMED")

    with pytest.raises(RefundTooMuch):
        await till.refund(order, amount=order.total + 1)
    order = await till.reply(await till.refund(order, amount=order.total - 1), Trigger.REFUNDED)
    with pytest.raises(RefundTooMuch):
        await till.refund(order, key=OTHER_KEY, amount=2)

    assert (await till.look(order)).refunded == order.total - 1


async def test_staff_ends_an_order_in_its_own_name_once_for_a_key(service, till) -> None:
    order, staff = await till.order_in("COMMITTED"), UUID(int=5)

    first = await service.cancel_any_order(order.id, staff_id=staff, key="a-key-of-the-staff")
    again = await service.cancel_any_order(order.id, staff_id=staff, key="a-key-of-the-staff")
    with pytest.raises(OrderOver):
        await till.cancel(order, key="a-key-of-the-staff")

    assert (first.replayed, again.replayed) == (False, True)
    assert (await till.reply(order, Trigger.CAPTURED)).cancel_reason == "STAFF"
