"""What is told of the payments of an order, by the twin in memory and by PostgreSQL."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from payment_service.domain.commands import State
from payment_service.domain.ledger import capture_entry, refund_entry
from payment_service.domain.refund import RefundState
from payment_service.ports import Payments

from .test_payments import a_payment, added, asked_back, captured, new_id, stored

MINUTE = timedelta(minutes=1)


def lately(moment: datetime) -> bool:
    return abs(datetime.now(UTC) - moment) < MINUTE


async def test_a_payment_that_waits_is_told_with_its_times(payments: Payments) -> None:
    payment = await added(payments)
    await added(payments)

    [story] = await payments.of_order(payment.order_id)

    assert (story.payment, story.refunds, story.booked) == (payment, [], [])
    assert lately(story.begun_at)
    assert lately(story.changed_at)
    assert story.due_at is not None


async def test_refunds_and_what_was_booked_are_told_with_their_payment(payments: Payments) -> None:
    await captured(payments)
    refund = await asked_back(payments)
    payment = await stored(payments, refund.payment_id)
    done = replace(refund, state=RefundState.DONE, tries=2)
    async with payments.transaction() as tx:
        await tx.save_refund(done)
        await tx.post(capture_entry(payment.id, 3558, "EUR"))
        await tx.post(refund_entry(refund.id, 100, "EUR"))
        await tx.post(capture_entry(new_id(), 1, "EUR"))

    [story] = await payments.of_order(payment.order_id)

    assert (story.payment.captured, story.due_at) == (3558, None)
    [told] = story.refunds
    assert told.refund == done
    assert lately(told.begun_at)
    assert lately(told.changed_at)
    assert [each.entry for each in story.booked] == [
        capture_entry(payment.id, 3558, "EUR"),
        refund_entry(refund.id, 100, "EUR"),
    ]
    assert all(lately(each.at) for each in story.booked)


async def test_every_payment_of_an_order_is_told_oldest_first(payments: Payments) -> None:
    first = await added(payments, a_payment(state=State.FAILED, reason="card_declined"))
    second = await added(payments, a_payment(order_id=first.order_id))

    assert [each.payment for each in await payments.of_order(first.order_id)] == [first, second]


async def test_of_an_order_that_never_came_here_nothing_is_told(payments: Payments) -> None:
    assert await payments.of_order(new_id()) == []
