"""From a command to the provider's word: what goes right, what the bank refuses, what gets lost on the way."""

import asyncio
from uuid import UUID

import httpx2
import pytest
from contracts.payment import AuthorizePayment
from payment_service.ports import AnotherPaymentLives
from simulators.psp import Kind, Operation

ADA = UUID("0190a000-0000-7000-8000-000000000001")
ORDER = UUID("0190a000-0000-7000-8000-00000000000f")
PAYMENT = UUID("0190a000-0000-7000-8000-0000000000aa")
LOST = [Kind.TIMEOUT_BEFORE, Kind.TIMEOUT_AFTER, Kind.ERROR_BEFORE, Kind.ERROR_AFTER, Kind.LOCK_TIMEOUT]


class Died(BaseException):
    """The process ended here."""


async def test_a_good_card_is_authorised_and_nothing_is_taken_yet(shop) -> None:
    await shop.authorize()
    await shop.settle()

    assert await shop.said() == ["PaymentAuthorized"]
    assert await shop.last() == {
        "order_id": str(ORDER),
        "payment_id": str(PAYMENT),
        "amount": 3558,
        "currency": "EUR",
    }
    assert await shop.state() == "AUTHORIZED"
    assert shop.truth("authorization") == [3558]
    assert shop.truth("capture") == []
    assert await shop.facts("ledger_tx") == []


async def test_the_command_itself_asks_nothing_of_the_provider(shop, wire) -> None:
    method = await shop.save_card()
    wire.requests.clear()

    await shop.authorize(method=method)

    assert wire.requests == []
    assert await shop.state() == "CREATED"


async def test_the_intent_carries_our_ids_and_its_keys_are_ours(shop, psp, wire) -> None:
    await shop.captured()

    [capture] = [each for each in psp.facts() if each["kind"] == "capture"]
    assert (capture["order_id"], capture["payment_id"]) == (str(ORDER), str(PAYMENT))
    assert wire.sent("/payment_intents") == [f"{PAYMENT}:create:0"]
    assert wire.sent("/confirm") == [f"{PAYMENT}:confirm:0"]
    assert wire.sent("/capture") == [f"{PAYMENT}:capture:0"]


async def test_a_capture_is_booked_with_the_change_of_state(shop) -> None:
    await shop.captured()

    assert await shop.said() == ["PaymentAuthorized", "PaymentCaptured"]
    assert (await shop.last())["amount"] == 3558
    assert shop.truth("capture") == [3558]
    [booked] = await shop.facts("ledger_tx")
    assert booked["ref"] == f"capture:{PAYMENT}"
    assert booked["postings"] == [
        {"account": "psp_clearing", "side": "debit", "amount": 3558, "currency": "EUR"},
        {"account": "customer_receivable", "side": "credit", "amount": 3558, "currency": "EUR"},
    ]
    assert (await shop.payment())["captured"] == 3558


@pytest.mark.parametrize(
    ("token", "reason"),
    [
        ("pm_card_chargeDeclined", "generic_decline"),
        ("pm_card_chargeDeclinedInsufficientFunds", "insufficient_funds"),
        ("pm_card_chargeDeclinedExpiredCard", "expired_card"),
    ],
)
async def test_a_declined_card_is_final_only_after_the_intent_is_cancelled(shop, wire, token, reason) -> None:
    await shop.authorize(token)
    await shop.settle()

    assert await shop.said() == ["PaymentDeclined"]
    assert (await shop.last())["reason"] == reason
    assert await shop.state() == "FAILED"
    assert wire.sent("/cancel") == [f"{PAYMENT}:cancel:0"]
    assert shop.truth("authorization") == []


async def test_a_decline_is_not_announced_while_the_cancellation_is_unknown(shop) -> None:
    shop.misbehave(Kind.ERROR_BEFORE, Operation.CANCEL)
    await shop.authorize("pm_card_chargeDeclined")
    await shop.settle()

    assert await shop.said() == []
    assert await shop.state() == "VOIDING"

    await shop.settle_all()

    assert await shop.said() == ["PaymentDeclined"]


@pytest.mark.parametrize("stranger", [True, False])
async def test_a_method_that_is_not_this_customers_declines_at_once(shop, wire, another, stranger) -> None:
    method = await shop.save_card(user=another()) if stranger else another()
    wire.requests.clear()

    await shop.authorize(method=method)
    await shop.settle()

    assert await shop.said() == ["PaymentDeclined"]
    assert (await shop.last())["reason"] == "unknown_payment_method"
    assert await shop.state() == "FAILED"
    assert wire.requests == []


