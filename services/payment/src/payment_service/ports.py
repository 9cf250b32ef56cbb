"""What the use cases need from outside: a store, the provider, and somebody who counts."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol
from uuid import UUID

from contracts.message import Message

from payment_service.domain.intent import Intent
from payment_service.domain.ledger import Entry
from payment_service.domain.payment import Payment
from payment_service.domain.refund import ProviderRefund, Refund
from payment_service.domain.session import Session
from payment_service.domain.webhook import PspEvent


@dataclass(frozen=True, slots=True)
class Card:
    """What may be known of a card: never its number."""

    provider_method_id: str
    brand: str
    last4: str
    exp_month: int
    exp_year: int


@dataclass(frozen=True, slots=True)
class Method:
    """A card that a customer saved."""

    id: UUID
    user_id: UUID
    customer: str
    card: Card


@dataclass(frozen=True, slots=True)
class WaitingEvent:
    """A webhook that was not worked on yet."""

    event: PspEvent
    received_at: datetime
    now: datetime
    tries: int


@dataclass(frozen=True, slots=True)
class FoundIntent:
    """One of the provider's list; `payment_id` is what its metadata names."""

    intent: Intent
    payment_id: UUID | None


@dataclass(frozen=True, slots=True)
class Books:
    """What we hold, for a comparison: rows that were begun in that time, and what is booked for each, by its `ref`."""

    payments: Mapping[UUID, Payment]
    refunds: Mapping[UUID, Refund]
    booked: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Booked:
    """A ledger transaction, as it is kept."""

    id: UUID
    at: datetime
    entry: Entry


@dataclass(frozen=True, slots=True)
class RefundStory:
    refund: Refund
    begun_at: datetime
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class PaymentStory:
    """A payment with its times, its refunds and what was booked for it and them."""

    payment: Payment
    begun_at: datetime
    changed_at: datetime
    due_at: datetime | None
    """When the provider is asked next; None when nothing waits for it."""
    refunds: Sequence[RefundStory]
    booked: Sequence[Booked]


class AnotherPaymentLives(Exception):
    """The order has another payment that is not over."""

    def __init__(self, order_id: UUID) -> None:
        super().__init__(f"order {order_id} has another live payment")
        self.order_id = order_id


class Wallet(Protocol):
    """Saved cards, in a transaction, each read by whose it is."""

    async def customer(self, owner: UUID) -> str | None:
        """The provider's id of this person, locked; two additions of methods wait for each other here."""
        ...

    async def add_customer(self, owner: UUID, customer: str) -> None:
        """The first one stays."""
        ...

    async def method(self, method_id: UUID, *, owner: UUID) -> Method | None:
        """None for somebody else's, too."""
        ...

    async def methods(self, owner: UUID) -> Sequence[Method]:
        """Oldest first."""
        ...

    async def add_method(self, method: Method) -> Method:
        """The stored one: an older row when the customer has this card of the provider's already."""
        ...

    async def delete_method(self, method_id: UUID, *, owner: UUID) -> None: ...


class Wallets(Protocol):
    """What a customer's request works on: their own cards, and nothing of payments."""

    def transaction(self) -> AbstractAsyncContextManager[Wallet]: ...


class Transaction(Wallet, Protocol):
    """One unit of work, for commands, webhooks and the hands. Rows are locked payment first, then refund."""

    async def lock(self, payment_id: UUID) -> Payment | None: ...

    async def add(self, payment: Payment) -> bool:
        """False when this payment exists. Raises AnotherPaymentLives."""
        ...

    async def save(self, payment: Payment, *, after: float = 0.0) -> None:
        """Keep it; if something waits at the provider, it is due `after` seconds from now."""
        ...

    async def lock_refund(self, refund_id: UUID) -> Refund | None: ...

    async def refunds(self, payment_id: UUID) -> Sequence[Refund]: ...

    async def add_refund(self, refund: Refund) -> None:
        """Under the payment's lock."""
        ...

    async def save_refund(self, refund: Refund, *, after: float = 0.0) -> None: ...

    async def post(self, entry: Entry) -> None:
        """Book it. The same `ref` twice is a bug, and refused."""
        ...

    async def by_intent(self, intent_id: str) -> UUID | None:
        """The payment that owns this intent."""
        ...

    async def add_event(self, event: PspEvent) -> bool:
        """False when it was received before."""
        ...

    async def next_event(self) -> WaitingEvent | None:
        """One that is due, locked; those that others work on are passed over."""
        ...

    async def finish_event(self, event_id: str) -> None: ...

    async def put_off_event(self, event_id: str, *, after: float) -> None: ...

    async def announce(self, *messages: Message) -> None: ...


