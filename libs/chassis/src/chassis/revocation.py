"""Sessions that ended before their access tokens did: every service refuses them, from its own store alone.

A service's worker hears that sessions were revoked and keeps them; its API processes read them before they are ready,
and again each second.
"""

import asyncio
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from chassis.faults import StoreUnavailable
from chassis.jobs import Job
from chassis.memory import MemoryStore, Table
from chassis.world import World

KEPT = timedelta(minutes=6)
"""The life of an access token, the leeway of its verification, and clocks that are not quite the same."""
READ_EVERY = timedelta(seconds=1)
READ_SECONDS = 0.8


class Revocations(Protocol):
    """Which sessions are revoked, and until when anybody has to know."""

    async def add(self, session_ids: Collection[UUID], *, until: datetime) -> None:
        """Adding one again keeps it until the later of both times."""
        ...

    async def all(self, *, now: datetime) -> frozenset[UUID]:
        """Those that have to be known at this time."""
        ...


@dataclass(slots=True)
class RevokedSessions:
    """What one process knows of them: `session_id in revoked` asks no store. Until it is loaded it knows nothing."""

    store: Revocations
    world: World
    _known: frozenset[UUID] = field(default=frozenset())
    _loaded: bool = field(default=False)

    def __contains__(self, session_id: object) -> bool:
        return session_id in self._known

    async def note(self, session_ids: Collection[UUID], *, revoked_at: datetime) -> None:
        """The worker's part: keep these where the API processes look. What no token can be left of is not kept."""
        now = self.world.clock.now()
        if revoked_at + 2 * KEPT > now:
            await self.store.add(session_ids, until=now + KEPT)

    async def read(self) -> int:
        """The API's part: look again. Raises StoreUnavailable; then the last list stays."""
        try:
            async with asyncio.timeout(READ_SECONDS):
                self._known = await self.store.all(now=self.world.clock.now())
        except TimeoutError:
            raise StoreUnavailable("the list of revoked sessions", f"no answer in {READ_SECONDS} s") from None
        self._loaded = True
        return 0

    async def loaded(self) -> list[str]:
        """A check for Health: nobody is served before the list was read once."""
        if not self._loaded:
            try:
                await self.read()
            except StoreUnavailable as fault:
                return [str(fault)]
        return []

    @property
    def job(self) -> Job:
        """Reads each second, in every API process."""
        return Job("revoked-sessions", READ_EVERY, self.read)


class InMemoryRevocations:
    """The twin."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store
        self._rows: Table[UUID, datetime] = store.table()

    async def add(self, session_ids: Collection[UUID], *, until: datetime) -> None:
        async with self._store.transaction():
            for each in session_ids:
                self._rows.put(each, max(until, self._rows.get(each) or until))

    async def all(self, *, now: datetime) -> frozenset[UUID]:
        async with self._store.transaction():
            over = [each for each, until in self._rows.items() if until <= now]
            for each in over:
                self._rows.delete(each)
            return frozenset(each for each, _ in self._rows.items())
