"""Returning money: once, whatever gets lost, and never more than was taken."""

import asyncio

import pytest
from simulators.psp import Kind, Operation

REFUND = "0190a000-0000-7000-8000-0000000000bb"
LOST = [Kind.TIMEOUT_BEFORE, Kind.TIMEOUT_AFTER, Kind.ERROR_BEFORE, Kind.ERROR_AFTER, Kind.LOCK_TIMEOUT]


async def test_everything_is_returned_and_booked(shop) -> None:
    await shop.captured()

    await shop.refund()
    await shop.settle()

    assert (await shop.said())[2:] == ["PaymentRefunded"]
    last = await shop.last()
    assert (last["refund_id"], last["amount"], last["currency"]) == (REFUND, 3558, "EUR")
    assert (await shop.payment())["refunded"] == 3558
    assert shop.truth("refund") == [3558]
    [booked] = [each for each in await shop.facts("ledger_tx") if each["entry"] == "refund"]
    assert booked["ref"] == f"refund:{REFUND}"
    assert booked["postings"] == [
        {"account": "refunds", "side": "debit", "amount": 3558, "currency": "EUR"},
        {"account": "psp_clearing", "side": "credit", "amount": 3558, "currency": "EUR"},
    ]
    assert shop.count("shop_payments_total", outcome="refunded") == 1


async def test_the_command_itself_asks_nothing_of_the_provider(shop, wire) -> None:
    await shop.captured()
    wire.requests.clear()

    await shop.refund()

    assert wire.requests == []
    assert [each["state"] for each in await shop.facts("refund")] == ["REQUESTED"]


async def test_the_rest_is_what_was_not_asked_back_yet(shop, another) -> None:
    await shop.captured()
    await shop.refund(refund=another(), amount=1000)
    await shop.settle()

    await shop.refund()
    await shop.settle()

    assert shop.truth("refund") == [1000, 2558]
    assert (await shop.payment())["refunded"] == 3558


@pytest.mark.parametrize("kind", LOST)
async def test_a_lost_answer_pays_nobody_twice_and_keeps_its_key(shop, wire, kind) -> None:
    await shop.captured()
    shop.misbehave(kind, Operation.REFUND)

    await shop.refund()
    await shop.settle_all()

    assert (await shop.said())[2:] == ["PaymentRefunded"]
    assert shop.truth("refund") == [3558]
    assert len(await shop.facts("ledger_tx")) == 2
    assert set(wire.sent("/refunds")) == {f"{REFUND}:0"}


async def test_a_failure_that_the_provider_repeats_is_looked_up(shop, wire) -> None:
    await shop.captured()
    shop.misbehave(Kind.ERROR_AFTER, Operation.REFUND)

    await shop.refund()
    await shop.settle_all()

    assert [each.method for each in wire.requests if each.url.path == "/v1/refunds"] == ["POST", "POST", "GET"]
    assert shop.truth("refund") == [3558]


async def test_many_lost_answers_in_a_row_pay_nobody_twice(shop, wire) -> None:
    await shop.captured()
    for kind in LOST:
        shop.misbehave(kind, Operation.REFUND, times=2)
        shop.misbehave(kind, Operation.RETRIEVE, times=1)

    await shop.refund()
    await shop.settle_all()

    assert shop.truth("refund") == [3558]
    assert set(wire.sent("/refunds")) == {f"{REFUND}:0"}


async def test_a_key_older_than_twenty_hours_is_looked_up_before_it_is_sent(shop, wire) -> None:
    await shop.captured()
    shop.misbehave(Kind.TIMEOUT_AFTER, Operation.REFUND)
    await shop.refund()
    await shop.settle()
    wire.requests.clear()

    await shop.later(seconds=25 * 3600)
    await shop.settle()

    # By now the provider has forgotten the key, and would pay again.
    assert [each.method for each in wire.requests] == ["GET"]
    assert shop.truth("refund") == [3558]
    assert (await shop.said())[2:] == ["PaymentRefunded"]


