"""What the provider remembers: flat, and made of what JSON can hold."""

from dataclasses import dataclass, field
from typing import Any, ClassVar

type Json = dict[str, Any]


@dataclass(slots=True)
class Customer:
    kind: ClassVar[str] = "customer"

    id: str
    created: int
    email: str | None = None
    name: str | None = None
    description: str | None = None
    metadata: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class PaymentMethod:
    """One card. `token` names the test card whose behaviour it keeps."""

    kind: ClassVar[str] = "payment_method"

    id: str
    created: int
    token: str
    customer: str | None = None
    detached: bool = False


@dataclass(slots=True)
class Intent:
    kind: ClassVar[str] = "payment_intent"

    id: str
    created: int
    amount: int
    currency: str
    capture_method: str
    client_secret: str
    status: str
    customer: str | None = None
    payment_method: str | None = None
    description: str | None = None
    metadata: dict[str, str] = field(default_factory=dict)
    amount_received: int = 0
    latest_charge: str | None = None
    last_payment_error: Json | None = None
    cancellation_reason: str | None = None
    canceled_at: int | None = None
    return_url: str | None = None
    act_url: str | None = None
    """Where its customer is asked for an authentication."""
    session: str | None = None
    """The page that it was made on."""

    @property
    def amount_capturable(self) -> int:
        return self.amount if self.status == "requires_capture" else 0


@dataclass(slots=True)
class Session:
    """A page to pay on. Its intent is made when the customer first confirms."""

    kind: ClassVar[str] = "checkout.session"

    id: str
    created: int
    amount: int
    currency: str
    capture_method: str
    success_url: str
    cancel_url: str | None
    expires_at: int
    status: str = "open"
    intent: str | None = None
    client_reference_id: str | None = None
    customer: str | None = None
    metadata: dict[str, str] = field(default_factory=dict)
    intent_metadata: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Charge:
    """One attempt at a card: an authorisation if it was paid, a decline if not."""

    kind: ClassVar[str] = "charge"

    id: str
    created: int
    intent: str
    amount: int
    currency: str
    payment_method: str
    paid: bool
    amount_captured: int = 0
    amount_refunded: int = 0
    failure_code: str | None = None
    failure_message: str | None = None
    at: float = 0.0
    """`created`, as exactly as the simulator knows it; so is the next."""
    captured_at: float = 0.0

    @property
    def refundable(self) -> int:
        return self.amount_captured - self.amount_refunded


@dataclass(slots=True)
class Refund:
    kind: ClassVar[str] = "refund"

    id: str
    created: int
    intent: str
    charge: str
    amount: int
    currency: str
    status: str
    reason: str | None = None
    failure_reason: str | None = None
    metadata: dict[str, str] = field(default_factory=dict)
    at: float = 0.0


@dataclass(slots=True)
class Event:
    """One thing that happened, with the object as it was then. `operation` and `order_id` aim faults at it."""

    kind: ClassVar[str] = "event"

    id: str
    created: int
    type: str
    object: Json
    request_id: str | None
    idempotency_key: str | None
    operation: str
    order_id: str | None
    pending_webhooks: int = 1


@dataclass(slots=True)
class Reply:
    """What was answered under an idempotency key."""

    kind: ClassVar[str] = "reply"

    id: str
    created: int
    fingerprint: str
    request_id: str
    status: int
    body: Json


type Record = Customer | PaymentMethod | Intent | Session | Charge | Refund | Event | Reply

KINDS: dict[str, type[Record]] = {
    each.kind: each for each in (Customer, PaymentMethod, Intent, Session, Charge, Refund, Event, Reply)
}
