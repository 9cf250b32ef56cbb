"""Replies: what fits moves the order, what does not is counted and changes nothing."""

from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest
from chassis.faults import WriteConflict
from order_service.domain.saga_table import Trigger
from order_service.use_cases.advance_order import AdvanceOrder, OrderUnknown

HAPPY = (Trigger.STOCK_RESERVED, Trigger.AUTHORIZED, Trigger.STOCK_COMMITTED, Trigger.CAPTURED)


async def test_a_purchase_goes_from_stock_to_money_to_the_news(till) -> None:
    order = await till.reply(await till.placed(), *HAPPY)

    assert (order.state, order.next_action_at, order.awaits) == ("CONFIRMED", None, frozenset())
    assert till.said() == ["ReserveStock", "AuthorizePayment", "CommitStock", "CapturePayment", "OrderConfirmed"]
    assert [each.after for each in order.history] == ["PENDING", "RESERVED", "AUTHORIZED", "COMMITTED", "CONFIRMED"]
    reserve, authorize, *_, news = till.messages()
    assert (authorize.data["amount"], authorize.data["currency"]) == (order.total, "EUR")
    assert authorize.data["method_id"] == str(order.method_id)
    assert (news.data["number"], news.data["total"]) == (order.number, order.total)
    assert (reserve.seq, news.seq) == (1, 5)


async def test_a_confirmation_is_timed_from_the_moment_of_the_order(till, clock) -> None:
    order = await till.placed()
    clock.move(seconds=4)
    await till.reply(order, *HAPPY)

    assert till.count("shop_order_confirmation_seconds_count") == 1
    assert till.count("shop_order_confirmation_seconds_sum") == 4


async def test_the_time_that_a_customer_took_to_pay_is_not_held_against_us(till, clock) -> None:
    order = await till.reply(await till.placed(), Trigger.STOCK_RESERVED, Trigger.ACTION_REQUIRED)
    clock.move(seconds=600)
    order = await till.reply(order, *HAPPY[1:])

    assert order.state == "CONFIRMED"
    assert till.count("shop_order_confirmation_seconds_count") == 0


async def test_every_reply_twice_is_as_good_as_once(till) -> None:
    order = await till.placed()
    for trigger in HAPPY:
        once = await till.reply(order, trigger)
        assert await till.reply(order, trigger) == once

    assert len(till.said()) == 5
    assert till.count("shop_saga_unexpected_replies_total", state="CONFIRMED", trigger="PaymentCaptured") == 1


@pytest.mark.parametrize("trigger", [Trigger.AUTHORIZED, Trigger.CAPTURED, Trigger.STOCK_COMMITTED, Trigger.REFUNDED])
async def test_a_reply_that_comes_too_early_changes_nothing_and_is_counted(till, trigger) -> None:
    order = await till.placed()

    assert await till.reply(order, trigger) == order

    assert till.said() == ["ReserveStock"]
    assert till.count("shop_saga_unexpected_replies_total", state="PENDING", trigger=trigger.value) == 1


@pytest.mark.parametrize("late", [Trigger.STOCK_RESERVED, Trigger.STOCK_REJECTED, Trigger.AUTHORIZED, Trigger.DECLINED])
async def test_late_replies_to_an_order_that_is_being_cancelled_change_nothing(till, late) -> None:
    order = await till.cancel(await till.order_in("RESERVED"))

    assert await till.reply(order, late) == order

    order = await till.reply(order, Trigger.VOIDED, late, Trigger.STOCK_RELEASED, late)
    assert (order.state, order.refunded) == ("CANCELLED", 0)
    assert till.said()[-1] == "OrderCancelled"
    assert till.said().count("OrderCancelled") == 1


@pytest.mark.parametrize("trigger", [Trigger.DECLINED, Trigger.AUTHORIZED, Trigger.VOIDED])
async def test_a_reply_about_another_payment_changes_nothing(service, till, trigger) -> None:
    order = await till.order_in("RESERVED")

    await service.advance_order(order.id, trigger, payment_id=uuid4())

    assert await till.look(order) == order
    assert till.count("shop_saga_unexpected_replies_total", state="RESERVED", trigger=trigger.value) == 1


