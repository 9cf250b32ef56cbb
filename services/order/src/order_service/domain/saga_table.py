"""The saga as a table: what an order does with each reply, in each state. Runtime, sweeper and tests read it.

Before the pivot (COMMITTED) every step can be taken back; after it, steps are repeated until they succeed.
What is not in the table is counted and changes nothing.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from order_service.domain.order import Order
from order_service.domain.refund import Outcome
from order_service.domain.states import CancelReason, Command, Event, Said, State


class Trigger(StrEnum):
    STOCK_RESERVED = "StockReserved"
    STOCK_REJECTED = "StockReservationRejected"
    STOCK_COMMITTED = "StockCommitted"
    STOCK_COMMIT_REJECTED = "StockCommitRejected"
    STOCK_RELEASED = "StockReleased"
    ACTION_REQUIRED = "PaymentActionRequired"
    AUTHORIZED = "PaymentAuthorized"
    DECLINED = "PaymentDeclined"
    CAPTURED = "PaymentCaptured"
    CAPTURE_FAILED = "PaymentCaptureFailed"
    VOIDED = "PaymentVoided"
    REFUNDED = "PaymentRefunded"
    REFUND_FAILED = "RefundFailed"
    CANCEL = "cancel"
    SHIP = "ship"
    DELIVER = "deliver"
    REFUND = "refund"
    GIVE_UP = "give_up"


ENDS: Mapping[Trigger, Command] = {
    Trigger.STOCK_RELEASED: Command.RELEASE_STOCK,
    Trigger.VOIDED: Command.VOID_PAYMENT,
    Trigger.REFUNDED: Command.REFUND_PAYMENT,
}
"""While an order is being cancelled: the leg that a reply brings to its end."""

BECOMES: Mapping[str, State] = {Trigger.SHIP: State.SHIPPED, Trigger.DELIVER: State.DELIVERED}
"""What an order becomes when staff does this, also while money is on its way back."""

OUTCOMES: Mapping[Trigger, Outcome] = {Trigger.REFUNDED: Outcome.DONE, Trigger.REFUND_FAILED: Outcome.FAILED}

GIVES_UP: Mapping[State, tuple[Command, timedelta]] = {
    State.PENDING: (Command.RESERVE_STOCK, timedelta(minutes=10)),
    State.RESERVED: (Command.AUTHORIZE_PAYMENT, timedelta(minutes=30)),
}
"""How long after its command has left a state is given up. A broker that is down delays orders, it cancels none.

