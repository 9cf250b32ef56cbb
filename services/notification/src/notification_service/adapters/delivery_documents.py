"""Contacts and deliveries as MongoDB documents. Every change is one atomic write on one document."""

from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from chassis.documents import Document, Documents, translated
from pymongo import ASCENDING, ReturnDocument
from pymongo.errors import DuplicateKeyError

from notification_service.adapters.in_memory import delivery_facts
from notification_service.domain.preferences import EMAIL
from notification_service.ports import SETTLED, Contact, Delivery, DeliveryState


class ContactDocuments:
    def __init__(self, documents: Documents) -> None:
        self._contacts = documents.database.contacts

    async def put(self, contact: Contact) -> bool:
        state = {
            "email": contact.email,
            "name": contact.name,
            "locale": contact.locale,
            "verified": contact.verified,
            "seq": contact.seq,
            "phone": contact.phone,
        }
        older = {"_id": contact.user_id, "seq": {"$lt": contact.seq}}
        with translated():
            try:
                written = await self._contacts.update_one(older, {"$set": state}, upsert=True)
            except DuplicateKeyError:
                # It is there with this state or a later one, or was written this moment with an earlier one.
                written = await self._contacts.update_one(older, {"$set": state})
        return bool(written.modified_count or written.upserted_id)

    async def get(self, user_id: UUID) -> Contact | None:
        with translated():
            found = await self._contacts.find_one({"_id": user_id})
        if found is None:
            return None
        return Contact(
            user_id,
            found["email"],
            found["name"],
            found["locale"],
            found["verified"],
            found["seq"],
            # Contacts that were kept before people had telephones have none.
            found.get("phone"),
        )


class DeliveryDocuments:
    def __init__(self, documents: Documents) -> None:
        self._deliveries = documents.database.deliveries

    async def add(self, delivery: Delivery) -> bool:
        with translated():
            try:
                await self._deliveries.insert_one(_to_document(delivery))
            except DuplicateKeyError:
                return False
        return True

    async def claim(self, *, lease: UUID, lasting: timedelta, channel: str = EMAIL) -> Delivery | None:
        with translated():
            found = await self._deliveries.find_one_and_update(
                {"channel": channel, "state": DeliveryState.QUEUED.value, "$expr": {"$lte": ["$due_at", "$$NOW"]}},
                # While it is claimed it is due only when the lease has ended.
                [{"$set": {"lease": lease, "due_at": _after(lasting)}}],
                sort=[("due_at", ASCENDING)],
                return_document=ReturnDocument.AFTER,
            )
        return None if found is None else _from_document(found)

    async def settle(
        self, delivery_id: str, *, lease: UUID, state: DeliveryState, pause: timedelta, message_id: str | None
    ) -> bool:
        change: Document = {
            "state": state.value,
            "due_at": _after(pause),
            "message_id": {"$literal": message_id},
            "lease": None,
            "tried_at": "$$NOW",
            "attempts": {"$add": ["$attempts", 1]},
        }
        if state in SETTLED:
            change |= {"facts": {"$literal": {}}}
        with translated():
            written = await self._deliveries.update_one({"_id": delivery_id, "lease": lease}, [{"$set": change}])
        return written.modified_count == 1

    async def of_order(self, order_id: UUID) -> Sequence[Delivery]:
        with translated():
            found = self._deliveries.find({"order_id": order_id}).sort("_id", ASCENDING)
            return [_from_document(each) async for each in found]

    async def contact_known(self, user_id: UUID) -> None:
        with translated():
            await self._deliveries.update_many(
                {"user_id": user_id, "state": DeliveryState.WAITING_FOR_CONTACT.value},
                [{"$set": {"state": DeliveryState.QUEUED.value, "due_at": "$$NOW"}}],
            )

    async def facts(self) -> AsyncIterator[dict[str, Any]]:
        with translated():
            async for found in self._deliveries.find({}):
                yield delivery_facts(_from_document(found))


def _after(pause: timedelta) -> Document:
    """A time by the server's clock, which all senders share."""
    return {"$add": ["$$NOW", round(pause.total_seconds() * 1000)]}


def _to_document(delivery: Delivery) -> Document:
    return {
        "_id": delivery.id,
        "channel": delivery.channel,
        "event_id": delivery.event_id,
        "kind": delivery.kind,
        "user_id": delivery.user_id,
        "order_id": delivery.order_id,
        "facts": dict(delivery.facts),
        "state": delivery.state.value,
        "attempts": delivery.attempts,
        "due_at": delivery.due_at,
        "lease": delivery.lease,
        "message_id": delivery.message_id,
        "tried_at": delivery.tried_at,
        "trace": delivery.trace,
    }


def _from_document(found: Document) -> Delivery:
    return Delivery(
        id=found["_id"],
        event_id=found["event_id"],
        kind=found["kind"],
        user_id=found["user_id"],
        order_id=found["order_id"],
        facts=found["facts"],
        state=DeliveryState(found["state"]),
        attempts=found["attempts"],
        due_at=found["due_at"],
        lease=found["lease"],
        message_id=found["message_id"],
        # What was owed before deliveries knew these has none.
        tried_at=found.get("tried_at"),
        trace=found.get("trace"),
    )
