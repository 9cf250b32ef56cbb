"""The outbox inside of the order documents, as the relay sees it.

An entry is pushed by the write that makes the step. `unpublished_since` at the top of the document is the relay's
index: whoever pushes or resets an entry sets it in that same write, and the relay takes it away only by a filter
that still finds nothing unpublished. Times are the worker's clock; a lease that is judged wrongly costs a repeat.
"""

import asyncio
from collections.abc import AsyncGenerator, Collection, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from chassis.documents import Document, Documents, translated
from chassis.faults import StoreUnavailable
from chassis.messages import Envelope, Outgoing
from chassis.outbox import BATCH, REPLAY, Backlog, Kept
from chassis.world import World
from pymongo import ASCENDING, ReturnDocument, UpdateOne
from pymongo.asynchronous.change_stream import AsyncChangeStream
from pymongo.errors import DuplicateKeyError, PyMongoError

from order_service.domain.states import Command

LEASE = timedelta(seconds=15)
RENEWALS = 3
"""How often a lease is renewed before it would end."""
ASK_AGAIN_SECONDS = 2.0
LOOK_MS = 1000
CLOSE_SECONDS = 2.0
TRIM = 1000
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 300.0
UNPUBLISHED: Document = {"unpublished_since": {"$exists": True}}
NOTHING_LEFT: Document = {"outbox": {"$not": {"$elemMatch": {"published_at": None}}}}
WRITTEN = [
    {
        "$match": {
            "$or": [
                {"operationType": "insert"},
                {"updateDescription.updatedFields.version": {"$exists": True}},
                {"updateDescription.updatedFields.unpublished_since": {"$exists": True}},
            ]
        }
    }
]


def to_entry(outgoing: Outgoing, *, said: str, now: datetime) -> Document:
    return {
        "_id": outgoing.id,
        "said": said,
        "lane": outgoing.lane,
        "exchange": outgoing.exchange,
        "routing_key": outgoing.routing_key,
        "envelope": outgoing.envelope.model_dump_json(),
        "written_at": now,
        "next_attempt_at": now,
        "attempts": 0,
        "published_at": None,
        "first_sent_at": None,
    }


def to_kept(entry: Document) -> Kept:
    return Kept(
        _to_outgoing(entry),
        written_at=entry["written_at"],
        first_sent_at=entry["first_sent_at"],
        published_at=entry["published_at"],
        attempts=entry["attempts"],
    )


@dataclass(frozen=True, slots=True)
class DocumentOutbox:
    """`lease`: how long a leader that died without a word keeps others waiting."""

    documents: Documents
    world: World
    lease: timedelta = LEASE

    @asynccontextmanager
    async def lead(self) -> AsyncGenerator["DocumentQueue"]:
        token = self.world.ids.uuid7()
        while not await self._take(token):
            pause = min(ASK_AGAIN_SECONDS, self.lease.total_seconds() / RENEWALS)
            await self.world.clock.sleep(pause * (0.5 + self.world.dice.fraction()))
        try:
            with translated():
                await self._tidy()
                # Opened before anything is read: what is written from now on ends the wait.
                stream = await self.documents.database.orders.watch(WRITTEN, max_await_time_ms=LOOK_MS)
                try:
                    yield DocumentQueue(self.documents, self.world, token, stream, self.lease, self.world.clock.now())
                finally:
                    await _close(stream)
        finally:
            with translated():
                await self.documents.database.relay.delete_one({"_id": "lease", "token": token})

    async def _take(self, token: UUID) -> bool:
        now = self.world.clock.now()
        with translated():
            try:
                await self.documents.database.relay.find_one_and_update(
                    {"_id": "lease", "until": {"$lt": now}},
                    {"$set": {"token": token, "until": now + self.lease}},
                    upsert=True,
                )
            except DuplicateKeyError:  # somebody else has it
                return False
        return True

    async def _tidy(self) -> None:
        """A relay that died between marking and tidying leaves orders that look unpublished, and would for ever."""
        await self.documents.database.orders.update_many(
            {**UNPUBLISHED, **NOTHING_LEFT}, {"$unset": {"unpublished_since": ""}}
        )

    async def backlog(self) -> Backlog:
        unpublished = {"$filter": {"input": "$outbox", "cond": {"$eq": ["$$this.published_at", None]}}}
        counted: list[Document] = [
            {"$match": UNPUBLISHED},
            {"$project": {"since": "$unpublished_since", "pending": {"$size": unpublished}}},
            {"$match": {"pending": {"$gt": 0}}},
            {"$group": {"_id": None, "pending": {"$sum": "$pending"}, "since": {"$min": "$since"}}},
        ]
        with translated():
            found = await (await self.documents.database.orders.aggregate(counted)).to_list()
        if not found:
            return Backlog(0, 0.0)
        age = (self.world.clock.now() - found[0]["since"]).total_seconds()
        return Backlog(found[0]["pending"], max(0.0, age))

    async def trim(self) -> int:
        """Entries that left more than a day ago, of orders that wait for nobody; how many orders had some."""
        before = self.world.clock.now() - REPLAY
        orders = self.documents.database.orders
        idle = {
            "outbox.published_at": {"$lt": before},
            "next_action_at": {"$exists": False},
            "unpublished_since": {"$exists": False},
        }
        with translated():
            ids = [each["_id"] async for each in orders.find(idle, {"_id": 1}).limit(TRIM)]
            if not ids:
                return 0
            trimmed = await orders.update_many(
                {**idle, "_id": {"$in": ids}}, {"$pull": {"outbox": {"published_at": {"$lt": before}}}}
            )
        return trimmed.modified_count