AWAITING_CUSTOMER ends with the page that the customer was shown: 31 minutes after payment has opened it.
"""

Condition = Callable[[Order, Trigger], bool]


def came_from(order: Order) -> State | None:
    """Where a refund brings the order back to: what it was before, or has become meanwhile."""
    if order.state is not State.REFUNDING:
        return None
    for entry in reversed(order.history):
        if entry.trigger in BECOMES:
            return BECOMES[entry.trigger]
        if entry.before is not State.REFUNDING:
            return entry.before
    raise AssertionError("no order begins as REFUNDING")


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


def all_is_back(order: Order, _trigger: Trigger) -> bool:
    return order.open_refund is not None and order.refunded + order.open_refund.amount == order.total


def came_from_confirmed(order: Order, _trigger: Trigger) -> bool:
    return came_from(order) is State.CONFIRMED


def came_from_shipped(order: Order, _trigger: Trigger) -> bool:
    return came_from(order) is State.SHIPPED


def goods_come_back(order: Order, _trigger: Trigger) -> bool:
    return order.open_refund is not None and bool(order.open_refund.restock)


@dataclass(frozen=True, slots=True)
class Row:
    """From where, why, to where, what is said then; only `when` this holds. The first row that fits is taken."""

    before: State
    trigger: Trigger
    after: State
    says: tuple[Said, ...] = ()
    when: Condition | None = None
    reason: CancelReason | None = None
    """Why it ends; CUSTOMER stands for staff, too, when it was them who asked."""
    waits_on: bool = False
    """What was waited for before is waited for still."""


ONLY_WHEN: Mapping[Said, Condition] = {Event.RETURN_STOCK: goods_come_back}
"""What a row says only then."""

UNDO_PAYMENT = (Command.VOID_PAYMENT, Command.RELEASE_STOCK)
UNDO_SALE = (Command.REFUND_PAYMENT, Command.RELEASE_STOCK)
RETURNED = (Event.REFUNDED, Event.RETURN_STOCK)
PENDING, RESERVED, AWAITING_CUSTOMER, AUTHORIZED, COMMITTED, *_ = State
CONFIRMED, SHIPPED, DELIVERED, REFUNDING, REFUNDED = list(State)[5:10]
CANCELLING, CANCELLED = list(State)[10:]
OUT_OF_STOCK, DECLINED, CUSTOMER, _STAFF, TIMED_OUT = CancelReason

TABLE: tuple[Row, ...] = (
    Row(PENDING, Trigger.STOCK_RESERVED, RESERVED, (Command.AUTHORIZE_PAYMENT,)),
    Row(PENDING, Trigger.STOCK_REJECTED, CANCELLED, (Event.CANCELLED,), reason=OUT_OF_STOCK),
    Row(PENDING, Trigger.CANCEL, CANCELLING, (Command.RELEASE_STOCK,), reason=CUSTOMER),
    Row(PENDING, Trigger.GIVE_UP, CANCELLING, (Command.RELEASE_STOCK,), reason=TIMED_OUT),
    Row(RESERVED, Trigger.AUTHORIZED, AUTHORIZED, (Command.COMMIT_STOCK,)),
    Row(RESERVED, Trigger.ACTION_REQUIRED, AWAITING_CUSTOMER, waits_on=True),
    Row(RESERVED, Trigger.DECLINED, CANCELLING, UNDO_PAYMENT, reason=DECLINED),
    Row(RESERVED, Trigger.CANCEL, CANCELLING, UNDO_PAYMENT, reason=CUSTOMER),
    Row(RESERVED, Trigger.GIVE_UP, CANCELLING, UNDO_PAYMENT, reason=TIMED_OUT),
    Row(AWAITING_CUSTOMER, Trigger.AUTHORIZED, AUTHORIZED, (Command.COMMIT_STOCK,)),
    Row(AWAITING_CUSTOMER, Trigger.DECLINED, CANCELLING, UNDO_PAYMENT, reason=DECLINED),
    Row(AWAITING_CUSTOMER, Trigger.CANCEL, CANCELLING, UNDO_PAYMENT, reason=CUSTOMER),
    Row(AWAITING_CUSTOMER, Trigger.GIVE_UP, CANCELLING, UNDO_PAYMENT, reason=TIMED_OUT),
    Row(AUTHORIZED, Trigger.STOCK_COMMITTED, COMMITTED, (Command.CAPTURE_PAYMENT,)),
    Row(AUTHORIZED, Trigger.STOCK_COMMIT_REJECTED, CANCELLING, UNDO_PAYMENT, reason=OUT_OF_STOCK),
    Row(AUTHORIZED, Trigger.CANCEL, CANCELLING, UNDO_PAYMENT, reason=CUSTOMER),
    Row(COMMITTED, Trigger.CANCEL, COMMITTED, when=cancel_not_requested),
    Row(COMMITTED, Trigger.CAPTURED, CANCELLING, UNDO_SALE, when=cancel_requested, reason=CUSTOMER),
    Row(COMMITTED, Trigger.CAPTURED, CONFIRMED, (Event.CONFIRMED,)),
    Row(COMMITTED, Trigger.CAPTURE_FAILED, CANCELLING, UNDO_PAYMENT, reason=DECLINED),
    Row(CONFIRMED, Trigger.CANCEL, CANCELLING, UNDO_SALE, reason=CUSTOMER),
    Row(CONFIRMED, Trigger.SHIP, SHIPPED, (Event.SHIPPED,)),
    Row(CONFIRMED, Trigger.REFUND, REFUNDING, (Command.REFUND_PAYMENT,)),
    Row(SHIPPED, Trigger.DELIVER, DELIVERED),
    Row(SHIPPED, Trigger.REFUND, REFUNDING, (Command.REFUND_PAYMENT,)),
    Row(DELIVERED, Trigger.REFUND, REFUNDING, (Command.REFUND_PAYMENT,)),
    Row(REFUNDING, Trigger.SHIP, REFUNDING, (Event.SHIPPED,), when=came_from_confirmed),
    Row(REFUNDING, Trigger.DELIVER, REFUNDING, when=came_from_shipped),
    Row(REFUNDING, Trigger.REFUNDED, REFUNDED, RETURNED, when=all_is_back),
    Row(REFUNDING, Trigger.REFUNDED, CONFIRMED, RETURNED, when=came_from_confirmed),
    Row(REFUNDING, Trigger.REFUNDED, SHIPPED, RETURNED, when=came_from_shipped),
    Row(REFUNDING, Trigger.REFUNDED, DELIVERED, RETURNED),
    Row(REFUNDING, Trigger.REFUND_FAILED, CONFIRMED, when=came_from_confirmed),
    Row(REFUNDING, Trigger.REFUND_FAILED, SHIPPED, when=came_from_shipped),
    Row(REFUNDING, Trigger.REFUND_FAILED, DELIVERED),
    Row(CANCELLING, Trigger.STOCK_RELEASED, CANCELLED, (Event.CANCELLED,), when=last_leg),
    Row(CANCELLING, Trigger.STOCK_RELEASED, CANCELLING, when=open_leg),
    Row(CANCELLING, Trigger.VOIDED, CANCELLED, (Event.CANCELLED,), when=last_leg),
    Row(CANCELLING, Trigger.VOIDED, CANCELLING, when=open_leg),
    Row(CANCELLING, Trigger.REFUNDED, CANCELLED, (Event.CANCELLED,), when=last_leg),
    Row(CANCELLING, Trigger.REFUNDED, CANCELLING, when=open_leg),
    # The sweeper asks for it again after its pause, so that a provider in trouble is not hammered.
    Row(CANCELLING, Trigger.REFUND_FAILED, CANCELLING, when=refund_open),
)


def find(order: Order, trigger: Trigger) -> Row | None:
    """The row that applies to this order now."""
    for row in TABLE:
        if row.before is order.state and row.trigger is trigger and (row.when is None or row.when(order, trigger)):
            return row
    return None
