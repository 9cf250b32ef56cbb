"""The table of reliability 4.6, written down once more by hand: a wrong row is caught, and a row too many."""

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from order_service.domain import saga
from order_service.domain.order import PaymentPage, message_id, name_of
from order_service.domain.refund import Outcome, Piece, Refund
from order_service.domain.saga_table import TABLE, Trigger, came_from, find
from order_service.domain.states import CancelReason, Command, Event, State

MINUTE = timedelta(minutes=1)
SITUATIONS = {
    "PENDING": {"awaits": {"reserve_stock"}},
    "RESERVED": {"awaits": {"authorize_payment"}},
    "AUTHORIZED": {"awaits": {"commit_stock"}},
    "COMMITTED": {"awaits": {"capture_payment"}},
    "COMMITTED, cancel requested": {"awaits": {"capture_payment"}, "cancel_requested": True},
    "AWAITING_CUSTOMER": {"awaits": {"authorize_payment"}},
    "CONFIRMED": {"awaits": set()},
    "SHIPPED": {"awaits": set()},
    "DELIVERED": {"awaits": set()},
    "REFUNDING some, was CONFIRMED": {"came": "CONFIRMED"},
    "REFUNDING some, was SHIPPED": {"came": "SHIPPED"},
    "REFUNDING some, was DELIVERED": {"came": "DELIVERED"},
    "REFUNDING some with goods": {"came": "SHIPPED", "restock": True},
    "REFUNDING the rest": {"came": "DELIVERED", "rest": True},
    "REFUNDING the rest with goods": {"came": "SHIPPED", "rest": True, "restock": True},
    "REFUNDED": {"awaits": set()},
    "CANCELLING stock": {"awaits": {"release_stock"}},
    "CANCELLING stock and authorisation": {"awaits": {"release_stock", "void_payment"}},
    "CANCELLING stock and money": {"awaits": {"release_stock", "refund_payment"}},
    "CANCELLING authorisation": {"awaits": {"void_payment"}},
    "CANCELLING money": {"awaits": {"refund_payment"}},
    "CANCELLED": {"awaits": set()},
}
UNDO_HOLD = ["release_stock"]
UNDO_PAYMENT = ["void_payment", "release_stock"]
UNDO_SALE = ["refund_payment", "release_stock"]
EXPECTED = {
    ("PENDING", "StockReserved"): ("RESERVED", ["authorize_payment"]),
    ("PENDING", "StockReservationRejected"): ("CANCELLED", ["order_cancelled"]),
    ("PENDING", "cancel"): ("CANCELLING", UNDO_HOLD),
    ("PENDING", "give_up"): ("CANCELLING", UNDO_HOLD),
    ("RESERVED", "PaymentAuthorized"): ("AUTHORIZED", ["commit_stock"]),
    ("RESERVED", "PaymentDeclined"): ("CANCELLING", UNDO_PAYMENT),
    ("RESERVED", "cancel"): ("CANCELLING", UNDO_PAYMENT),
    ("RESERVED", "give_up"): ("CANCELLING", UNDO_PAYMENT),
    ("RESERVED", "PaymentActionRequired"): ("AWAITING_CUSTOMER", []),
    ("AWAITING_CUSTOMER", "PaymentAuthorized"): ("AUTHORIZED", ["commit_stock"]),
    ("AWAITING_CUSTOMER", "PaymentDeclined"): ("CANCELLING", UNDO_PAYMENT),
    ("AWAITING_CUSTOMER", "cancel"): ("CANCELLING", UNDO_PAYMENT),
    ("AWAITING_CUSTOMER", "give_up"): ("CANCELLING", UNDO_PAYMENT),
    ("AUTHORIZED", "StockCommitted"): ("COMMITTED", ["capture_payment"]),
    ("AUTHORIZED", "StockCommitRejected"): ("CANCELLING", UNDO_PAYMENT),
    ("AUTHORIZED", "cancel"): ("CANCELLING", UNDO_PAYMENT),
    ("COMMITTED", "cancel"): ("COMMITTED", []),
    ("COMMITTED", "PaymentCaptured"): ("CONFIRMED", ["order_confirmed"]),
    ("COMMITTED", "PaymentCaptureFailed"): ("CANCELLING", UNDO_PAYMENT),
    ("COMMITTED, cancel requested", "PaymentCaptured"): ("CANCELLING", UNDO_SALE),
    ("COMMITTED, cancel requested", "PaymentCaptureFailed"): ("CANCELLING", UNDO_PAYMENT),
    ("CONFIRMED", "cancel"): ("CANCELLING", UNDO_SALE),
    ("CONFIRMED", "ship"): ("SHIPPED", ["order_shipped"]),
    ("CONFIRMED", "refund"): ("REFUNDING", ["refund_payment"]),
    ("SHIPPED", "deliver"): ("DELIVERED", []),
    ("SHIPPED", "refund"): ("REFUNDING", ["refund_payment"]),
    ("DELIVERED", "refund"): ("REFUNDING", ["refund_payment"]),
    ("REFUNDING some, was CONFIRMED", "ship"): ("REFUNDING", ["order_shipped"]),
    ("REFUNDING some, was CONFIRMED", "PaymentRefunded"): ("CONFIRMED", ["order_refunded"]),
    ("REFUNDING some, was CONFIRMED", "RefundFailed"): ("CONFIRMED", []),
    ("REFUNDING some, was SHIPPED", "deliver"): ("REFUNDING", []),
    ("REFUNDING some, was SHIPPED", "PaymentRefunded"): ("SHIPPED", ["order_refunded"]),
    ("REFUNDING some, was SHIPPED", "RefundFailed"): ("SHIPPED", []),
    ("REFUNDING some, was DELIVERED", "PaymentRefunded"): ("DELIVERED", ["order_refunded"]),
    ("REFUNDING some, was DELIVERED", "RefundFailed"): ("DELIVERED", []),
    ("REFUNDING some with goods", "deliver"): ("REFUNDING", []),
    ("REFUNDING some with goods", "PaymentRefunded"): ("SHIPPED", ["order_refunded", "return_stock"]),
    ("REFUNDING some with goods", "RefundFailed"): ("SHIPPED", []),
    ("REFUNDING the rest", "PaymentRefunded"): ("REFUNDED", ["order_refunded"]),
    ("REFUNDING the rest", "RefundFailed"): ("DELIVERED", []),
    ("REFUNDING the rest with goods", "deliver"): ("REFUNDING", []),
    ("REFUNDING the rest with goods", "PaymentRefunded"): ("REFUNDED", ["order_refunded", "return_stock"]),
    ("REFUNDING the rest with goods", "RefundFailed"): ("SHIPPED", []),
    ("CANCELLING stock", "StockReleased"): ("CANCELLED", ["order_cancelled"]),
    ("CANCELLING stock and authorisation", "StockReleased"): ("CANCELLING", []),
    ("CANCELLING stock and authorisation", "PaymentVoided"): ("CANCELLING", []),
    ("CANCELLING stock and money", "StockReleased"): ("CANCELLING", []),
    ("CANCELLING stock and money", "PaymentRefunded"): ("CANCELLING", []),
    ("CANCELLING stock and money", "RefundFailed"): ("CANCELLING", []),
    ("CANCELLING authorisation", "PaymentVoided"): ("CANCELLED", ["order_cancelled"]),
    ("CANCELLING money", "PaymentRefunded"): ("CANCELLED", ["order_cancelled"]),
    ("CANCELLING money", "RefundFailed"): ("CANCELLING", []),
}
"""(situation, trigger) -> (state, what is said)."""
WHY = {
    ("PENDING", "StockReservationRejected"): "OUT_OF_STOCK",
    ("PENDING", "cancel"): "CUSTOMER",
    ("PENDING", "give_up"): "TIMED_OUT",
    ("RESERVED", "PaymentDeclined"): "PAYMENT_DECLINED",
    ("RESERVED", "cancel"): "CUSTOMER",
    ("RESERVED", "give_up"): "TIMED_OUT",
    ("AWAITING_CUSTOMER", "PaymentDeclined"): "PAYMENT_DECLINED",
    ("AWAITING_CUSTOMER", "cancel"): "CUSTOMER",
    ("AWAITING_CUSTOMER", "give_up"): "TIMED_OUT",
    ("AUTHORIZED", "StockCommitRejected"): "OUT_OF_STOCK",
    ("AUTHORIZED", "cancel"): "CUSTOMER",
    ("COMMITTED", "PaymentCaptureFailed"): "PAYMENT_DECLINED",
    ("COMMITTED, cancel requested", "PaymentCaptured"): "CUSTOMER",
    ("COMMITTED, cancel requested", "PaymentCaptureFailed"): "PAYMENT_DECLINED",
    ("CONFIRMED", "cancel"): "CUSTOMER",
}
STILL_AWAITED = {
    ("RESERVED", "PaymentActionRequired"): {"authorize_payment"},
    ("COMMITTED", "cancel"): {"capture_payment"},
    ("REFUNDING some, was CONFIRMED", "ship"): {"refund_payment"},
    ("REFUNDING some, was SHIPPED", "deliver"): {"refund_payment"},
    ("REFUNDING some with goods", "deliver"): {"refund_payment"},
    ("REFUNDING the rest with goods", "deliver"): {"refund_payment"},
    ("CANCELLING stock and authorisation", "StockReleased"): {"void_payment"},
    ("CANCELLING stock and authorisation", "PaymentVoided"): {"release_stock"},
    ("CANCELLING stock and money", "StockReleased"): {"refund_payment"},
    ("CANCELLING stock and money", "PaymentRefunded"): {"release_stock"},
    ("CANCELLING stock and money", "RefundFailed"): {"release_stock", "refund_payment"},
    ("CANCELLING money", "RefundFailed"): {"refund_payment"},
}
"""Where nothing new is asked: what is waited for still."""
RESTING = {
    State.CONFIRMED,
    State.SHIPPED,
    State.DELIVERED,
    State.REFUNDED,
    State.CANCELLED,
}
UNKNOWN = sorted({(each, trigger.value) for each in SITUATIONS for trigger in Trigger} - set(EXPECTED))


