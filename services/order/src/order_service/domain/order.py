"""An order: what was bought, for how much, and where that stands."""

import hashlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID, uuid5

from order_service.domain.address import Address
from order_service.domain.quote import Quote
from order_service.domain.refund import Outcome, Refund
from order_service.domain.states import ONCE_A_REFUND, CancelReason, Command, Event, Said, State

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


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
class PaymentPage:
    """Where the customer has to do something before the money is ours, and until when."""

    url: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Shipment:
    carrier: str
    tracking: str
    at: datetime


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
    method_id: UUID | None
    """None: on the provider's page."""
    return_url: str | None
    """Where that page sends the customer afterwards."""
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
    payment_page: PaymentPage | None = None
    shipment: Shipment | None = None
    refunds: tuple[Refund, ...] = ()
    """Those that staff asked for, in that order; while REFUNDING the last one is under way."""
    refunded: int = 0
    """What has come back in all, a cancellation's refund included."""
    cancel_reason: CancelReason | None = None
    cancel_requested: bool = False
    cancelled_by_staff: bool = False
    """It was not the customer who asked for the end."""
    cancel_keys: Mapping[str, Accepted] = field(default_factory=dict)
    """By Idempotency-Key, staff's with their own id before it: the cancellations that were accepted."""
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
    def payment_url(self) -> str | None:
        """Where the customer can pay, as long as that is waited for."""
        return self.payment_page.url if self.payment_page and self.state is State.AWAITING_CUSTOMER else None

    @property
    def open_refund(self) -> Refund | None:
        """The refund that is under way."""
        return self.refunds[-1] if self.state is State.REFUNDING else None

    @property
    def returned(self) -> Mapping[str, int]:
        """How many of each SKU have been put on the shelf again, or will be when the refund under way is through."""
        returned: Counter[str] = Counter()
        for refund in self.refunds:
            if refund.outcome is not Outcome.FAILED:
                returned.update({piece.sku: piece.quantity for piece in refund.restock})
        return returned

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


def name_of(order: Order, said: Said) -> str:
    """What names a thing among all that an order ever says: there may be several refunds."""
    if said in ONCE_A_REFUND and order.refunds and order.state not in {State.CANCELLING, State.CANCELLED}:
        return f"{said.value}:{order.refunds[-1].id}"
    if said is Event.PROGRESSED:
        return f"{said.value}:{order.version}"
    return said.value


def message_id(order: Order, said: Said) -> UUID:
    """Each thing that an order says has one id, however often it is said."""
    return uuid5(order.id, name_of(order, said))


def place(
    quote: Quote,
    *,
    order_id: UUID,
    user_id: UUID,
    cart_id: UUID,
    key: str,
    request_hash: str,
    address: Address,
    method_id: UUID | None,
    return_url: str | None = None,
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
        return_url=return_url,
        placed_at=now,
        state=State.PENDING,
        version=1,
        history=(HistoryEntry(1, None, State.PENDING, "placed", now),),
        awaits=frozenset({Command.RESERVE_STOCK}),
        next_action_at=storable(retry_at),
    )