async def test_a_card_that_was_removed_meanwhile_declines(shop, service) -> None:
    method = await shop.save_card()
    await shop.authorize(method=method)
    await service.delete_payment_method(ADA, method)
    await shop.settle_all()

    assert await shop.said() == ["PaymentDeclined"]
    assert await shop.state() == "FAILED"
    assert shop.truth("authorization") == []


async def test_an_order_has_one_live_payment(shop, another) -> None:
    await shop.authorize()

    with pytest.raises(AnotherPaymentLives):
        await shop.authorize(payment=another())

    assert len(await shop.facts("payment")) == 1


async def test_an_order_may_have_another_payment_once_the_first_has_failed(shop, another) -> None:
    await shop.authorize("pm_card_chargeDeclined")
    await shop.settle()

    await shop.authorize(payment=another())
    await shop.settle()

    assert await shop.said() == ["PaymentDeclined", "PaymentAuthorized"]


@pytest.mark.parametrize("kind", LOST)
@pytest.mark.parametrize("operation", [Operation.CREATE, Operation.CONFIRM, Operation.CAPTURE, Operation.RETRIEVE])
async def test_a_lost_answer_costs_nobody_a_second_charge(shop, kind, operation) -> None:
    shop.misbehave(kind, operation)
    if operation is Operation.RETRIEVE:
        shop.misbehave(Kind.TIMEOUT_AFTER, Operation.CONFIRM)

    await shop.authorize()
    await shop.settle_all()
    assert await shop.state() == "AUTHORIZED"
    assert shop.truth("authorization") == [3558]
    await shop.capture()
    await shop.settle_all()

    assert await shop.said() == ["PaymentAuthorized", "PaymentCaptured"]
    assert shop.truth("capture") == [3558]
    assert len(await shop.facts("ledger_tx")) == 1
    assert shop.psp.facts()[-1]["kind"] == "capture"


@pytest.mark.parametrize("kind", LOST)
async def test_a_lost_answer_to_a_cancellation_leaves_no_authorisation(shop, kind) -> None:
    await shop.authorize()
    await shop.settle()
    shop.misbehave(kind, Operation.CANCEL)

    await shop.void()
    await shop.settle_all()

    assert await shop.said() == ["PaymentAuthorized", "PaymentVoided"]
    assert await shop.state() == "VOIDED"
    assert shop.truth("authorization") == []


async def test_many_lost_answers_in_a_row_end_well(shop) -> None:
    for operation in (Operation.CREATE, Operation.CONFIRM, Operation.CAPTURE, Operation.RETRIEVE):
        shop.misbehave(Kind.ERROR_AFTER, operation, times=3)
        shop.misbehave(Kind.TIMEOUT_AFTER, operation, times=3)

    await shop.authorize()
    await shop.settle_all()
    await shop.capture()
    await shop.settle_all()

    assert await shop.said() == ["PaymentAuthorized", "PaymentCaptured"]
    assert shop.truth("capture") == [3558]


async def test_an_unknown_confirmation_is_looked_at_before_it_is_sent_again(shop, wire) -> None:
    shop.misbehave(Kind.TIMEOUT_AFTER, Operation.CONFIRM)
    await shop.authorize()
    await shop.settle_all()

    calls = [(each.method, each.url.path.split("/")[-1][:3]) for each in wire.requests][2:]
    assert calls == [("POST", "pay"), ("POST", "con"), ("GET", "pi_")]


async def test_a_create_that_fails_for_ever_under_its_key_takes_the_next_one(shop, wire) -> None:
    shop.misbehave(Kind.ERROR_AFTER, Operation.CREATE)
    await shop.authorize()
    await shop.settle_all()

    assert wire.sent("/payment_intents") == [f"{PAYMENT}:create:{n}" for n in (0, 0, 1)]
    assert await shop.state() == "AUTHORIZED"
    assert shop.truth("authorization") == [3558]