@pytest.fixture
def situation(an_order):
    def situation(name: str):
        facts = SITUATIONS[name]
        if "came" in facts:
            return refunding(an_order, **facts)
        return an_order(
            State(name.split()[0].rstrip(",")),
            awaits=frozenset(Command(each) for each in facts["awaits"]),
            cancel_requested=facts.get("cancel_requested", False),
        )

    return situation


def refunding(an_order, *, came: str, rest: bool = False, restock: bool = False):
    """An order of which money is on its way back, as staff has asked for."""
    before = an_order(State(came), awaits=frozenset())
    refund = Refund(
        id=uuid4(),
        amount=before.total if rest else 100,
        restock=(Piece("TEA-1", 1),) if restock else (),
        reason="broken",
        by=uuid4(),
        at=before.placed_at,
        key="k",
        request_hash="f" * 64,
        version=before.version + 1,
    )
    step = saga.advance(replace(before, refunds=(refund,)), Trigger.REFUND, now=before.placed_at)
    assert step is not None
    return step.order


@pytest.mark.parametrize(("name", "trigger"), EXPECTED, ids=[" - ".join(each) for each in EXPECTED])
def test_every_row_of_the_table_does_what_it_should(situation, clock, name, trigger) -> None:
    order, (state, says) = situation(name), EXPECTED[name, trigger]

    step = saga.advance(order, Trigger(trigger), now=clock.now() + MINUTE)

    assert step is not None
    assert step.order.state == state
    assert [each for each in step.says if each is not Event.PROGRESSED] == says
    news = {Event.CONFIRMED, Event.CANCELLED, Event.SHIPPED, Event.REFUNDED}
    assert (Event.PROGRESSED in step.says) is (state != order.state and news.isdisjoint(says))
    asked = {each for each in says if each in set(Command)}
    assert step.order.awaits == (asked or STILL_AWAITED.get((name, trigger), set()))
    assert step.order.cancel_reason == WHY.get((name, trigger))
    assert step.order.cancel_requested == (trigger == "cancel" or "requested" in name)
    assert step.order.is_open is (state != "CANCELLED")
    last = step.order.history[-1]
    assert (last.before, last.after, last.trigger, last.at) == (order.state, state, trigger, clock.now() + MINUTE)
    assert step.order.version == last.version == order.version + 1
    assert step.order.history[:-1] == order.history