@pytest.mark.parametrize("trigger", [Trigger.REFUNDED, Trigger.REFUND_FAILED])
async def test_a_reply_about_another_refund_changes_nothing(service, till, trigger) -> None:
    order = await till.cancel(await till.order_in("CONFIRMED"))

    await service.advance_order(order.id, trigger, payment_id=order.payment_id, refund_id=uuid4(), refunded=1)

    assert await till.look(order) == order


async def test_a_reply_about_no_order_is_this_messages_fault(service) -> None:
    with pytest.raises(OrderUnknown):
        await service.advance_order(uuid4(), Trigger.STOCK_RESERVED)


@pytest.mark.parametrize("first", [Trigger.STOCK_RELEASED, Trigger.REFUNDED])
async def test_both_legs_must_be_done_in_either_order(till, first) -> None:
    order = await till.cancel(await till.order_in("CONFIRMED"))
    second = ({Trigger.STOCK_RELEASED, Trigger.REFUNDED} - {first}).pop()

    order = await till.reply(order, first, first)
    assert (order.state, order.is_open) == ("CANCELLING", True)
    assert "OrderCancelled" not in till.said()

    order = await till.reply(order, second, second, first)
    assert (order.state, order.is_open, order.refunded) == ("CANCELLED", False, order.total)
    news = till.messages()[-1].data
    assert (news["reason"], news["total"], news["refunded"]) == ("CUSTOMER", order.total, order.total)


async def test_a_refund_that_failed_is_counted_and_asked_for_again_after_a_pause(till, clock) -> None:
    order = await till.cancel(await till.order_in("CONFIRMED"))
    await till.deliver()

    order = await till.reply(order, Trigger.STOCK_RELEASED, Trigger.REFUND_FAILED)

    assert (order.state, order.awaits) == ("CANCELLING", {"refund_payment"})
    assert till.count("shop_saga_refunds_failed_total") == 1
    assert await till.deliver() == []
    clock.move(seconds=5)
    await till.sweep()
    assert await till.deliver() == ["RefundPayment"]
    order = await till.reply(order, Trigger.REFUNDED)
    assert (order.state, order.refunded) == ("CANCELLED", order.total)


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ((Trigger.STOCK_REJECTED,), "OUT_OF_STOCK"),
        ((Trigger.STOCK_RESERVED, Trigger.DECLINED, Trigger.VOIDED, Trigger.STOCK_RELEASED), "PAYMENT_DECLINED"),
        (
            (*HAPPY[:2], Trigger.STOCK_COMMIT_REJECTED, Trigger.STOCK_RELEASED, Trigger.VOIDED),
            "OUT_OF_STOCK",
        ),
        ((*HAPPY[:3], Trigger.CAPTURE_FAILED, Trigger.VOIDED, Trigger.STOCK_RELEASED), "PAYMENT_DECLINED"),
    ],
)
async def test_what_can_not_be_ends_without_a_charge_and_says_why(till, path, reason) -> None:
    order = await till.reply(await till.placed(), *path)

    assert (order.state, order.cancel_reason, order.refunded) == ("CANCELLED", reason, 0)
    assert till.said()[-1] == "OrderCancelled"
    assert till.messages()[-1].data["reason"] == reason


@dataclass
class Contested:
    """A store in which somebody else is faster, so many times."""

    inner: Any
    losses: int

    async def save(self, order: Any, says: Any) -> bool:
        if self.losses:
            self.losses -= 1
            return False
        return await self.inner.save(order, says)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)


async def test_a_lost_race_is_run_again_from_a_fresh_look(service, till, world) -> None:
    order = await till.placed()
    contested = Contested(service.place_order.orders, losses=4)

    await AdvanceOrder(contested, service.metrics, world)(order.id, Trigger.STOCK_RESERVED)

    assert (await till.look(order)).state == "RESERVED"
    assert till.said() == ["ReserveStock", "AuthorizePayment"]


async def test_a_race_that_is_always_lost_is_the_messages_to_repeat(service, till, world) -> None:
    order = await till.placed()
    contested = Contested(service.place_order.orders, losses=5)

    with pytest.raises(WriteConflict):
        await AdvanceOrder(contested, service.metrics, world)(order.id, Trigger.STOCK_RESERVED)

    assert await till.look(order) == order