async def test_no_answer_within_the_deadline_is_put_off_longer_and_longer(shop, wire) -> None:
    async def down(_request) -> None:
        raise httpx2.ConnectError("refused")

    await shop.authorize()
    wire.before, wire.requests = down, []
    await shop.settle()
    assert len(wire.requests) == 1
    for _ in range(12):
        await shop.later(seconds=61)
        await shop.settle()

    # The pauses have grown to a minute at most: one call a minute, no more.
    assert len(wire.requests) == 13
    assert await shop.state() == "CREATED"
    assert await shop.said() == []
    assert shop.count("shop_provider_calls_total", operation="create", outcome="OutcomeUnknown") == 13

    wire.before = None
    await shop.settle_all()
    assert await shop.said() == ["PaymentAuthorized"]


async def test_a_wrong_key_of_ours_fails_no_payment(shop, wire) -> None:
    async def unauthorised(request) -> None:
        request.headers["Authorization"] = "Bearer sk_test_another"

    await shop.authorize()
    wire.before = unauthorised
    await shop.settle()
    assert await shop.state() == "CREATED"

    wire.before = None
    await shop.settle_all()

    assert await shop.state() == "AUTHORIZED"


async def test_a_processing_confirmation_is_waited_for(shop, patience) -> None:
    patience.free.clear()
    shop.misbehave(Kind.STAYS_PROCESSING, Operation.CONFIRM)
    await shop.authorize()
    await shop.settle()
    assert await shop.state() == "AUTHORIZING"
    assert await shop.said() == []

    patience.free.set()
    await shop.settle_all()

    assert await shop.said() == ["PaymentAuthorized"]
    assert shop.truth("authorization") == [3558]


async def test_a_void_beats_an_authorisation_in_flight(shop, wire) -> None:
    async def void_meanwhile(request) -> None:
        if request.url.path.endswith("/confirm"):
            await shop.void()

    wire.after = void_meanwhile
    await shop.authorize()
    await shop.settle_all()

    assert await shop.said() == ["PaymentVoided"]
    assert await shop.state() == "VOIDED"
    assert shop.truth("authorization") == []


async def test_a_void_while_the_intent_is_created_confirms_nothing(shop, wire) -> None:
    async def void_meanwhile(request) -> None:
        if request.url.path.endswith("/payment_intents"):
            await shop.void()

    wire.after = void_meanwhile
    await shop.authorize()
    await shop.settle_all()

    assert await shop.said() == ["PaymentVoided"]
    assert wire.sent("/confirm") == []
    assert wire.sent("/cancel") == [f"{PAYMENT}:cancel:0"]


async def test_a_void_before_anything_was_sent_sends_nothing(shop, wire) -> None:
    await shop.authorize()
    wire.requests.clear()

    await shop.void()
    await shop.settle()

    assert await shop.said() == ["PaymentVoided"]
    assert wire.requests == []
    assert await shop.state() == "VOIDED"


async def test_a_void_of_a_declined_payment_in_cancellation_answers_voided(shop) -> None:
    shop.misbehave(Kind.ERROR_BEFORE, Operation.CANCEL)
    await shop.authorize("pm_card_chargeDeclined")
    await shop.settle()

    await shop.void()
    await shop.settle_all()

    assert await shop.said() == ["PaymentVoided"]
    assert await shop.state() == "VOIDED"


async def test_a_void_that_comes_while_capturing_changes_nothing(shop) -> None:
    await shop.authorize()
    await shop.settle()
    await shop.capture()

    await shop.void()
    await shop.settle_all()

    assert await shop.said() == ["PaymentAuthorized", "PaymentCaptured"]
    assert shop.truth("capture") == [3558]


async def test_a_capture_on_an_authorisation_that_ended_fails_for_good(shop, wire) -> None:
    await shop.authorize()
    await shop.settle()
    await _at_the_provider(wire, "cancel")

    await shop.capture()
    await shop.settle_all()

    assert await shop.said() == ["PaymentAuthorized", "PaymentCaptureFailed"]
    assert (await shop.last())["reason"] == "payment_intent_unexpected_state"
    assert await shop.state() == "FAILED"
    assert await shop.facts("ledger_tx") == []


async def test_a_refused_cancellation_of_captured_money_is_told_as_captured(shop, wire) -> None:
    await shop.authorize()
    await shop.settle()
    await _at_the_provider(wire, "capture")

    await shop.void()
    await shop.settle_all()

    assert await shop.said() == ["PaymentAuthorized", "PaymentCaptured"]
    assert len(await shop.facts("ledger_tx")) == 1