@pytest.mark.parametrize(("name", "trigger"), UNKNOWN, ids=[" - ".join(each) for each in UNKNOWN])
def test_what_is_not_in_the_table_changes_nothing(situation, clock, name, trigger) -> None:
    assert saga.advance(situation(name), Trigger(trigger), now=clock.now()) is None


def test_there_is_no_row_that_nobody_expects(situation) -> None:
    used = [saga.find(situation(name), Trigger(trigger)) for name, trigger in EXPECTED]

    assert [row for row in TABLE if row not in used] == []


def test_what_is_waited_for_is_looked_at_again_after_five_seconds(an_order, clock) -> None:
    step = saga.advance(replace(an_order(), tries=4), Trigger.STOCK_RESERVED, now=clock.now())

    assert step is not None
    assert step.order.next_action_at == clock.now() + timedelta(seconds=5)
    assert step.order.tries == 0


@pytest.mark.parametrize(
    ("state", "trigger"), [(State.COMMITTED, Trigger.CAPTURED), (State.PENDING, Trigger.STOCK_REJECTED)]
)
def test_a_settled_order_waits_for_nothing_and_needs_nobody(an_order, clock, state, trigger) -> None:
    step = saga.advance(an_order(state, needs_review=True), trigger, now=clock.now())

    assert step is not None
    assert step.order.next_action_at is None
    assert step.order.needs_review is False


