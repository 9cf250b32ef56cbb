"""The twin of the feeds in memory. Whoever listens to its changes hears them at once."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import replace
from typing import Any
from uuid import UUID

from chassis.memory import MemoryStore, Table

from notification_service.domain.feed import LENGTH, Feed, Item, News


class InMemoryFeeds:
    def __init__(self, store: MemoryStore) -> None:
        self._store = store
        self._rows: Table[UUID, Feed] = store.table()
        self._listeners: set[asyncio.Queue[UUID | None]] = set()

    async def add(self, user_id: UUID, news: News) -> bool:
        async with self._store.transaction():
            feed = self._rows.get(user_id) or Feed()
            if any(each.news.event_id == news.event_id for each in feed.items):
                return False
            item = Item(feed.newest + 1, news)
            self._rows.put(user_id, replace(feed, items=(*feed.items, item)[-LENGTH:], newest=item.seq))
        self._changed(user_id)
        return True

    async def look(self, owner: UUID, *, after: int = 0) -> Feed:
        async with self._store.transaction():
            feed = self._rows.get(owner) or Feed()
        return replace(feed, items=tuple(each for each in feed.items if each.seq > after))

    async def read(self, owner: UUID, *, up_to: int) -> None:
        async with self._store.transaction():
            feed = self._rows.get(owner)
            if feed is not None:
                self._rows.put(owner, replace(feed, read=max(feed.read, min(feed.newest, up_to))))
        self._changed(owner)

    async def changes(self) -> AsyncGenerator[UUID | None]:
        heard: asyncio.Queue[UUID | None] = asyncio.Queue()
        heard.put_nowait(None)
        self._listeners.add(heard)
        try:
            while True:
                yield await heard.get()
        finally:
            self._listeners.discard(heard)

    async def facts(self) -> AsyncIterator[dict[str, Any]]:
        for user_id, feed in self._rows.items():
            yield feed_facts(user_id, feed)

    def _changed(self, user_id: UUID) -> None:
        for each in self._listeners:
            each.put_nowait(user_id)


def feed_facts(user_id: UUID, feed: Feed) -> dict[str, Any]:
    """One line of the facts door."""
    items = [{"seq": each.seq, "event_id": str(each.news.event_id), "type": each.news.kind} for each in feed.items]
    return {"kind": "feed", "user_id": str(user_id), "newest": feed.newest, "read": feed.read, "items": items}
