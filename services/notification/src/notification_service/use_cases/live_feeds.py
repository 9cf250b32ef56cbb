"""Streams: whoever watches a feed is told at once, wherever in the shop the news was written down.

One change stream a process wakes the streams of this process; each then reads from its own last number on. What woke
it is therefore never what it tells, and a wake too many or too few does no harm.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Container, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from chassis.faults import StoreUnavailable
from chassis.logging import get_logger
from chassis.world import World

from notification_service.domain.feed import Feed, Item
from notification_service.log_events import EVENTS
from notification_service.ports import Feeds

PER_USER = 3
BEHIND = 256
"""News that came while somebody did not take what was sent; then the stream is cut."""
PING_SECONDS = 15.0
ROUND_SECONDS = 1.0

log = get_logger("notification.live_feeds", EVENTS)


class TooManyStreams(Exception):
    """This person watches already, here, as often as anybody may."""

    def __init__(self) -> None:
        super().__init__(f"You have {PER_USER} open streams already.")
        self.retry_after = 5


class Leaving(Exception):
    """This process is about to end; another one will serve."""

    def __init__(self) -> None:
        super().__init__("This replica is leaving. Please connect again.")
        self.retry_after = 1


@dataclass(frozen=True, slots=True)
class Opened:
    """The stream begins after this number."""

    seq: int


@dataclass(frozen=True, slots=True)
class Reset:
    """What came between is not kept any more: look at the whole feed, then go on from this number."""

    seq: int


@dataclass(frozen=True, slots=True)
class Ping:
    """Nothing new, and still there."""


Told = Item | Opened | Reset | Ping


@dataclass(slots=True, eq=False)
class Seat:
    """One open stream: whose, for how long, and what it waits for."""

    user_id: UUID
    session_id: UUID
    ends_at: datetime
    cut: Callable[[], None] | None = None
    """Ends it from outside, when it does not come to its own end."""
    over: bool = False
    behind: int = 0
    stir: asyncio.Event = field(default_factory=asyncio.Event)

    def wake(self) -> None:
        self.behind += 1
        if self.behind > BEHIND:
            log.warning("stream.too_slow")
            self.over = True
        self.stir.set()

    def close(self) -> None:
        self.over = True
        self.stir.set()


class LiveFeeds:
    """The open streams of this process."""

    def __init__(
        self,
        feeds: Feeds,
        revoked: Container[UUID],
        world: World,
        *,
        ping: float = PING_SECONDS,
        every: float = ROUND_SECONDS,
    ) -> None:
        self._feeds = feeds
        self._revoked = revoked
        self._world = world
        self._ping = ping
        self._every = every
        self._seats: dict[UUID, list[Seat]] = {}
        self._work: list[asyncio.Task[None]] = []
        self._leaving = False

    @property
    def open(self) -> int:
        return sum(map(len, self._seats.values()))

    def leave(self) -> None:
        """Close all, and take no more: this process ends."""
        self._leaving = True
        for seat in self._all():
            seat.close()

    @contextmanager
    def seat(self, user_id: UUID, session_id: UUID, *, ends_at: datetime) -> Generator[Seat]:
        """A place for one stream. Raises TooManyStreams, Leaving."""
        if self._leaving:
            raise Leaving
        mine = self._seats.setdefault(user_id, [])
        if len(mine) >= PER_USER:
            raise TooManyStreams
        taken = Seat(user_id, session_id, ends_at)
        mine.append(taken)
        self._begin()
        try:
            yield taken
        finally:
            mine.remove(taken)
            if not mine:
                self._seats.pop(user_id, None)
            if not self._seats:
                self._end()

    async def follow(self, seat: Seat, *, after: int | None) -> AsyncGenerator[Told]:
        """Everything after that number, then whatever comes, until the seat is over. Without a number: from now on.

        Raises StoreUnavailable before the first answer; later it waits for the store.
        """
        feed = await self._feeds.look(seat.user_id, after=after or 0)
        known = feed.newest if after is None else after
        yield Opened(known)
        while not seat.over:
            for told in _since(known, feed):
                yield told
            known = feed.newest
            if not await self._stirred(seat):
                yield Ping()
            feed = await self._look(seat, known)

    async def _look(self, seat: Seat, known: int) -> Feed:
        """What came after `known`; while the store is away, nothing."""
        while not seat.over:
            # Forgotten before the look: what is written after it will stir again.
            seat.stir.clear()
            seat.behind = 0
            try:
                return await self._feeds.look(seat.user_id, after=known)
            except StoreUnavailable:
                await self._world.clock.sleep(self._every)
        return Feed(newest=known)

    async def _stirred(self, seat: Seat) -> bool:
        try:
            async with asyncio.timeout(self._ping):
                await seat.stir.wait()
        except TimeoutError:
            return False
        return True

    def _begin(self) -> None:
        if not self._work:
            self._work = [
                self._world.spawn(self._listen(), name="feed-changes"),
                self._world.spawn(self._rounds(), name="stream-rounds"),
            ]

    def _end(self) -> None:
        for task in self._work:
            task.cancel()
        self._work = []

    async def _listen(self) -> None:
        """Wake whoever watches a feed that has changed. While the changes cannot be heard, all look every second."""
        while True:
            try:
                async for user_id in self._feeds.changes():
                    for seat in self._all() if user_id is None else self._seats.get(user_id, ()):
                        seat.wake()
                log.warning("feed_changes.ended")
            except StoreUnavailable as fault:
                log.warning("feed_changes.lost", fault=str(fault))
            except Exception as fault:
                log.error("feed_changes.failed", exc_info=fault)
            await self._world.clock.sleep(self._every)
            for seat in self._all():
                seat.wake()

    async def _rounds(self) -> None:
        """Close what has outlived its token or its session; cut what was closed and has not ended."""
        while True:
            await self._world.clock.sleep(self._every)
            now = self._world.clock.now()
            for seat in self._all():
                if seat.over and seat.cut is not None:
                    seat.cut()
                elif seat.ends_at <= now or seat.session_id in self._revoked:
                    seat.close()

    def _all(self) -> list[Seat]:
        return [seat for seats in self._seats.values() for seat in seats]


def _since(known: int, feed: Feed) -> Iterator[Told]:
    """What to tell somebody who knows everything up to `known`."""
    if feed.continues(known):
        yield from (each for each in feed.items if each.seq > known)
    else:
        yield Reset(feed.newest)