class Work(StrEnum):
    """What hands are needed for."""

    PAYMENT = "payment"
    REFUND = "refund"
    EVENT = "event"


class Payments(Wallets, Protocol):
    def transaction(self) -> AbstractAsyncContextManager[Transaction]: ...

    async def due(self) -> Collection[Work]:
        """Of what kinds there is something due right now that nobody works on."""
        ...

    async def claim(self, lease: UUID, *, seconds: float) -> Payment | None:
        """Lease one payment that is due, so that nobody else works on it for so long.

        When the last lease was never given back, its call is unknown.
        """
        ...

    async def claim_refund(self, lease: UUID, *, seconds: float) -> Refund | None:
        """The same for refunds; notes when the present key is first used."""
        ...

    async def unsettled(self) -> int:
        """How many payments and refunds wait for the provider; not those that wait for their customer."""
        ...

    async def forget_events(self, *, kept: timedelta) -> int:
        """Delete up to 1,000 webhooks that came longer ago and were worked on; how many."""
        ...

    async def books(self, since: datetime | None) -> Books:
        """Everything that was begun since then, or ever. A row and what is booked for it are of the same moment."""
        ...

    async def of_order(self, order_id: UUID) -> Sequence[PaymentStory]:
        """All of its payments, oldest first."""
        ...

    async def violations(self) -> Mapping[str, int]:
        """Invariant -> how often it is broken; both are always there.

        I5: what each payment and refund has moved is booked. I6: what is booked balances.
        """
        ...

    def facts(self) -> AsyncIterator[dict[str, Any]]: ...


class OutcomeUnknown(Exception):
    """Time-out, lost connection or 5xx: it may have happened, or may still happen."""

    def __init__(self, why: str, *, replayed: bool = False) -> None:
        super().__init__(f"the provider's answer is unknown: {why}")
        self.replayed = replayed
        """The provider repeats a failure that it remembers under this key."""


class TryAgainLater(Exception):
    """The provider did nothing, and would rather be asked later."""


class Declined(Exception):
    """The bank said no, for this reason."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"declined: {reason}")
        self.reason = reason


class Refused(Exception):
    """The provider will not do this: a bad parameter, or the object is in no state for it."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"refused: {reason}")
        self.reason = reason


class Provider(Protocol):
    """The payment provider. Every method may raise the four exceptions above."""

    async def create_intent(
        self, *, amount: int, currency: str, customer: str, method: str, metadata: Mapping[str, str], key: str
    ) -> Intent:
        """Unconfirmed, for manual capture: no money moves."""
        ...

    async def create_session(
        self,
        *,
        amount: int,
        currency: str,
        metadata: Mapping[str, str],
        return_url: str,
        expires_at: datetime,
        key: str,
    ) -> Session:
        """A page to pay on, for manual capture. Its intent is made when the customer confirms."""
        ...

    async def retrieve_session(self, session_id: str) -> Session: ...

    async def expire_session(self, session_id: str, *, key: str) -> Session:
        """Refused when it is no longer open."""
        ...

    async def confirm(self, intent_id: str, *, return_url: str | None, key: str) -> Intent:
        """Without a `return_url` nobody can be asked for an authentication: the card is declined instead."""
        ...

    async def retrieve(self, intent_id: str) -> Intent: ...

    async def capture(self, intent_id: str, *, key: str) -> Intent: ...

    async def cancel(self, intent_id: str, *, key: str) -> Intent: ...

    async def refund(self, intent_id: str, *, amount: int, metadata: Mapping[str, str], key: str) -> ProviderRefund: ...

    async def find_refunds(self, intent_id: str) -> Sequence[ProviderRefund]: ...

    async def list_intents(self, since: datetime | None) -> Sequence[FoundIntent]:
        """All that were created since then, or ever."""
        ...

    async def list_refunds(self, since: datetime | None) -> Sequence[ProviderRefund]: ...

    async def create_customer(self, user_id: UUID, *, key: str) -> str: ...

    async def attach(self, token: str, *, customer: str) -> Card: ...

    async def detach(self, provider_method_id: str) -> None: ...


class Tally(Protocol):
    """Counts what happens to money."""

    def settled(self, outcome: str) -> None:
        """A payment or refund came to an end, or to an authorisation."""
        ...

    def surprise(self) -> None:
        """The provider's word does not fit ours: somebody is called."""
        ...