async def test_an_old_key_that_was_never_used_there_is_sent_after_the_look(shop, wire) -> None:
    await shop.captured()
    shop.misbehave(Kind.TIMEOUT_BEFORE, Operation.REFUND)
    await shop.refund()
    await shop.settle()
    wire.requests.clear()

    await shop.later(seconds=25 * 3600)
    await shop.settle_all()

    assert [each.method for each in wire.requests] == ["GET", "POST"]
    assert wire.sent("/refunds") == [f"{REFUND}:0"]
    assert shop.truth("refund") == [3558]


async def test_a_refund_that_fails_at_the_bank_is_told_and_takes_the_next_key(shop, wire, patience) -> None:
    await shop.captured()
    patience.free.clear()
    shop.misbehave(Kind.REFUND_FAILS, Operation.REFUND)
    await shop.refund()
    await shop.settle()
    assert (await shop.said())[2:] == []

    patience.free.set()
    await shop.settle_all()
    assert (await shop.said())[2:] == ["RefundFailed"]
    assert (await shop.last())["reason"] == "expired_or_canceled_card"
    assert (await shop.payment())["refunded"] == 0

    await shop.refund()
    await shop.settle_all()

    assert (await shop.said())[2:] == ["RefundFailed", "PaymentRefunded"]
    assert wire.sent("/refunds") == [f"{REFUND}:0", f"{REFUND}:1"]
    assert shop.truth("refund") == [3558]


async def test_a_part_that_failed_is_over_however_often_its_command_comes(shop, wire, patience, another) -> None:
    """Whoever asked for it has gone on: to try again is another refund."""
    await shop.captured()
    patience.free.clear()
    shop.misbehave(Kind.REFUND_FAILS, Operation.REFUND)
    await shop.refund(amount=1000)
    await shop.settle()
    patience.free.set()
    await shop.settle_all()

    await shop.refund(amount=1000)
    await shop.settle_all()

    assert (await shop.said())[2:] == ["RefundFailed", "RefundFailed"]
    assert wire.sent("/refunds") == [f"{REFUND}:0"]
    assert shop.truth("refund") == []
    await shop.refund(refund=another(), amount=1000)
    await shop.settle_all()
    assert (await shop.said())[-1] == "PaymentRefunded"


async def test_a_refund_that_is_pending_is_waited_for_and_never_sent_again(shop, wire, patience) -> None:
    await shop.captured()
    patience.free.clear()
    shop.misbehave(Kind.REFUND_FAILS, Operation.REFUND)
    await shop.refund()

    for _ in range(5):
        await shop.settle()
        await shop.later(seconds=61)

    assert wire.sent("/refunds") == [f"{REFUND}:0"]
    assert [each["state"] for each in await shop.facts("refund")] == ["REQUESTED"]


async def test_a_refusal_is_believed_only_after_a_look(shop, wire) -> None:
    await shop.captured()
    [charge] = shop.psp._store.charges.values()
    charge.amount_refunded = 3558
    wire.requests.clear()

    await shop.refund()
    await shop.settle_all()

    assert [each.method for each in wire.requests] == ["POST", "GET"]
    assert (await shop.said())[2:] == ["RefundFailed"]
    assert (await shop.last())["reason"] == "charge_already_refunded"
    assert (await shop.payment())["refunded"] == 0


@pytest.mark.parametrize("wrong", [{"amount": 3557}, {"currency": "usd"}])
async def test_another_amount_at_the_provider_moves_nothing_and_calls_somebody(shop, wrong) -> None:
    await shop.captured()
    shop.misbehave(Kind.ERROR_AFTER, Operation.REFUND)
    await shop.refund()
    await shop.settle()
    [refund] = shop.psp._store.refunds.values()
    for name, value in wrong.items():
        setattr(refund, name, value)
    for _ in range(3):
        await shop.later(seconds=61)
        await shop.settle()

    assert shop.count("shop_payment_surprises_total") == 1
    assert [each["state"] for each in await shop.facts("refund")] == ["REQUESTED"]
    assert (await shop.said())[2:] == []
    assert len(await shop.facts("ledger_tx")) == 1


async def test_two_hands_never_work_on_the_same_refund(shop, wire) -> None:
    await shop.captured()
    await shop.refund()

    await asyncio.gather(*(shop.settle() for _ in range(8)))

    assert wire.sent("/refunds") == [f"{REFUND}:0"]
    assert (await shop.said())[2:] == ["PaymentRefunded"]
