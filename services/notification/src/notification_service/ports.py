"""What notification needs from the outside: whom it may write to, what it owes them, and a way to send."""

from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from email.message import EmailMessage
from enum import StrEnum
from typing import Any, Protocol
from uuid import UUID

from notification_service.domain.feed import Feed, News
from notification_service.domain.preferences import EMAIL, Preferences


@dataclass(frozen=True, slots=True)
class Contact:
    """Our own replica of whom to write to; `seq` counts the states of that person."""

    user_id: UUID
    email: str
    name: str
    locale: str
    verified: bool
    seq: int
    phone: str | None = None
    """E.164."""


class DeliveryState(StrEnum):
    QUEUED = "QUEUED"
    WAITING_FOR_CONTACT = "WAITING_FOR_CONTACT"
    ACCEPTED = "ACCEPTED"
    """The mail server, or the telephone company, took it."""
    SUPPRESSED = "SUPPRESSED"
    """It goes nowhere: the address is refused for good, the person does not want it, or a cap is reached."""
    GIVEN_UP = "GIVEN_UP"
    """The retry schedule has ended without an answer; somebody must look."""


SETTLED = frozenset({DeliveryState.ACCEPTED, DeliveryState.SUPPRESSED})
"""It will never be sent (again)."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message owed to one person on one channel because of one event."""

    id: str
    event_id: UUID
    kind: str
    user_id: UUID
    order_id: UUID | None
    facts: Mapping[str, Any]
    """What the template shows, and whom to write to where the event itself says so; erased once it is settled."""
    state: DeliveryState
    attempts: int
    due_at: datetime
    lease: UUID | None = None
    message_id: str | None = field(default=None)
    tried_at: datetime | None = None
    """When it was last tried."""
    trace: str | None = None
    """Of the work that owed it: what is sent later belongs to the same trace."""

    @property
    def channel(self) -> str:
        return self.id.split("|")[1]


def delivery_id(event_id: UUID, channel: str, user_id: UUID) -> str:
    """The same event owes the same person one message a channel, however often it is heard."""
    return f"{event_id}|{channel}|{user_id}"


class Contacts(Protocol):
    async def put(self, contact: Contact) -> bool:
        """Keep it unless a later state is known already; whether it was kept."""
        ...

    async def get(self, user_id: UUID) -> Contact | None: ...


class Deliveries(Protocol):
    async def add(self, delivery: Delivery) -> bool:
        """False when it is there already."""
        ...

    async def claim(self, *, lease: UUID, lasting: timedelta, channel: str = EMAIL) -> Delivery | None:
        """The most urgent one of the channel that is QUEUED and due by the store's clock, which all share; now ours for
        so long."""
        ...

    async def settle(
        self,
        delivery_id: str,
        *,
        lease: UUID,
        state: DeliveryState,
        pause: timedelta,
        message_id: str | None,
    ) -> bool:
        """Write down what became of an attempt, due again after `pause`; False when the lease was not ours any more."""
        ...

    async def of_order(self, order_id: UUID) -> Sequence[Delivery]:
        """What was owed because of an order, by event and channel."""
        ...

    async def contact_known(self, user_id: UUID) -> None:
        """Queue what waited for this person's address."""
        ...

    def facts(self) -> AsyncIterator[dict[str, Any]]: ...


class MailRefused(Exception):
    """The server said never (5xx), about this recipient or this mail."""


class MailFailed(Exception):
    """No answer, or not now (4xx), or not to us: the mail may or may not have been taken."""


class Mailer(Protocol):
    async def send(self, message: EmailMessage) -> None:
        """Returns once the server has accepted it. Raises MailRefused or MailFailed."""
        ...


class Templates(Protocol):
    def compose(self, delivery: Delivery, contact: Contact) -> EmailMessage:
        """Subject, text and HTML of a delivery, in the person's language; no recipient yet."""
        ...


class Feeds(Protocol):
    """What each person was told, read by whose it is."""

    async def add(self, user_id: UUID, news: News) -> bool:
        """Tell it under the next number; False when this person's feed has that event already."""
        ...

    async def look(self, owner: UUID, *, after: int = 0) -> Feed:
        """What the feed holds beyond that number."""
        ...

    async def read(self, owner: UUID, *, up_to: int) -> None:
        """Never backwards, and never beyond the newest."""
        ...

    def changes(self) -> AsyncGenerator[UUID | None]:
        """Whose feed has changed, as it happens; None when it may have been anybody's, as at the beginning.

        Ends, or raises StoreUnavailable, when it can hear no more.
        """
        ...


class AllFeeds(Feeds, Protocol):
    def facts(self) -> AsyncIterator[dict[str, Any]]: ...


class WantedByPerson(Protocol):
    """What each person wants to be told, and how; read by whose it is."""

    async def get(self, owner: UUID) -> Preferences:
        """What was chosen, or else what is usual."""
        ...

    async def put(self, owner: UUID, preferences: Preferences) -> None: ...


class SmsRefused(Exception):
    """The provider said never, about this number or this text; nothing was sent."""


class SmsFailed(Exception):
    """No answer, or not now, or not to us."""

    def __init__(self, why: str, *, perhaps_sent: bool) -> None:
        super().__init__(why)
        self.perhaps_sent = perhaps_sent


class Texter(Protocol):
    async def send(self, *, to: str, text: str) -> str:
        """The provider's id of the message, once it was taken. Raises SmsRefused or SmsFailed."""
        ...


class SmsTexts(Protocol):
    def compose(self, delivery: Delivery) -> str: ...


class SmsBudget(Protocol):
    """What text messages have cost today, and how many each person was sent."""

    async def take(self, user_id: UUID, *, day: date, cost: int) -> bool:
        """Note one more for this person; False, and nothing noted, when a cap stands against it."""
        ...

    async def give_back(self, user_id: UUID, *, day: date, cost: int) -> None:
        """It certainly was not sent."""
        ...