def test_a_step_that_asks_nothing_new_leaves_the_sweepers_plan_alone(situation, clock) -> None:
    order = replace(situation("CANCELLING stock and money"), tries=3, next_action_at=clock.now() + MINUTE)

    step = saga.advance(order, Trigger.STOCK_RELEASED, now=clock.now())

    assert step is not None
    assert (step.order.tries, step.order.next_action_at) == (3, clock.now() + MINUTE)


def test_what_comes_back_is_added_up(situation, clock) -> None:
    step = saga.advance(situation("CANCELLING money"), Trigger.REFUNDED, now=clock.now(), refunded=1561)

    assert step is not None
    assert step.order.refunded == 1561


@pytest.mark.parametrize(
    ("state", "command", "patience"),
    [
        (State.PENDING, Command.RESERVE_STOCK, timedelta(minutes=10)),
        (State.RESERVED, Command.AUTHORIZE_PAYMENT, timedelta(minutes=30)),
    ],
)
def test_giving_up_is_counted_from_the_moment_the_command_left(an_order, clock, state, command, patience) -> None:
    order = an_order(state)

    assert saga.gives_up_at(order, {command: clock.now()}) == clock.now() + patience
    assert saga.gives_up_at(order, {}) is None


@pytest.mark.parametrize("state", sorted(set(State) - {State.PENDING, State.RESERVED}))
def test_the_other_states_never_give_up(an_order, clock, state) -> None:
    assert saga.gives_up_at(an_order(state), dict.fromkeys(Command, clock.now())) is None


def test_a_customer_who_is_awaited_is_given_up_with_the_page(an_order, clock) -> None:
    ends = clock.now() + timedelta(minutes=31)
    order = an_order(State.AWAITING_CUSTOMER, payment_page=PaymentPage("https://pay.example/cs_1", ends))

    assert saga.gives_up_at(order, {}) == ends


def test_the_sweepers_pauses_grow_to_a_minute() -> None:
    assert [saga.retry_pause(tries).total_seconds() for tries in range(7)] == [5, 10, 20, 40, 60, 60, 60]
    assert saga.retry_pause(100_000) == MINUTE


@pytest.mark.parametrize("state", list(State))
def test_a_day_past_the_pivot_a_person_should_look(an_order, clock, state) -> None:
    day = timedelta(hours=24)
    order = an_order(state)

    assert not saga.needs_review(order, clock.now() + day)
    assert saga.needs_review(order, clock.now() + day + MINUTE) is (state in {"COMMITTED", "CANCELLING", "REFUNDING"})


def test_a_refund_that_fails_again_and_again_is_still_looked_at_after_a_day(situation, clock) -> None:
    order = situation("CANCELLING money")
    for hour in range(25):
        step = saga.advance(order, Trigger.REFUND_FAILED, now=clock.now() + timedelta(hours=hour))
        assert step is not None
        order = step.order

    assert saga.needs_review(order, clock.now() + timedelta(hours=25))


def test_an_order_is_remembered_as_it_was_at_each_step(an_order, clock) -> None:
    orders = [an_order()]
    for trigger in (
        Trigger.STOCK_RESERVED,
        Trigger.AUTHORIZED,
        Trigger.STOCK_COMMITTED,
        Trigger.CANCEL,
        Trigger.CAPTURED,
        Trigger.STOCK_RELEASED,
        Trigger.REFUND_FAILED,
        Trigger.REFUNDED,
    ):
        step = saga.advance(orders[-1], trigger, now=clock.now(), refunded=1561 if trigger is Trigger.REFUNDED else 0)
        assert step is not None
        orders.append(step.order)

    for order in orders:
        then = saga.as_of(orders[-1], order.version)
        seen = ("state", "version", "history", "cancel_reason", "cancel_requested", "refunded", "total", "lines")
        assert [getattr(then, name) for name in seen] == [getattr(order, name) for name in seen]


def test_times_are_those_that_the_store_can_keep(an_order, clock) -> None:
    clock.time = clock.time.replace(microsecond=123_456)
    order = an_order()

    step = saga.advance(order, Trigger.STOCK_RESERVED, now=clock.now())

    assert step is not None
    kept = [order.placed_at, order.history[0].at, order.next_action_at, step.order.history[-1].at]
    assert [each.microsecond for each in [*kept, step.order.next_action_at]] == [123_000] * 5


