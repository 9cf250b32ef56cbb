"""The ground that in-memory twins stand on: tables with transactions, an outbox, an inbox.

It keeps the promises that a database keeps and the use cases rely on: all or nothing, one writer at a time,
nobody sees half of it. It does not pretend to survive the process.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Collection, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID

from chassis.messages import Contract, Outgoing, seal
from chassis.outbox import BATCH, REPLAY, Backlog, Kept
from chassis.world import World

TRIM = 1000


class Table[K, V]:
    """Rows by key. Values are frozen; every change can be taken back by the transaction that made it."""

    def __init__(self, undo: list[Callable[[], None]]) -> None:
        self._rows: dict[K, V] = {}
        self._undo = undo

    def get(self, key: K) -> V | None:
        return self._rows.get(key)

    def put(self, key: K, value: V) -> None:
        if key in self._rows:
            old = self._rows[key]
            self._undo.append(lambda: self._rows.__setitem__(key, old))
        else:
            self._undo.append(lambda: self._rows.__delitem__(key))
        self._rows[key] = value

    def delete(self, key: K) -> None:
        if key in self._rows:
            old = self._rows.pop(key)
            self._undo.append(lambda: self._rows.__setitem__(key, old))

    def values(self) -> Iterator[V]:
        return iter(list(self._rows.values()))

    def items(self) -> Iterator[tuple[K, V]]:
        return iter(list(self._rows.items()))

    def __contains__(self, key: object) -> bool:
        return key in self._rows

    def __len__(self) -> int:
        return len(self._rows)


@dataclass(frozen=True, slots=True)
class _Waiting:
    outgoing: Outgoing
    written_at: datetime
    published_at: datetime | None = None
    attempts: int = 0
    not_before: datetime | None = None
    first_sent_at: datetime | None = None


class MemoryStore:
    """One service's whole store. Open a `transaction()`, even to read."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._lock = asyncio.Lock()
        self._undo: list[Callable[[], None]] = []
        self._news = asyncio.Event()
        self._said = False
        self._outbox: Table[UUID, _Waiting] = self.table()
        self._inbox: Table[tuple[str, UUID], datetime] = self.table()
        self.outbox = MemoryOutbox(self)

    def table[K, V](self) -> Table[K, V]:
        """A new table of this store."""
        return Table[K, V](self._undo)

    @asynccontextmanager
    async def transaction(self) -> AsyncGenerator[None]:
        """Everything inside happens, or nothing does."""
        async with self._lock:
            self._said = False
            try:
                yield
            except BaseException:
                for take_back in reversed(self._undo):
                    take_back()
                raise
            else:
                if self._said:
                    self._news.set()
            finally:
                self._undo.clear()

    @contextmanager
    def loading(self) -> Iterator[None]:
        """Fill the store before anybody uses it; no later transaction can take this back."""
        yield
        self._undo.clear()

    def announce(self, message: Contract, *, message_id: UUID | None = None, seq: int = 0) -> None:
        """Put a message into the outbox, inside of a transaction. The same id again is the same message."""
        outgoing = seal(message, world=self.world, message_id=message_id, seq=seq)
        self._said = True
        first_sent_at = self.first_sent(outgoing.id)
        self._outbox.put(outgoing.id, _Waiting(outgoing, self.world.clock.now(), first_sent_at=first_sent_at))

    def forget(self, types: Collection[str], *, left_before: datetime) -> int:
        """Delete up to 1,000 messages of these types that left by then, inside of a transaction; how many."""
        over = [
            each.outgoing.id
            for each in self._outbox.values()
            if each.outgoing.routing_key in types and each.published_at is not None and each.published_at <= left_before
        ][:TRIM]
        for id_ in over:
            self._outbox.delete(id_)
        return len(over)

    def first_sent(self, message_id: UUID) -> datetime | None:
        """When the broker first took this message; None while it has not left."""
        known = self._outbox.get(message_id)
        return known.first_sent_at if known is not None else None

    def first_time(self, consumer: str, message_id: UUID) -> bool:
        """Note that `consumer` has seen this message, inside of a transaction; False when it had before."""
        if (consumer, message_id) in self._inbox:
            return False
        self._inbox.put((consumer, message_id), self.world.clock.now())
        return True

    @property
    def announced(self) -> list[Outgoing]:
        """Everything ever announced and not trimmed, in order: for tests and facts."""
        return [each.outgoing for each in self._outbox.values()]

    def inbox_facts(self) -> list[dict[str, str]]:
        """What each consumer has seen, for the facts door."""
        return [{"consumer": consumer, "message_id": str(id_)} for consumer, id_ in self._inbox._rows]

    def kept(self) -> list[Kept]:
        """Every message of the outbox, in order."""
        return [
            Kept(each.outgoing, each.written_at, each.first_sent_at, each.published_at, each.attempts)
            for each in self._outbox.values()
        ]

    def outbox_facts(self) -> list[dict[str, object]]:
        """Each message, whether it has left, and when, for the facts door."""
        return [
            {
                "id": str(each.outgoing.id),
                "type": each.outgoing.routing_key,
                "aggregate_id": each.outgoing.envelope.aggregate_id,
                "trace": each.outgoing.envelope.trace,
                "published": each.published_at is not None,
                "at": each.written_at.isoformat(),
                "sent_at": each.first_sent_at.isoformat() if each.first_sent_at else None,
            }
            for each in self._outbox.values()
        ]