@pytest.mark.parametrize("operation", ["/payment_intents", "/confirm", "/capture"])
@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_process_that_dies_around_its_call_leaves_exactly_one_capture(shop, wire, operation, when) -> None:
    async def die_once(request) -> None:
        if request.url.path.endswith(operation):
            setattr(wire, when, None)
            raise Died

    setattr(wire, when, die_once)
    await shop.authorize()
    for _ in range(2):
        try:
            await shop.settle_all()
        except Died:
            # Until the dead one's lease has ended, nobody touches its payment.
            sent = len(wire.requests)
            await shop.settle()
            assert len(wire.requests) == sent
            await shop.settle_all()
        await shop.capture()

    await shop.settle_all()

    assert shop.truth("capture") == [3558]
    assert "PaymentCaptured" in await shop.said()
    assert len(await shop.facts("ledger_tx")) == 1


async def test_what_a_dead_process_left_is_looked_at_before_it_is_sent_again(shop, wire) -> None:
    async def die(request) -> None:
        if request.url.path.endswith("/capture"):
            raise Died

    await shop.authorize()
    await shop.settle()
    await shop.capture()
    wire.after = die
    with pytest.raises(Died):
        await shop.settle()
    wire.after, wire.requests = None, []
    await shop.later(seconds=21)

    await shop.settle()

    assert [each.method for each in wire.requests] == ["GET"]
    assert await shop.state() == "CAPTURED"


async def test_one_that_lost_its_lease_writes_nothing(shop, wire) -> None:
    stopped, go_on = asyncio.Event(), asyncio.Event()

    async def stop_once(request) -> None:
        if request.url.path.endswith("/confirm"):
            wire.after = None
            stopped.set()
            await go_on.wait()

    wire.after = stop_once
    await shop.authorize()
    zombie = asyncio.create_task(shop.settle())
    await stopped.wait()
    await shop.later(seconds=21)
    await shop.settle()
    assert await shop.said() == ["PaymentAuthorized"]

    go_on.set()
    await zombie

    assert await shop.said() == ["PaymentAuthorized"]
    assert shop.truth("authorization") == [3558]


async def test_another_amount_at_the_provider_moves_nothing_and_calls_somebody(shop, psp) -> None:
    await shop.authorize()
    await shop.settle()
    next(iter(psp._store.intents.values())).amount = 1
    await shop.capture()

    await shop.settle()

    assert await shop.state() == "CAPTURING"
    assert await shop.said() == ["PaymentAuthorized"]
    assert shop.count("shop_payment_surprises_total") == 1


async def test_two_hands_never_work_on_the_same_payment(shop, wire) -> None:
    await shop.authorize()

    await asyncio.gather(*(shop.settle() for _ in range(8)))

    assert wire.sent("/payment_intents") == [f"{PAYMENT}:create:0"]
    assert wire.sent("/confirm") == [f"{PAYMENT}:confirm:0"]
    assert await shop.said() == ["PaymentAuthorized"]


async def test_a_repeated_authorisation_answers_from_the_row(shop, service, wire) -> None:
    method = await shop.save_card()
    await shop.authorize(method=method)
    await shop.settle()
    wire.requests.clear()

    again = AuthorizePayment(
        order_id=ORDER, payment_id=PAYMENT, user_id=ADA, method_id=method, amount=3558, currency="EUR"
    )
    await service.authorize_payment(again)
    await shop.settle()

    assert await shop.said() == ["PaymentAuthorized", "PaymentAuthorized"]
    assert wire.requests == []


async def test_settled_payments_are_counted_once(shop) -> None:
    await shop.captured()
    await shop.capture()

    assert shop.count("shop_payments_total", outcome="authorized") == 1
    assert shop.count("shop_payments_total", outcome="captured") == 1


async def _at_the_provider(wire, operation: str) -> None:
    """Somebody at the provider's own dashboard."""
    async with httpx2.AsyncClient(transport=wire.inner, base_url="http://psp") as dashboard:
        [intent] = {part for each in wire.requests for part in each.url.path.split("/") if part.startswith("pi_")}
        answer = await dashboard.post(
            f"/v1/payment_intents/{intent}/{operation}", headers={"Authorization": "Bearer sk_test_key"}
        )
        assert answer.status_code == 200
