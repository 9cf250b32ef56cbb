"""The outbox: what was decided is written with the decision, and leaves when the broker takes it."""

from collections.abc import Collection, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from chassis.messages import Outgoing

BATCH = 100
"""How many messages a relay takes at a time."""
REPLAY = timedelta(hours=24)
"""How far back a relay repeats itself for a broker that lost its memory."""


@dataclass(frozen=True, slots=True)
class Backlog:
    """What has not left yet."""

    pending: int
    oldest_seconds: float


@dataclass(frozen=True, slots=True)
class Kept:
    """One message as an outbox keeps it."""

    outgoing: Outgoing
    written_at: datetime
    first_sent_at: datetime | None
    published_at: datetime | None
    """When it last left; None while it has to leave, be it for the first time or again."""
    attempts: int
    """How often the broker would not have it."""


class OutboxQueue(Protocol):
    """The leading relay's view of one service's outbox. Only one is open at a time, however many relays run."""

    async def due(self, limit: int = BATCH) -> Sequence[Outgoing]:
        """Unpublished and not backing off, lane `saga` first, then by age. Never by a position."""
        ...

    async def settle(self, *, confirmed: Collection[UUID], refused: Collection[UUID]) -> None:
        """Mark the confirmed as published; make each refused one wait, longer each time (0.1 s to 5 min)."""
        ...

    async def wait(self, seconds: float) -> None:
        """Return when something new was written, or after `seconds`."""
        ...

    async def incarnation(self) -> UUID | None:
        """The broker's incarnation as this service last knew it."""
        ...

    async def remember(self, incarnation: UUID) -> None: ...

    async def replay(self) -> int:
        """Make the last 24 h of events, and commands still waited for, unpublished again; how many."""
        ...


class Outbox(Protocol):
    def lead(self) -> AbstractAsyncContextManager[OutboxQueue]:
        """Wait until this relay is the only one, then open the queue. Raises StoreUnavailable."""
        ...

    async def backlog(self) -> Backlog: ...

    async def trim(self) -> int:
        """Delete up to 1,000 messages that were published more than 24 h ago; how many."""
        ...
