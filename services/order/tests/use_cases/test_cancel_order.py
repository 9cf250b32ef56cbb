"""Cancelling in each state, on the twins."""

import asyncio

import pytest
from order_service.domain.order import OrderNotFound, OrderOver
from order_service.domain.saga_table import Trigger

UNDO = {
    "PENDING": ["ReleaseStock"],
    "RESERVED": ["VoidPayment", "ReleaseStock"],
    "AUTHORIZED": ["VoidPayment", "ReleaseStock"],
    "CONFIRMED": ["RefundPayment", "ReleaseStock"],
}


@pytest.mark.parametrize("state", UNDO)
async def test_what_has_been_done_is_taken_back(till, state) -> None:
    order = await till.order_in(state)
    said = len(till.said())

    cancelled = await till.cancel(order)

    assert (cancelled.state, cancelled.cancel_reason, cancelled.is_open) == ("CANCELLING", "CUSTOMER", True)
    assert till.said()[said:] == UNDO[state]


async def test_the_refund_is_for_the_whole_rest_and_has_one_name(till) -> None:
    order = await till.order_in("CONFIRMED")

    await till.cancel(order)

    [refund] = [each.data for each in till.messages() if each.type == "RefundPayment.v1"]
    assert refund == {
        "order_id": str(order.id),
        "payment_id": str(order.payment_id),
        "refund_id": str(order.cancel_refund_id),
        "amount": None,
    }


async def test_while_money_is_taken_the_wish_is_noted_and_followed_afterwards(till) -> None:
    order = await till.order_in("COMMITTED")
    said = len(till.said())

    noted = await till.cancel(order)

    assert (noted.state, noted.cancel_requested, noted.cancel_reason) == ("COMMITTED", True, None)
    assert till.said()[said:] == []
    order = await till.reply(order, Trigger.CAPTURED)
    assert (order.state, order.cancel_reason) == ("CANCELLING", "CUSTOMER")
    assert till.said()[said:] == ["RefundPayment", "ReleaseStock"]
    order = await till.reply(order, Trigger.STOCK_RELEASED, Trigger.REFUNDED)
    assert (order.state, order.refunded, order.is_open) == ("CANCELLED", order.total, False)
    assert till.messages()[-1].data["refunded"] == order.total


async def test_a_capture_that_fails_after_the_wish_leaves_nothing_to_refund(till) -> None:
    order = await till.order_in("COMMITTED")
    await till.cancel(order)

    order = await till.reply(order, Trigger.CAPTURE_FAILED, Trigger.VOIDED, Trigger.STOCK_RELEASED)

    assert (order.state, order.refunded) == ("CANCELLED", 0)
    assert "RefundPayment" not in till.said()
    assert till.messages()[-1].data["refunded"] == 0


@pytest.mark.parametrize("state", ["PENDING", "RESERVED", "AUTHORIZED", "COMMITTED", "CONFIRMED"])
async def test_the_same_key_again_changes_nothing_and_gets_the_answer_of_then(service, till, state) -> None:
    order = await till.order_in(state)
    first = await till.cancel(order)
    await till.reply(order, Trigger.CAPTURED, Trigger.VOIDED, Trigger.STOCK_RELEASED, Trigger.REFUNDED)
    before, said = await till.look(order), till.said()

    again = await service.cancel_order(order.id, user_id=order.user_id, key="a-key-of-this-very-wish")

    assert again.replayed
    seen = ("state", "history", "cancel_reason", "cancel_requested", "refunded")
    assert [getattr(again.order, name) for name in seen] == [getattr(first, name) for name in seen]
    assert await till.look(order) == before
    assert till.said() == said


@pytest.mark.parametrize("state", ["CANCELLED", "CANCELLING", "COMMITTED and asked for"])
async def test_what_is_over_or_being_cancelled_is_not_cancelled_again(till, state) -> None:
    order = await till.order_in({"CANCELLING": "PENDING"}.get(state, state.split()[0]))
    if state != "CANCELLED":
        await till.cancel(order)
    before, said = await till.look(order), till.said()

    with pytest.raises(OrderOver) as refused:
        await till.cancel(order, key="another-key-of-mine")

    assert refused.value.state == before.state
    assert await till.look(order) == before
    assert till.said() == said


async def test_nobody_cancels_a_strangers_order(till, tokens) -> None:
    order = await till.order_in("CONFIRMED")

    with pytest.raises(OrderNotFound):
        await till.cancel(order, user=tokens.people["bob"])

    assert await till.look(order) == order


async def test_many_cancellations_at_once_are_one(till) -> None:
    order = await till.order_in("CONFIRMED")

    answers = await asyncio.gather(*(till.cancel(order) for _ in range(10)))

    assert len({each.version for each in answers}) == 1
    assert till.said().count("RefundPayment") == 1


async def test_a_cancellation_and_a_capture_at_once_end_in_one_story(till) -> None:
    order = await till.order_in("COMMITTED")

    await asyncio.gather(till.cancel(order), till.reply(order, Trigger.CAPTURED))

    order = await till.look(order)
    assert order.state == "CANCELLING"
    assert order.awaits == {"refund_payment", "release_stock"}