def test_each_thing_an_order_says_has_one_id(an_order) -> None:
    one, other = an_order(), an_order()
    ids = {message_id(order, said) for order in (one, other) for said in (*Command, *Event)}

    assert len(ids) == 2 * (len(Command) + len(Event))
    assert message_id(one, Command.CAPTURE_PAYMENT) == message_id(one, Command.CAPTURE_PAYMENT)


def test_what_is_said_of_each_refund_has_its_own_id_and_a_cancellations_has_the_orders(an_order) -> None:
    first = refunding(an_order, came="SHIPPED")
    second = replace(first, refunds=(*first.refunds, replace(first.refunds[0], id=uuid4())))
    third = replace(first, state=State.CANCELLING)

    for said in (Command.REFUND_PAYMENT, Event.REFUNDED, Event.RETURN_STOCK):
        assert len({message_id(order, said) for order in (first, second, third)}) == 3
        assert message_id(third, said) == message_id(replace(third, refunds=()), said)
    for said in (Command.CAPTURE_PAYMENT, Event.SHIPPED):
        assert len({message_id(order, said) for order in (first, second, third)}) == 1


def asked_for(order, trigger: Trigger, amount: int):
    """The order as a use case hands it to the table: with the refund that is asked for."""
    if trigger is not Trigger.REFUND or order.state is State.REFUNDING:
        return order
    left = order.total - order.refunded
    refund = Refund(
        uuid4(), min(left, amount), (), "", uuid4(), order.placed_at, "key", "f" * 64, version=order.version + 1
    )
    return replace(order, refunds=(*order.refunds, refund)) if find(order, trigger) else order


@given(triggers=st.lists(st.tuples(st.sampled_from(list(Trigger)), st.integers(1, 2000)), max_size=60))
@settings(max_examples=600, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_comes_in_whatever_order_the_story_holds_together(an_order, clock, triggers) -> None:
    order = an_order()
    said: list[str] = [name_of(order, Command.RESERVE_STOCK)]
    for trigger, amount in triggers:
        asked = asked_for(order, trigger, amount)
        rest = order.total - order.refunded if trigger is Trigger.REFUNDED else 0
        step = saga.advance(asked, trigger, now=clock.now(), refunded=rest)
        if step is not None:
            order, said = step.order, [*said, *(name_of(step.order, each) for each in step.says)]

    states = [each.after for each in order.history]
    assert len(said) == len(set(said)), "nothing is asked or told twice by the table itself"
    assert [each.version for each in order.history] == list(range(1, order.version + 1))
    assert all(later.before == earlier.after for earlier, later in pairwise(order.history))
    assert order.state is states[-1]
    assert bool(order.awaits) == (order.next_action_at is not None)
    assert (order.state in RESTING) == (not order.awaits)
    assert (Event.CANCELLED in said) == (order.state is State.CANCELLED)
    assert (order.cancel_reason is not None) == (order.state in {State.CANCELLING, State.CANCELLED})
    assert not {Command.VOID_PAYMENT, Command.REFUND_PAYMENT} <= set(said)
    captured = any(each.trigger == Trigger.CAPTURED for each in order.history)
    assert (Command.REFUND_PAYMENT in said) == (captured and order.cancel_reason is not None)
    if Command.CAPTURE_PAYMENT in said:
        assert State.COMMITTED in states, "no money before the goods"
    assert Event.SHIPPED not in said or order.state not in {State.CANCELLING, State.CANCELLED}
    back = sum(each.amount for each in order.refunds if each.outcome is Outcome.DONE)
    open_refunds = [each for each in order.refunds if each.outcome is Outcome.OPEN]
    assert 0 <= order.refunded <= order.total
    assert order.refunded == (order.total if Trigger.REFUNDED in cancelled_by(order) else back)
    assert (order.state is State.REFUNDED) == (order.state is not State.CANCELLED and order.refunded == order.total)
    assert len(open_refunds) == (order.state is State.REFUNDING)
    assert (came_from(order) in {State.CONFIRMED, State.SHIPPED, State.DELIVERED}) == (order.state is State.REFUNDING)


def cancelled_by(order) -> set[str]:
    """What has happened to it while it was being cancelled."""
    return {each.trigger for each in order.history if each.before is State.CANCELLING}


@pytest.mark.parametrize("reason", list(CancelReason))
def test_reasons_are_said_as_they_are_named(reason) -> None:
    assert str(reason) == reason.name