@dataclass(slots=True)
class MemoryOutbox:
    """The outbox of a MemoryStore, as the relay sees it."""

    store: MemoryStore
    _leader: asyncio.Lock = field(default_factory=asyncio.Lock)
    _incarnation: UUID | None = None

    @asynccontextmanager
    async def lead(self) -> AsyncGenerator["MemoryOutbox"]:
        async with self._leader:
            yield self

    async def due(self, limit: int = BATCH) -> Sequence[Outgoing]:
        now = self.store.world.clock.now()
        # Cleared before the look: what is written after it will be heard.
        self.store._news.clear()
        async with self.store.transaction():
            waiting = [
                each
                for each in self.store._outbox.values()
                if each.published_at is None and (each.not_before is None or each.not_before <= now)
            ]
        waiting.sort(key=lambda each: (each.outgoing.lane != "saga", each.written_at))
        return [each.outgoing for each in waiting[:limit]]

    async def settle(self, *, confirmed: Collection[UUID], refused: Collection[UUID]) -> None:
        now = self.store.world.clock.now()
        async with self.store.transaction():
            for id_ in (*confirmed, *refused):
                each = self.store._outbox.get(id_)
                if each is not None:
                    self.store._outbox.put(id_, _settled(each, now, confirmed=id_ in confirmed))

    async def wait(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self.store._news.wait()
        except TimeoutError:
            return

    async def incarnation(self) -> UUID | None:
        return self._incarnation

    async def remember(self, incarnation: UUID) -> None:
        self._incarnation = incarnation

    async def replay(self) -> int:
        since = self.store.world.clock.now() - REPLAY
        async with self.store.transaction():
            again = [
                each
                for each in self.store._outbox.values()
                if each.published_at is not None and each.published_at >= since
            ]
            for each in again:
                self.store._outbox.put(each.outgoing.id, replace(each, published_at=None, attempts=0, not_before=None))
        return len(again)

    async def backlog(self) -> Backlog:
        now = self.store.world.clock.now()
        async with self.store.transaction():
            waiting = [each.written_at for each in self.store._outbox.values() if each.published_at is None]
        oldest = (now - min(waiting)).total_seconds() if waiting else 0.0
        return Backlog(len(waiting), oldest)

    async def trim(self) -> int:
        before = self.store.world.clock.now() - REPLAY
        async with self.store.transaction():
            old = [
                each.outgoing.id
                for each in self.store._outbox.values()
                if each.published_at is not None and each.published_at < before
            ][:TRIM]
            for id_ in old:
                self.store._outbox.delete(id_)
        return len(old)


def _settled(each: _Waiting, now: datetime, *, confirmed: bool) -> _Waiting:
    if confirmed:
        return replace(each, published_at=now, first_sent_at=each.first_sent_at or now)
    pause = timedelta(seconds=min(300.0, 0.1 * 2.0 ** min(each.attempts, 16)))
    return replace(each, attempts=each.attempts + 1, not_before=now + pause)
