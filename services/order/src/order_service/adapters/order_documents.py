"""Orders as MongoDB documents: one atomic write a step, history and outbox inside.

The outbox array and the history only ever grow by `$push`: the relay marks entries at the same time, without
touching `version`, and never collides with the saga.
"""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from chassis.documents import Document, Documents, translated
from chassis.messages import seal
from chassis.outbox import Kept
from chassis.world import World
from pymongo import ASCENDING, DESCENDING, ReturnDocument
from pymongo.errors import DuplicateKeyError

from order_service.adapters.document_outbox import to_entry, to_kept
from order_service.adapters.facts import order_fact
from order_service.adapters.figure_queries import to_figures, to_pipeline
from order_service.adapters.messages import to_message
from order_service.adapters.order_codec import from_order, to_history, to_order
from order_service.adapters.order_queries import WAITING, beyond, to_query
from order_service.domain.figures import Figures, Period
from order_service.domain.order import Order, message_id, name_of
from order_service.domain.states import Command, Said
from order_service.ports import CartTaken, Due, KeyTaken, NumberTaken, OrderFilter, Place, Waiting

NO_OUTBOX = {"outbox": 0}


class OrderDocuments:
    def __init__(self, documents: Documents, world: World) -> None:
        self._orders = documents.database.orders
        self._world = world

    async def add(self, order: Order, says: Sequence[Said]) -> None:
        document = {
            "_id": order.id,
            **{key: value for key, value in from_order(order).items() if value is not None},
            "history": [to_history(each) for each in order.history],
            "outbox": self._entries(order, says),
            "unpublished_since": self._world.clock.now(),
        }
        with translated():
            try:
                await self._orders.insert_one(document)
            except DuplicateKeyError as taken:
                raise _taken(taken) from taken

    async def save(self, order: Order, says: Sequence[Said]) -> bool:
        everything = from_order(order)
        fields: Document = {key: value for key, value in everything.items() if value is not None}
        gone = {key: "" for key, value in everything.items() if value is None}
        push: Document = {"history": to_history(order.history[-1])}
        if says:
            push["outbox"] = {"$each": self._entries(order, says)}
        change: Document = {"$set": fields, "$push": push, "$unset": {**gone, "lease": ""}}
        if says:
            change["$min"] = {"unpublished_since": self._world.clock.now()}
        with translated():
            written = await self._orders.update_one({"_id": order.id, "version": order.version - 1}, change)
        return written.modified_count == 1

    async def get(self, order_id: UUID, *, owner: UUID) -> Order | None:
        return await self._one({"_id": order_id, "user_id": owner})

    async def any(self, order_id: UUID) -> Order | None:
        return await self._one({"_id": order_id})

    async def by_key(self, key: str, *, owner: UUID) -> Order | None:
        return await self._one({"user_id": owner, "idempotency_key": key})

    async def open_orders(self, cart_ids: Sequence[UUID], *, owner: UUID | None) -> Mapping[UUID, UUID]:
        if not cart_ids or owner is None:
            return {}
        wanted: Document = {"cart_id": {"$in": list(cart_ids)}, "open": True, "user_id": owner}
        with translated():
            found = self._orders.find(wanted, {"cart_id": 1})
            return {each["cart_id"]: each["_id"] async for each in found}

    async def list_of(self, owner: UUID, *, before: UUID | None, limit: int) -> Sequence[Order]:
        wanted: Document = {"user_id": owner, **({"_id": {"$lt": before}} if before is not None else {})}
        with translated():
            found = self._orders.find(wanted, NO_OUTBOX).sort("_id", DESCENDING).limit(limit)
            return [to_order(each) async for each in found]

    async def found(
        self, wanted: OrderFilter, *, after: Place | None, oldest_first: bool, limit: int
    ) -> Sequence[Order]:
        direction = ASCENDING if oldest_first else DESCENDING
        matching = {**to_query(wanted), **({"$or": beyond(after, oldest_first=oldest_first)} if after else {})}
        with translated():
            cursor = self._orders.find(matching, NO_OUTBOX)
            found = cursor.sort([("placed_at", direction), ("_id", direction)]).limit(limit)
            return [to_order(each) async for each in found]

    async def count_unsent(self, *, limit: int) -> int:
        with translated():
            return await self._orders.count_documents({"unpublished_since": {"$exists": True}}, limit=limit)

    async def claim_due(self, *, lease: UUID, until: datetime, now: datetime) -> Due | None:
        with translated():
            found = await self._orders.find_one_and_update(
                {"next_action_at": {"$lte": now}},
                {"$set": {"lease": lease, "next_action_at": until}},
                sort=[("next_action_at", ASCENDING)],
                return_document=ReturnDocument.AFTER,
            )
        if found is None:
            return None
        order = to_order(found)
        sent = {each["said"]: each.get("first_sent_at") for each in found["outbox"]}
        waits = {command: sent.get(name_of(order, command)) for command in order.awaits}
        return Due(order, {command: at for command, at in waits.items() if at is not None})

    async def repeat(self, order: Order, *, lease: UUID, commands: Sequence[Command]) -> bool:
        fields: Document = {
            "tries": order.tries,
            "next_action_at": order.next_action_at,
            "needs_review": order.needs_review,
        }
        change: Document = {"$set": fields, "$unset": {"lease": ""}}
        more: dict[str, Any] = {}
        if commands:
            fields["outbox.$[again].published_at"] = None
            change["$min"] = {"unpublished_since": self._world.clock.now()}
            more["array_filters"] = [{"again.said": {"$in": [name_of(order, each) for each in commands]}}]
        mine = {"_id": order.id, "version": order.version, "lease": lease}
        with translated():
            written = await self._orders.update_one(mine, change, **more)
        return written.modified_count == 1

    async def waiting(self) -> Mapping[str, Waiting]:
        with translated():
            found = [each async for each in await self._orders.aggregate(WAITING)]
        return {each["_id"]: Waiting(count=each["count"], since=each["since"]) for each in found}

    async def count_overdue(self, now: datetime) -> int:
        with translated():
            return await self._orders.count_documents({"next_action_at": {"$lte": now}})

    async def said(self, order_id: UUID) -> Sequence[Kept] | None:
        with translated():
            found = await self._orders.find_one({"_id": order_id}, {"outbox": 1})
        return [to_kept(entry) for entry in found["outbox"]] if found is not None else None

    async def figures(self, period: Period, *, currency: str) -> Figures:
        with translated():
            [found] = await (await self._orders.aggregate(to_pipeline(period, currency=currency))).to_list()
        return to_figures(found)

    async def count_to_review(self) -> int:
        with translated():
            return await self._orders.count_documents({"needs_review": True})

    async def facts(self) -> AsyncIterator[dict[str, Any]]:
        now = self._world.clock.now()
        with translated():
            async for found in self._orders.find({}):
                yield order_fact(to_order(found), now=now)
                for entry in found["outbox"]:
                    yield {
                        "kind": "outbox",
                        "id": str(entry["_id"]),
                        "type": entry["routing_key"],
                        "aggregate_id": str(found["_id"]),
                        "trace": json.loads(entry["envelope"])["trace"],
                        "published": entry.get("published_at") is not None,
                        "at": entry["written_at"],
                        "sent_at": entry.get("first_sent_at"),
                    }

    async def _one(self, wanted: Document) -> Order | None:
        with translated():
            found = await self._orders.find_one(wanted, NO_OUTBOX)
        return to_order(found) if found is not None else None

    def _entries(self, order: Order, says: Sequence[Said]) -> list[Document]:
        return [
            to_entry(
                seal(
                    to_message(said, order),
                    world=self._world,
                    message_id=message_id(order, said),
                    seq=order.version,
                ),
                said=name_of(order, said),
                now=self._world.clock.now(),
            )
            for said in says
        ]


def _taken(error: DuplicateKeyError) -> Exception:
    """Which of the unique indexes said no."""
    index = str(error.details.get("errmsg", "")) if error.details else ""
    if "one_per_key" in index:
        return KeyTaken()
    if "one_open_per_cart" in index:
        return CartTaken()
    return NumberTaken()
