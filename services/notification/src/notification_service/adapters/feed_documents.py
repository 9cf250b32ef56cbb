"""Feeds as MongoDB documents, one a person. Every change is one atomic write."""

from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any
from uuid import UUID

from chassis.documents import Document, Documents, translated
from pymongo.errors import DuplicateKeyError

from notification_service.adapters.memory_feeds import feed_facts
from notification_service.domain.feed import LENGTH, Feed, Item, News

AWAIT_MS = 1000
"""How long the server lets a quiet change stream wait: well within the deadline of an operation."""
WRITTEN: list[Document] = [
    {"$match": {"operationType": {"$in": ["insert", "update", "replace"]}}},
    {"$project": {"documentKey": 1}},
]


class FeedDocuments:
    def __init__(self, documents: Documents) -> None:
        self._feeds = documents.database.feeds

    async def add(self, user_id: UUID, news: News) -> bool:
        unheard: Document = {"_id": user_id, "items.event_id": {"$ne": news.event_id}}
        change = _numbered(news)
        with translated():
            try:
                written = await self._feeds.update_one(unheard, change, upsert=True)
            except DuplicateKeyError:
                # There is a feed: it has this news, or somebody made it at this very moment, for other news.
                written = await self._feeds.update_one(unheard, change)
        return bool(written.modified_count or written.upserted_id)

    async def look(self, owner: UUID, *, after: int = 0) -> Feed:
        later = {"$filter": {"input": "$items", "cond": {"$gt": ["$$this.seq", after]}}}
        with translated():
            found = await self._feeds.find_one({"_id": owner}, {"seq": 1, "read": 1, "items": later})
        return _from_document(found) if found is not None else Feed()

    async def read(self, owner: UUID, *, up_to: int) -> None:
        forward = {"$max": ["$read", {"$min": ["$seq", up_to]}]}
        with translated():
            await self._feeds.update_one({"_id": owner}, [{"$set": {"read": forward}}])

    async def changes(self) -> AsyncGenerator[UUID | None]:
        with translated():
            async with await self._feeds.watch(WRITTEN, max_await_time_ms=AWAIT_MS) as stream:
                yield None
                async for change in stream:
                    yield change["documentKey"]["_id"]

    async def facts(self) -> AsyncIterator[dict[str, Any]]:
        with translated():
            async for found in self._feeds.find({}):
                yield feed_facts(found["_id"], _from_document(found))


def _numbered(news: News) -> list[Document]:
    """Give the news the next number and let the oldest go, in the one write that also looks at what is there."""
    item = {
        "seq": "$seq",
        "event_id": news.event_id,
        "kind": {"$literal": news.kind},
        "at": news.at,
        "order_id": news.order_id,
        "facts": {"$literal": dict(news.facts)},
    }
    nothing: list[Document] = []
    longer = {"$concatArrays": [{"$ifNull": ["$items", nothing]}, [item]]}
    return [
        {"$set": {"seq": {"$add": [{"$ifNull": ["$seq", 0]}, 1]}, "read": {"$ifNull": ["$read", 0]}}},
        {"$set": {"items": {"$slice": [longer, -LENGTH]}}},
    ]


def _from_document(found: Document) -> Feed:
    items = tuple(
        Item(each["seq"], News(each["event_id"], each["kind"], each["at"], each["order_id"], each["facts"]))
        for each in found["items"]
    )
    return Feed(items, found["seq"], found["read"])