@dataclass(slots=True)
class DocumentQueue:
    """The leading relay's view. Every look renews the lease; a lost one ends the lead."""

    documents: Documents
    world: World
    token: UUID
    stream: AsyncChangeStream[Document]
    lease: timedelta
    renewed_at: datetime
    orders: dict[UUID, UUID] = field(default_factory=dict)
    """Message -> order, of those that were due when we last looked."""

    async def due(self, limit: int = BATCH) -> Sequence[Outgoing]:
        await self._renew()
        found = await self._due({}, limit)
        if len(found) >= limit:
            # There is more than one look can take: what moves orders on may be behind what is only told of them.
            found = await self._due({"lane": "saga"}, limit) or found
        found.sort(key=lambda each: each[1].lane != "saga")
        self.orders = {outgoing.id: order_id for order_id, outgoing in found[:limit]}
        return [outgoing for _, outgoing in found[:limit]]

    async def settle(self, *, confirmed: Collection[UUID], refused: Collection[UUID]) -> None:
        now = self.world.clock.now()
        orders = self.documents.database.orders
        with translated():
            if confirmed:
                changes = [_published(each, list(confirmed), now) for each in await self._orders_of(confirmed)]
                if changes:
                    await orders.bulk_write(changes)
            for id_ in refused:
                await self._put_off(id_, now)

    async def wait(self, seconds: float) -> None:
        until = self.world.clock.monotonic() + seconds
        with translated():
            while self.world.clock.monotonic() < until and await self.stream.try_next() is None:
                pass

    async def incarnation(self) -> UUID | None:
        with translated():
            found = await self.documents.database.relay.find_one({"_id": "broker"})
        return found["incarnation"] if found else None

    async def remember(self, incarnation: UUID) -> None:
        with translated():
            await self.documents.database.relay.update_one(
                {"_id": "broker"}, {"$set": {"incarnation": incarnation}}, upsert=True
            )

    async def replay(self) -> int:
        """Events of the last day, and what open orders wait for. Finished commands are over."""
        lately = {"$gte": self.world.clock.now() - REPLAY}
        replayed = await self._again({}, {"lane": "news", "published_at": lately})
        for command in Command:
            # A refund that staff asked for has a name of its own: the sweeper repeats the one under way, and no other.
            # One write for each: an order that moves on meanwhile is not asked what it no longer waits for.
            waiting = {"awaits": command.value, "next_action_at": {"$exists": True}}
            replayed += await self._again(waiting, {"said": command.value, "published_at": {"$ne": None}})
        return replayed

    async def _again(self, orders: Document, entry: Document) -> int:
        with translated():
            done = await self.documents.database.orders.update_many(
                {**orders, "outbox": {"$elemMatch": entry}},
                {
                    "$set": {"outbox.$[again].published_at": None},
                    "$min": {"unpublished_since": self.world.clock.now()},
                },
                array_filters=[{f"again.{field}": value for field, value in entry.items()}],
            )
        return done.modified_count

    async def _due(self, which: Document, limit: int) -> list[tuple[UUID, Outgoing]]:
        """Of so many orders, those that have waited longest first; each message with its order."""
        now = self.world.clock.now()
        fits = {**which, "published_at": None, "next_attempt_at": {"$lte": now}}
        with translated():
            found = (
                self.documents.database.orders.find({**UNPUBLISHED, "outbox": {"$elemMatch": fits}}, {"outbox": 1})
                .sort("unpublished_since", ASCENDING)
                .limit(limit)
            )
            return [
                (order["_id"], _to_outgoing(entry))
                async for order in found
                for entry in order["outbox"]
                if entry["published_at"] is None and entry["next_attempt_at"] <= now
            ]

    async def _orders_of(self, messages: Collection[UUID]) -> set[UUID]:
        """Only what was not due when we last looked has to be looked up."""
        unknown = [each for each in messages if each not in self.orders]
        known = {self.orders[each] for each in messages if each in self.orders}
        if not unknown:
            return known
        found = self.documents.database.orders.find({"outbox._id": {"$in": unknown}}, {"_id": 1})
        return known | {each["_id"] async for each in found}

    async def _put_off(self, id_: UUID, now: datetime) -> None:
        orders = self.documents.database.orders
        found = await orders.find_one({"outbox._id": id_}, {"outbox.$": 1})
        if found is None:
            return
        attempts = found["outbox"][0]["attempts"]
        pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(attempts, 16))
        await orders.update_one(
            {"outbox._id": id_},
            {"$set": {"outbox.$.next_attempt_at": now + timedelta(seconds=pause)}, "$inc": {"outbox.$.attempts": 1}},
        )

    async def _renew(self) -> None:
        now = self.world.clock.now()
        if now - self.renewed_at < self.lease / RENEWALS:
            return
        with translated():
            kept = await self.documents.database.relay.find_one_and_update(
                {"_id": "lease", "token": self.token},
                {"$set": {"until": now + self.lease}},
                return_document=ReturnDocument.AFTER,
            )
        if kept is None:
            raise StoreUnavailable("MongoDB", "another relay leads")
        self.renewed_at = now


