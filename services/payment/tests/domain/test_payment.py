"""What the provider's word changes, and what it may not change."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest
from payment_service.domain.commands import OVER, WORKING, Answer, State
from payment_service.domain.intent import Intent, IntentStatus
from payment_service.domain.payment import Payment, Surprise
from payment_service.domain.session import Session, SessionStatus

ID = UUID("0190a000-0000-7000-8000-0000000000aa")
ORDER = UUID("0190a000-0000-7000-8000-00000000000f")


def a_payment(state: State, **others) -> Payment:
    intent_id = None if state is State.CREATED else "pi_1"
    captured = 3558 if state is State.CAPTURED else 0
    return Payment(
        id=ID,
        order_id=ORDER,
        amount=3558,
        currency="EUR",
        state=state,
        **{"intent_id": intent_id, "captured": captured, **others},
    )


def an_intent(status: str, *, amount: int = 3558, currency: str = "EUR", received: int | None = None) -> Intent:
    taken = amount if status == "succeeded" else 0
    return Intent("pi_1", IntentStatus(status), amount, currency, taken if received is None else received)


@pytest.mark.parametrize(
    ("state", "status", "then", "answer"),
    [
        ("AUTHORIZING", "requires_capture", "AUTHORIZED", "authorized"),
        ("AUTHORIZING", "requires_confirmation", "AUTHORIZING", None),
        ("AUTHORIZING", "processing", "AUTHORIZING", None),
        ("AUTHORIZING", "requires_payment_method", "VOIDING", None),
        ("AUTHORIZING", "requires_action", "VOIDING", None),
        ("AUTHORIZING", "canceled", "FAILED", "declined"),
        ("REQUIRES_ACTION", "requires_action", "REQUIRES_ACTION", None),
        ("REQUIRES_ACTION", "processing", "REQUIRES_ACTION", None),
        ("REQUIRES_ACTION", "requires_capture", "AUTHORIZED", "authorized"),
        ("REQUIRES_ACTION", "requires_payment_method", "VOIDING", None),
        ("REQUIRES_ACTION", "canceled", "FAILED", "declined"),
        ("REQUIRES_ACTION", "succeeded", "CAPTURED", "captured"),
        ("AUTHORIZED", "requires_capture", "AUTHORIZED", None),
        ("AUTHORIZED", "succeeded", "CAPTURED", "captured"),
        ("AUTHORIZED", "canceled", "FAILED", "declined"),
        ("CAPTURING", "requires_capture", "CAPTURING", None),
        ("CAPTURING", "succeeded", "CAPTURED", "captured"),
        ("CAPTURING", "canceled", "FAILED", "capture_failed"),
        ("CAPTURED", "succeeded", "CAPTURED", None),
        ("VOIDING", "requires_capture", "VOIDING", None),
        ("VOIDING", "requires_confirmation", "VOIDING", None),
        ("VOIDING", "requires_payment_method", "VOIDING", None),
        ("VOIDING", "processing", "VOIDING", None),
        ("VOIDING", "succeeded", "CAPTURED", "captured"),
        ("VOIDED", "canceled", "VOIDED", None),
        ("FAILED", "canceled", "FAILED", None),
    ],
)
def test_the_providers_word_moves_a_payment(state: str, status: str, then: str, answer: str | None) -> None:
    outcome = a_payment(State(state)).seen(an_intent(status))

    assert (outcome.payment.state, outcome.answer) == (State(then), answer and Answer(answer))


@pytest.mark.parametrize(
    ("state", "status"),
    [
        ("VOIDED", "succeeded"),
        ("FAILED", "succeeded"),
        ("CAPTURED", "canceled"),
        ("VOIDED", "requires_capture"),
        ("CAPTURED", "requires_capture"),
        ("CAPTURING", "requires_confirmation"),
        ("CAPTURED", "requires_payment_method"),
    ],
)
def test_a_word_that_cannot_be_is_a_surprise(state: str, status: str) -> None:
    with pytest.raises(Surprise):
        a_payment(State(state)).seen(an_intent(status))


@pytest.mark.parametrize("state", [State.AUTHORIZING, State.AUTHORIZED, State.CAPTURING, State.VOIDING])
@pytest.mark.parametrize("wrong", [{"amount": 3557}, {"currency": "USD"}])
@pytest.mark.parametrize("status", list(IntentStatus))
def test_another_amount_or_currency_moves_nothing(state: State, wrong: dict, status: str) -> None:
    with pytest.raises(Surprise):
        a_payment(state).seen(an_intent(status, **wrong))


def test_less_than_the_whole_amount_is_not_captured() -> None:
    with pytest.raises(Surprise):
        a_payment(State.CAPTURING).seen(an_intent("succeeded", received=3000))


@pytest.mark.parametrize("wrong", [{"amount": 1}, {"currency": "USD"}])
def test_an_intent_over_something_else_is_not_taken_for_ours(wrong: dict) -> None:
    with pytest.raises(Surprise):
        a_payment(State.CREATED).created(an_intent("requires_confirmation", **wrong))


@pytest.mark.parametrize("state", [each for each in State if each is not State.CREATED])
def test_an_intents_id_is_stored_only_while_the_payment_is_created(state: State) -> None:
    payment = a_payment(state, intent_id="pi_ours")

    outcome = payment.created(an_intent("requires_confirmation"))

    assert (outcome.payment, outcome.answer) == (payment, None)


@pytest.mark.parametrize("state", sorted(WORKING - {State.CREATED}))
def test_no_answer_changes_no_state_and_asks_for_a_look(state: State) -> None:
    payment = a_payment(state).outcome_unknown()

    assert (payment.state, payment.unknown, payment.waiting) == (state, True, True)


@pytest.mark.parametrize("state", [State.AUTHORIZING, State.CAPTURING, State.VOIDING])
def test_a_refusal_is_never_final_by_itself(state: State) -> None:
    outcome = a_payment(state).refused("unexpected_state")

    assert outcome.answer is None
    assert (outcome.payment.state, outcome.payment.unknown) == (state, True)


@pytest.mark.parametrize(
    ("state", "status", "ending"),
    [("AUTHORIZING", "requires_confirmation", "declined"), ("CAPTURING", "requires_capture", "capture_failed")],
)
def test_what_was_refused_and_did_not_happen_is_cancelled_before_it_is_given_up(
    state: str, status: str, ending: str
) -> None:
    cancelling = a_payment(State(state)).refused("no").payment.seen(an_intent(status))
    assert (cancelling.payment.state, cancelling.answer) == (State.VOIDING, None)

    over = cancelling.payment.seen(an_intent("canceled"))

    assert (over.payment.state, over.answer, over.payment.reason) == (State.FAILED, Answer(ending), "no")


def test_a_refusal_takes_the_next_key_because_the_provider_remembers_it() -> None:
    before = a_payment(State.VOIDING)

    after = before.refused("the intent is processing").payment.seen(an_intent("requires_capture")).payment

    assert before.key("cancel") == f"{ID}:cancel:0"
    assert after.key("cancel") == f"{ID}:cancel:1"


def test_the_same_key_is_sent_until_the_provider_replays_its_own_failure() -> None:
    payment = a_payment(State.CAPTURING)

    assert payment.outcome_unknown().key("capture") == f"{ID}:capture:0"
    assert payment.later().key("capture") == f"{ID}:capture:0"
    assert payment.outcome_unknown(new_key=True).key("capture") == f"{ID}:capture:1"


@pytest.mark.parametrize("status", ["requires_capture", "requires_payment_method", "canceled"])
def test_a_requested_void_beats_whatever_the_confirmation_brought(status: str) -> None:
    payment = a_payment(State.AUTHORIZING).request_void()

    outcome = payment.seen(an_intent(status))
    if outcome.payment.state is State.VOIDING:
        assert outcome.answer is None
        outcome = outcome.payment.seen(an_intent("canceled"))

    assert (outcome.payment.state, outcome.answer) == (State.VOIDED, Answer.VOIDED)


def test_only_what_is_over_makes_room_for_another_payment() -> None:
    assert set(OVER) == {State.VOIDED, State.FAILED}
    assert not OVER & WORKING


def a_page(status: str, *, intent: str | None = None, amount: int = 3558) -> Session:
    of = an_intent(intent, amount=amount) if intent else None
    end = datetime(2026, 11, 24, 12, 31, tzinfo=UTC)
    return Session("cs_1", SessionStatus(status), amount, "EUR", "https://pay.example/cs_1", end, of)


def on_page(state: str = "REQUIRES_ACTION", **others) -> Payment:
    return a_payment(State(state), **{"intent_id": None, "session_id": "cs_1", "return_url": "https://s", **others})


@pytest.mark.parametrize(
    ("state", "page", "intent", "then", "answer"),
    [
        ("REQUIRES_ACTION", "open", None, "REQUIRES_ACTION", None),
        ("REQUIRES_ACTION", "open", "requires_payment_method", "REQUIRES_ACTION", None),
        ("REQUIRES_ACTION", "open", "requires_action", "REQUIRES_ACTION", None),
        ("REQUIRES_ACTION", "complete", "requires_capture", "AUTHORIZED", "authorized"),
        ("REQUIRES_ACTION", "complete", "processing", "REQUIRES_ACTION", None),
        ("REQUIRES_ACTION", "complete", "requires_payment_method", "VOIDING", None),
        ("REQUIRES_ACTION", "expired", None, "FAILED", "declined"),
        ("REQUIRES_ACTION", "expired", "canceled", "FAILED", "declined"),
        ("REQUIRES_ACTION", "expired", "requires_payment_method", "VOIDING", None),
        ("VOIDING", "open", None, "VOIDING", None),
        ("VOIDING", "open", "requires_payment_method", "VOIDING", None),
        ("VOIDING", "complete", "requires_capture", "VOIDING", None),
        ("VOIDING", "complete", "processing", "VOIDING", None),
        ("VOIDING", "expired", None, "VOIDED", "voided"),
        ("VOIDING", "expired", "canceled", "VOIDED", "voided"),
    ],
)
def test_a_page_moves_a_payment(state: str, page: str, intent: str | None, then: str, answer: str | None) -> None:
    ending = {"ending": Answer.VOIDED} if state == "VOIDING" else {}

    outcome = on_page(state, **ending).seen_page(a_page(page, intent=intent))

    assert (outcome.payment.state, outcome.answer) == (State(then), answer and Answer(answer))
    # Only a page that has ended hands over to its intent.
    assert outcome.payment.intent_id == ("pi_1" if intent and page != "open" else None)


def test_an_expired_page_whose_intent_is_still_there_is_declined_as_expired_once_that_is_cancelled() -> None:
    cancelling = on_page().seen_page(a_page("expired", intent="requires_payment_method")).payment

    over = cancelling.seen(an_intent("canceled"))

    assert (over.answer, over.payment.reason) == (Answer.DECLINED, "session_expired")


def test_a_complete_page_without_an_intent_is_a_surprise() -> None:
    with pytest.raises(Surprise):
        on_page().seen_page(a_page("complete"))


@pytest.mark.parametrize("state", ["CREATED", "REQUIRES_ACTION", "VOIDING"])
def test_a_page_over_another_amount_moves_nothing(state: str) -> None:
    payment = on_page(state)
    look = payment.opened if state == "CREATED" else payment.seen_page

    with pytest.raises(Surprise):
        look(a_page("complete", intent="requires_capture", amount=3557))


@pytest.mark.parametrize("state", [each for each in State if each is not State.CREATED])
def test_a_page_is_stored_only_while_the_payment_is_created(state: State) -> None:
    payment = a_payment(state)

    outcome = payment.opened(a_page("open"))

    assert (outcome.payment, outcome.answer) == (payment, None)


def test_a_page_that_was_opened_after_a_void_is_expired_and_shown_to_nobody() -> None:
    payment = a_payment(State.CREATED, return_url="https://s").request_void()

    outcome = payment.opened(a_page("open"))

    assert (outcome.payment.state, outcome.payment.session_id, outcome.answer) == (State.VOIDING, "cs_1", None)


def test_a_card_that_asks_makes_an_action_required_where_there_is_an_address_for_it() -> None:
    payment = a_payment(State.AUTHORIZING)
    asks = replace(an_intent("requires_action"), action_url="https://pay.example/act")

    outcome = payment.seen(asks)

    assert (outcome.payment.state, outcome.answer) == (State.REQUIRES_ACTION, Answer.ACTION_REQUIRED)
    assert outcome.payment.page_url == "https://pay.example/act"
    assert payment.request_void().seen(asks).payment.state is State.VOIDING
