"""Two books, side by side."""

from uuid import UUID

import pytest
from payment_service.domain.commands import State
from payment_service.domain.comparing import Finding, compare, compare_ledger, compare_refund
from payment_service.domain.intent import Intent, IntentStatus
from payment_service.domain.payment import Payment
from payment_service.domain.refund import ProviderRefund, Refund, RefundState

ID = UUID("0190a000-0000-7000-8000-0000000000aa")

TABLE = """
state            requires_payment_method  requires_confirmation  requires_action  processing  requires_capture  canceled   succeeded
CREATED          under_way                under_way              under_way        under_way   under_way         under_way  under_way
AUTHORIZING      under_way                under_way              under_way        under_way   under_way         under_way  under_way
REQUIRES_ACTION  under_way                under_way              under_way        under_way   under_way         under_way  under_way
AUTHORIZED       differs                  differs                differs          differs     agrees            differs    differs
CAPTURING        under_way                under_way              under_way        under_way   under_way         under_way  under_way
CAPTURED         differs                  differs                differs          differs     differs           differs    agrees
VOIDING          under_way                under_way              under_way        under_way   under_way         under_way  under_way
VOIDED           differs                  differs                differs          differs     differs           agrees     differs
FAILED           differs                  differs                differs          differs     differs           agrees     differs
"""  # noqa: E501 - a table
HEAD, *ROWS = [line.split() for line in TABLE.strip().splitlines()]
CELLS = [(row[0], status, cell) for row in ROWS for status, cell in zip(HEAD[1:], row[1:], strict=True)]


def a_payment(state: State, **others) -> Payment:
    captured = 3558 if state is State.CAPTURED else 0
    plain = {"id": ID, "order_id": ID, "amount": 3558, "currency": "EUR", "state": state, "captured": captured}
    return Payment(**{**plain, "intent_id": "pi_1", **others})


def an_intent(status: str, **others) -> Intent:
    received = 3558 if status == "succeeded" else 0
    plain = {"id": "pi_1", "status": IntentStatus(status), "amount": 3558, "currency": "EUR", "received": received}
    return Intent(**{**plain, **others})


@pytest.mark.parametrize(("state", "status", "cell"), CELLS)
def test_a_payment_beside_its_own_intent(state: str, status: str, cell: str) -> None:
    assert compare(a_payment(State(state)), an_intent(status)).finding is Finding[cell.upper()]


def test_the_table_knows_every_state_and_every_status() -> None:
    assert {state for state, _, _ in CELLS} == set(State)
    assert {status for _, status, _ in CELLS} == set(IntentStatus)


@pytest.mark.parametrize("state", [each for each in State if each is not State.CREATED])
@pytest.mark.parametrize("wrong", [{"amount": 3557}, {"currency": "USD"}])
def test_another_amount_or_currency_differs_in_every_state(state: State, wrong: dict) -> None:
    assert compare(a_payment(state), an_intent("requires_capture", **wrong)).finding is Finding.DIFFERS


def test_a_part_that_was_taken_is_not_the_whole() -> None:
    assert compare(a_payment(State.CAPTURED), an_intent("succeeded", received=3000)).finding is Finding.DIFFERS


@pytest.mark.parametrize(
    ("status", "finding"),
    [
        ("requires_payment_method", "ORPHAN"),
        ("requires_confirmation", "ORPHAN"),
        ("requires_action", "ORPHAN"),
        ("processing", "DIFFERS"),
        ("requires_capture", "DIFFERS"),
        ("succeeded", "DIFFERS"),
        ("canceled", "AGREES"),
    ],
)
@pytest.mark.parametrize("state", list(State))
def test_a_second_intent_of_a_payment_holds_no_money_or_differs(state: State, status: str, finding: str) -> None:
    assert compare(a_payment(state), an_intent(status, id="pi_2")).finding is Finding[finding]


@pytest.mark.parametrize("state", ["CREATED", "REQUIRES_ACTION", "VOIDING"])
@pytest.mark.parametrize("status", ["requires_payment_method", "requires_confirmation", "requires_capture"])
def test_an_intent_whose_id_may_still_reach_us_is_left_alone(state: str, status: str) -> None:
    assert compare(a_payment(State(state), intent_id=None), an_intent(status)).finding is Finding.UNDER_WAY


@pytest.mark.parametrize("status", ["requires_confirmation", "requires_capture", "succeeded"])
def test_an_intent_of_a_payment_that_we_do_not_have_differs_and_is_nothing_to_cancel(status: str) -> None:
    assert compare(None, an_intent(status)).finding is Finding.DIFFERS


def test_a_cancelled_intent_of_nobody_is_nothing() -> None:
    assert compare(None, an_intent("canceled")).is_fine


def a_refund(state: str, **others) -> Refund:
    return Refund(**{"id": ID, "payment_id": ID, "amount": 100, "state": RefundState(state), **others})


def returned(state: str, *, amount: int = 100, attempt: str = "0") -> ProviderRefund:
    return ProviderRefund(RefundState(state), amount, "EUR", str(ID), attempt)


@pytest.mark.parametrize(
    ("ours", "theirs", "finding"),
    [
        (a_refund("DONE"), returned("DONE"), "AGREES"),
        (a_refund("REQUESTED"), returned("DONE"), "UNDER_WAY"),
        (a_refund("REQUESTED"), returned("REQUESTED"), "UNDER_WAY"),
        (a_refund("FAILED"), returned("FAILED"), "AGREES"),
        (a_refund("DONE", attempt=1), returned("FAILED"), "AGREES"),
        (a_refund("DONE"), returned("FAILED"), "DIFFERS"),
        (a_refund("FAILED"), returned("DONE"), "DIFFERS"),
        (a_refund("DONE"), returned("DONE", amount=99), "DIFFERS"),
        (a_refund("DONE", attempt=1), returned("DONE"), "DIFFERS"),
        (None, returned("DONE"), "DIFFERS"),
        (None, returned("FAILED"), "AGREES"),
    ],
)
def test_a_refund_beside_the_providers(ours: Refund | None, theirs: ProviderRefund, finding: str) -> None:
    assert compare_refund(ours, theirs).finding is Finding[finding]


@pytest.mark.parametrize(
    ("due", "booked", "fine"), [(5, {"r": 5}, True), (5, {}, False), (0, {"r": 5}, False), (0, {}, True)]
)
def test_what_moved_is_booked_and_nothing_else(due: int, booked: dict[str, int], fine: bool) -> None:
    assert compare_ledger("r", due, booked).is_fine is fine
