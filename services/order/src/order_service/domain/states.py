"""The words of an order: where it stands, what it says, why it ends."""

from enum import StrEnum


class State(StrEnum):
    PENDING = "PENDING"
    RESERVED = "RESERVED"
    AWAITING_CUSTOMER = "AWAITING_CUSTOMER"
    AUTHORIZED = "AUTHORIZED"
    COMMITTED = "COMMITTED"
    CONFIRMED = "CONFIRMED"
    SHIPPED = "SHIPPED"
    DELIVERED = "DELIVERED"
    REFUNDING = "REFUNDING"
    REFUNDED = "REFUNDED"
    CANCELLING = "CANCELLING"
    CANCELLED = "CANCELLED"


class Command(StrEnum):
    """What the saga asks of others and waits for: at most once each for an order, a refund once for each refund."""

    RESERVE_STOCK = "reserve_stock"
    AUTHORIZE_PAYMENT = "authorize_payment"
    COMMIT_STOCK = "commit_stock"
    CAPTURE_PAYMENT = "capture_payment"
    VOID_PAYMENT = "void_payment"
    REFUND_PAYMENT = "refund_payment"
    RELEASE_STOCK = "release_stock"


class Event(StrEnum):
    """What it tells others without waiting for an answer."""

    CONFIRMED = "order_confirmed"
    CANCELLED = "order_cancelled"
    SHIPPED = "order_shipped"
    REFUNDED = "order_refunded"
    RETURN_STOCK = "return_stock"
    PROGRESSED = "order_progressed"
    """Any other step: whoever watches the order sees each of them."""


Said = Command | Event
ONCE_A_REFUND: frozenset[Said] = frozenset({Command.REFUND_PAYMENT, Event.REFUNDED, Event.RETURN_STOCK})


class CancelReason(StrEnum):
    OUT_OF_STOCK = "OUT_OF_STOCK"
    PAYMENT_DECLINED = "PAYMENT_DECLINED"
    CUSTOMER = "CUSTOMER"
    STAFF = "STAFF"
    TIMED_OUT = "TIMED_OUT"