async def _close(stream: AsyncChangeStream[Document]) -> None:
    """The driver's farewell has no deadline: to a store that is gone without a word it would be said for ever."""
    with suppress(TimeoutError, PyMongoError):
        async with asyncio.timeout(CLOSE_SECONDS):
            await stream.close()


def _published(order_id: UUID, confirmed: list[UUID], now: datetime) -> UpdateOne:
    """Mark entries, in one write with the first time that each left: without it, a command is never repeated. With the
    last one, the order leaves the relay's index."""
    left = {"published_at": now, "first_sent_at": {"$ifNull": ["$$entry.first_sent_at", now]}}
    marked = {"$cond": [{"$in": ["$$entry._id", confirmed]}, {"$mergeObjects": ["$$entry", left]}, "$$entry"]}
    still = {"$cond": [{"$in": [None, "$outbox.published_at"]}, "$unpublished_since", "$$REMOVE"]}
    return UpdateOne(
        {"_id": order_id},
        [
            {"$set": {"outbox": {"$map": {"input": "$outbox", "as": "entry", "in": marked}}}},
            {"$set": {"unpublished_since": still}},
        ],
    )


def _to_outgoing(entry: dict[str, Any]) -> Outgoing:
    return Outgoing(
        exchange=entry["exchange"],
        routing_key=entry["routing_key"],
        lane=entry["lane"],
        envelope=Envelope.model_validate_json(entry["envelope"]),
    )
