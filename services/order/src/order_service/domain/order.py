"""An order: what was bought, for how much, and where that stands."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID, uuid5

from order_service.domain.address import Address
from order_service.domain.quote import Quote

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


class State(StrEnum):
    PENDING = "PENDING"
    RESERVED = "RESERVED"
    AUTHORIZED = "AUTHORIZED"
    COMMITTED = "COMMITTED"
    CONFIRMED = "CONFIRMED"
    CANCELLING = "CANCELLING"
    CANCELLED = "CANCELLED"


class Command(StrEnum):
    """What the saga asks of others, at most once each for an order."""

    RESERVE_STOCK = "reserve_stock"
    AUTHORIZE_PAYMENT = "authorize_payment"
    COMMIT_STOCK = "commit_stock"
    CAPTURE_PAYMENT = "capture_payment"
    VOID_PAYMENT = "void_payment"
    REFUND_PAYMENT = "refund_payment"
    RELEASE_STOCK = "release_stock"


class Event(StrEnum):
    """What it tells everybody."""

    CONFIRMED = "order_confirmed"
    CANCELLED = "order_cancelled"


Said = Command | Event


class CancelReason(StrEnum):
    OUT_OF_STOCK = "OUT_OF_STOCK"
    PAYMENT_DECLINED = "PAYMENT_DECLINED"
    CUSTOMER = "CUSTOMER"
    TIMED_OUT = "TIMED_OUT"


class OrderNotFound(Exception):
    """There is none, or it is somebody else's: who asks is not told which."""

    def __init__(self) -> None:
        super().__init__("There is no such order.")


class OrderOver(Exception):
    """Too late to cancel: it is over, or being cancelled already."""

    def __init__(self, state: State) -> None:
        super().__init__(f"The order is {state} and can not be cancelled.")
        self.state = state


@dataclass(frozen=True, slots=True)
class Line:
    sku: str
    name: str
    quantity: int
    unit_price: int

    @property
    def total(self) -> int:
        return self.unit_price * self.quantity


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One step: the version that it made, from where to where, and why."""

    version: int
    before: State | None
    after: State
    trigger: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Accepted:
    """A request with an Idempotency-Key that was followed: its fingerprint, and the version that it made."""

    request_hash: str
    version: int


@dataclass(frozen=True, slots=True)
class Order:
    """Amounts are minor units of `currency`; line prices are net. Times are those that the store can keep."""

    id: UUID
    user_id: UUID
    cart_id: UUID
    idempotency_key: str
    request_hash: str
    currency: str
    lines: tuple[Line, ...]
    shipping: int
    tax: int
    discount: int
    quote_hash: str
    address: Address
    shipping_method: str
    method_id: UUID
    placed_at: datetime
    state: State
    version: int
    history: tuple[HistoryEntry, ...]
    awaits: frozenset[Command]
    """Commands whose outcome is not known yet: the sweeper repeats them."""
    next_action_at: datetime | None
    """When the sweeper looks again; None when there is nothing to wait for."""
    tries: int = 0
    """How often the sweeper has repeated the present commands."""
    refunded: int = 0
    cancel_reason: CancelReason | None = None
    cancel_requested: bool = False
    cancel_keys: Mapping[str, Accepted] = field(default_factory=dict)
    """By Idempotency-Key: the cancellations that were accepted."""
    needs_review: bool = False
    """A person should look: it has waited for a day. Replies and sweeper go on as before."""

    @property
    def number(self) -> str:
        """What the customer reads out on the telephone, such as `M-7K3Q-92TD`."""
        return number_of(self.id)

    @property
    def subtotal(self) -> int:
        return sum(line.total for line in self.lines)

    @property
    def total(self) -> int:
        return self.subtotal + self.shipping + self.tax - self.discount

    @property
    def is_open(self) -> bool:
        """An open order keeps its cart."""
        return self.state is not State.CANCELLED

    @property
    def payment_id(self) -> UUID:
        return uuid5(self.id, "payment:1")

    @property
    def cancel_refund_id(self) -> UUID:
        """The one refund that a cancellation asks for."""
        return uuid5(self.id, "cancel")

    @property
    def entered_at(self) -> datetime:
        """Since when it is in its state; steps that stay in the state do not count."""
        return max(each.at for each in self.history if each.after is self.state and each.before is not self.state)

    def overdue(self, now: datetime) -> timedelta:
        """How far past the moment when somebody should have done something about it."""
        if self.next_action_at is None:
            return timedelta()
        return max(timedelta(), now - self.next_action_at)


def storable(time: datetime) -> datetime:
    """To the millisecond, as the store keeps it: an order is the same before and after it was stored."""
    return time.replace(microsecond=time.microsecond // 1000 * 1000)


def number_of(order_id: UUID) -> str:
    """40 bits of a hash, in Crockford's alphabet; the store refuses the rare second one."""
    bits = int.from_bytes(hashlib.sha256(order_id.bytes).digest()[:5])
    letters = "".join(ALPHABET[bits >> shift & 31] for shift in range(35, -1, -5))
    return f"M-{letters[:4]}-{letters[4:]}"


def message_id(order_id: UUID, said: Said) -> UUID:
    """Each thing that an order says has one id, however often it is said."""
    return uuid5(order_id, said.value)


def place(
    quote: Quote,
    *,
    order_id: UUID,
    user_id: UUID,
    cart_id: UUID,
    key: str,
    request_hash: str,
    address: Address,
    method_id: UUID,
    now: datetime,
    retry_at: datetime,
) -> Order:
    """A new order for exactly what was quoted; it waits for its stock."""
    now = storable(now)
    return Order(
        id=order_id,
        user_id=user_id,
        cart_id=cart_id,
        idempotency_key=key,
        request_hash=request_hash,
        currency=quote.currency,
        lines=tuple(Line(each.sku, each.name, each.quantity, each.unit_price) for each in quote.lines),
        shipping=quote.shipping,
        tax=quote.tax,
        discount=quote.discount,
        quote_hash=quote.hash,
        address=address,
        shipping_method=quote.shipping_method,
        method_id=method_id,
        placed_at=now,
        state=State.PENDING,
        version=1,
        history=(HistoryEntry(1, None, State.PENDING, "placed", now),),
        awaits=frozenset({Command.RESERVE_STOCK}),
        next_action_at=storable(retry_at),
    )
