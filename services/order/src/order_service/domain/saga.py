"""The saga as a table: what an order does with each reply, in each state. Runtime, sweeper and tests read it.

Before the pivot (COMMITTED) every step can be taken back; after it, steps are repeated until they succeed.
What is not in the table is counted and changes nothing.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from order_service.domain.order import CancelReason, Command, Event, HistoryEntry, Order, Said, State, storable


class Trigger(StrEnum):
    STOCK_RESERVED = "StockReserved"
    STOCK_REJECTED = "StockReservationRejected"
    STOCK_COMMITTED = "StockCommitted"
    STOCK_COMMIT_REJECTED = "StockCommitRejected"
    STOCK_RELEASED = "StockReleased"
    AUTHORIZED = "PaymentAuthorized"
    DECLINED = "PaymentDeclined"
    CAPTURED = "PaymentCaptured"
    CAPTURE_FAILED = "PaymentCaptureFailed"
    VOIDED = "PaymentVoided"
    REFUNDED = "PaymentRefunded"
    REFUND_FAILED = "RefundFailed"
    CANCEL = "cancel"
    GIVE_UP = "give_up"


ENDS: Mapping[Trigger, Command] = {
    Trigger.STOCK_RELEASED: Command.RELEASE_STOCK,
    Trigger.VOIDED: Command.VOID_PAYMENT,
    Trigger.REFUNDED: Command.REFUND_PAYMENT,
}
"""While an order is being cancelled: the leg that a reply brings to its end."""

GIVES_UP: Mapping[State, tuple[Command, timedelta]] = {
    State.PENDING: (Command.RESERVE_STOCK, timedelta(minutes=10)),
    State.RESERVED: (Command.AUTHORIZE_PAYMENT, timedelta(minutes=30)),
}
"""How long after its command has left a state is given up. A broker that is down delays orders, it cancels none."""

FIRST_RETRY = timedelta(seconds=5)
LONGEST_RETRY = timedelta(seconds=60)
REVIEW_AFTER = timedelta(hours=24)

Condition = Callable[[Order, Trigger], bool]


def cancel_requested(order: Order, _trigger: Trigger) -> bool:
    return order.cancel_requested


def cancel_not_requested(order: Order, _trigger: Trigger) -> bool:
    return not order.cancel_requested


def last_leg(order: Order, trigger: Trigger) -> bool:
    return order.awaits == {ENDS[trigger]}


def open_leg(order: Order, trigger: Trigger) -> bool:
    return ENDS[trigger] in order.awaits


def refund_open(order: Order, _trigger: Trigger) -> bool:
    return Command.REFUND_PAYMENT in order.awaits


@dataclass(frozen=True, slots=True)
class Row:
    """From where, why, to where, what is said then; only `when` this holds. The first row that fits is taken."""

    before: State
    trigger: Trigger
    after: State
    says: tuple[Said, ...] = ()
    when: Condition | None = None
    reason: CancelReason | None = None


UNDO_PAYMENT = (Command.VOID_PAYMENT, Command.RELEASE_STOCK)
UNDO_SALE = (Command.REFUND_PAYMENT, Command.RELEASE_STOCK)
PENDING, RESERVED, AUTHORIZED, COMMITTED, CONFIRMED, CANCELLING, CANCELLED = State
OUT_OF_STOCK, DECLINED, CUSTOMER, TIMED_OUT = CancelReason

TABLE: tuple[Row, ...] = (
    Row(PENDING, Trigger.STOCK_RESERVED, RESERVED, (Command.AUTHORIZE_PAYMENT,)),
    Row(PENDING, Trigger.STOCK_REJECTED, CANCELLED, (Event.CANCELLED,), reason=OUT_OF_STOCK),
    Row(PENDING, Trigger.CANCEL, CANCELLING, (Command.RELEASE_STOCK,), reason=CUSTOMER),
    Row(PENDING, Trigger.GIVE_UP, CANCELLING, (Command.RELEASE_STOCK,), reason=TIMED_OUT),
    Row(RESERVED, Trigger.AUTHORIZED, AUTHORIZED, (Command.COMMIT_STOCK,)),
    Row(RESERVED, Trigger.DECLINED, CANCELLING, UNDO_PAYMENT, reason=DECLINED),
    Row(RESERVED, Trigger.CANCEL, CANCELLING, UNDO_PAYMENT, reason=CUSTOMER),
    Row(RESERVED, Trigger.GIVE_UP, CANCELLING, UNDO_PAYMENT, reason=TIMED_OUT),
    Row(AUTHORIZED, Trigger.STOCK_COMMITTED, COMMITTED, (Command.CAPTURE_PAYMENT,)),
    Row(AUTHORIZED, Trigger.STOCK_COMMIT_REJECTED, CANCELLING, UNDO_PAYMENT, reason=OUT_OF_STOCK),
    Row(AUTHORIZED, Trigger.CANCEL, CANCELLING, UNDO_PAYMENT, reason=CUSTOMER),
    Row(COMMITTED, Trigger.CANCEL, COMMITTED, when=cancel_not_requested),
    Row(COMMITTED, Trigger.CAPTURED, CANCELLING, UNDO_SALE, when=cancel_requested, reason=CUSTOMER),
    Row(COMMITTED, Trigger.CAPTURED, CONFIRMED, (Event.CONFIRMED,)),
    Row(COMMITTED, Trigger.CAPTURE_FAILED, CANCELLING, UNDO_PAYMENT, reason=DECLINED),
    Row(CONFIRMED, Trigger.CANCEL, CANCELLING, UNDO_SALE, reason=CUSTOMER),
    Row(CANCELLING, Trigger.STOCK_RELEASED, CANCELLED, (Event.CANCELLED,), when=last_leg),
    Row(CANCELLING, Trigger.STOCK_RELEASED, CANCELLING, when=open_leg),
    Row(CANCELLING, Trigger.VOIDED, CANCELLED, (Event.CANCELLED,), when=last_leg),
    Row(CANCELLING, Trigger.VOIDED, CANCELLING, when=open_leg),
    Row(CANCELLING, Trigger.REFUNDED, CANCELLED, (Event.CANCELLED,), when=last_leg),
    Row(CANCELLING, Trigger.REFUNDED, CANCELLING, when=open_leg),
    # The sweeper asks for it again after its pause, so that a provider in trouble is not hammered.
    Row(CANCELLING, Trigger.REFUND_FAILED, CANCELLING, when=refund_open),
)


@dataclass(frozen=True, slots=True)
class Step:
    """The order as it is after a trigger, and what it says about that."""

    order: Order
    says: tuple[Said, ...]


def advance(order: Order, trigger: Trigger, *, now: datetime, refunded: int = 0) -> Step | None:
    """The order after `trigger`, one version later; None when the table does not know it here."""
    row = find(order, trigger)
    if row is None:
        return None
    now = storable(now)
    commands = tuple(said for said in row.says if isinstance(said, Command))
    awaits = _awaits(order, row, commands)
    version = order.version + 1
    moved = replace(
        order,
        state=row.after,
        version=version,
        history=(*order.history, HistoryEntry(version, row.before, row.after, trigger.value, now)),
        awaits=awaits,
        tries=0 if commands else order.tries,
        next_action_at=_next_action(order, commands, awaits, now),
        cancel_reason=row.reason or order.cancel_reason,
        cancel_requested=order.cancel_requested or trigger is Trigger.CANCEL,
        refunded=order.refunded + refunded,
        needs_review=order.needs_review and bool(awaits),
    )
    return Step(moved, row.says)


def find(order: Order, trigger: Trigger) -> Row | None:
    """The row that applies to this order now."""
    for row in TABLE:
        if row.before is order.state and row.trigger is trigger and (row.when is None or row.when(order, trigger)):
            return row
    return None


def as_of(order: Order, version: int) -> Order:
    """The order right after that step: a repeated request gets the answer of the first one."""
    past = order.history[:version]
    state, triggers = past[-1].after, {each.trigger for each in past}
    return replace(
        order,
        state=state,
        version=version,
        history=past,
        cancel_reason=order.cancel_reason if state in {State.CANCELLING, State.CANCELLED} else None,
        cancel_requested=Trigger.CANCEL in triggers,
        refunded=order.refunded if Trigger.REFUNDED in triggers else 0,
    )


def gives_up_at(order: Order, first_sent: Mapping[Command, datetime]) -> datetime | None:
    """When the present state ends by itself; None where it waits for ever, or while its command has not left."""
    if order.state not in GIVES_UP:
        return None
    command, patience = GIVES_UP[order.state]
    sent = first_sent.get(command)
    return sent + patience if sent is not None else None


def retry_pause(tries: int) -> timedelta:
    """Before the sweeper repeats a command: 5 s, twice as long each time, at most 60 s."""
    return min(LONGEST_RETRY, FIRST_RETRY * 2 ** min(tries, 16))


def needs_review(order: Order, now: datetime) -> bool:
    """Past the pivot, or on the way back, for a day: these states never give up by themselves."""
    stuck = order.state in {State.COMMITTED, State.CANCELLING}
    return stuck and now - order.entered_at > REVIEW_AFTER


def _awaits(order: Order, row: Row, commands: tuple[Command, ...]) -> frozenset[Command]:
    if row.after is row.before:
        done = ENDS.get(row.trigger)
        return order.awaits - {done} if done is not None else order.awaits
    return frozenset(commands)


def _next_action(
    order: Order, commands: tuple[Command, ...], awaits: frozenset[Command], now: datetime
) -> datetime | None:
    if not awaits:
        return None
    return now + retry_pause(0) if commands else order.next_action_at
