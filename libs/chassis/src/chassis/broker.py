"""What the services ask of a message broker. Twins: `memory_broker` and `rabbit_broker`."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Protocol
from uuid import UUID

from chassis.messages import Outgoing

RETRY_LADDER = {
    "1s": timedelta(seconds=1),
    "5s": timedelta(seconds=5),
    "30s": timedelta(seconds=30),
    "2m": timedelta(minutes=2),
    "10m": timedelta(minutes=10),
}
"""A message whose handling failed waits on these rungs, one after the other, then is dead."""
CONFIRM_SECONDS = 5.0
FINISH_SECONDS = 15.0
"""How long handlers that run may go on when their process leaves."""


class Verdict(Enum):
    """What became of a delivery."""

    DONE = "done"
    """Its effect is committed."""
    RETRY = "retry"
    """A fault of this message that may heal: one rung up the ladder."""
    DEAD = "dead"
    """It will never be understood: straight to the dead letters."""
    STORE_DOWN = "store_down"
    """Not the message's fault: stop consuming until our store answers, and count no attempt."""


Dispatch = Callable[[bytes], Awaitable[Verdict]]
StoreProbe = Callable[[], Awaitable[bool]]


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message that nobody here could handle, as it lies there."""

    body: bytes
    message_id: str | None
    died_at: datetime | None
    reason: str | None
    """The broker's word: `rejected` when we gave it up, else what the queue did to it."""
    attempts: int
    """How often it was handled."""


class DeadLetters(Protocol):
    """The messages that services could not handle. Every method raises BrokerDown."""

    async def dead_letters(self, service: str) -> int:
        """How many dead letters this service has."""
        ...

    async def look_at_dead(self, service: str, *, limit: int) -> Sequence[DeadLetter]:
        """Those that died first; they stay where they are. Meanwhile nobody else can take them."""
        ...

    async def redrive(self, service: str, *, limit: int = 1000) -> int:
        """Give dead letters a new life at the end of the work queue; how many."""
        ...


class Line(Protocol):
    """The relay's own connection. Every method raises BrokerDown once it is lost."""

    async def publish(self, batch: Sequence[Outgoing]) -> frozenset[UUID]:
        """Publish pipelined; the ids that the broker confirmed. Unroutable or refused ones are not among them."""
        ...

    def check(self) -> None:
        """Is it still there? Asks nobody: for a relay that has nothing to say, and would not notice otherwise."""
        ...

    async def incarnation(self) -> UUID | None:
        """Which life of the broker this is, as this service once wrote there; None when it was forgotten."""
        ...

    async def write_incarnation(self, incarnation: UUID) -> None: ...


class Broker(DeadLetters, Protocol):
    def line(self, service: str) -> AbstractAsyncContextManager[Line]:
        """A plain connection for one relay. Raises BrokerDown."""
        ...

    def consume(
        self, service: str, dispatch: Dispatch, *, store_answers: StoreProbe, concurrency: int = 8
    ) -> AbstractAsyncContextManager[None]:
        """Feed the service's work queue to `dispatch` while the context is open; on exit finish what runs."""
        ...
