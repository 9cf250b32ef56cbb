"""What the provider's word changes, and what it may not change."""

from uuid import UUID

import pytest
from payment_service.domain.intent import Intent, IntentStatus
from payment_service.domain.payment import OVER, WORKING, Answer, Payment, State, Surprise

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
