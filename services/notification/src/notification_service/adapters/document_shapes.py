"""What contacts and deliveries look like in MongoDB. The server refuses to write anything else."""

from datetime import timedelta
from typing import Any

from chassis.documents import Document, Documents, translated
from chassis.revocation_documents import make_revocations
from pymongo import ASCENDING
from pymongo.errors import OperationFailure

from notification_service.domain.feed import LENGTH
from notification_service.domain.preferences import CHANNELS
from notification_service.ports import DeliveryState

UUID_TYPE = {"bsonType": "binData"}
TEXT = {"bsonType": "string", "minLength": 1}
COUNT = {"bsonType": ["int", "long"], "minimum": 0}

CONTACT = {
    "_id": UUID_TYPE,
    "email": TEXT,
    "name": TEXT,
    "locale": TEXT,
    "verified": {"bsonType": "bool"},
    "seq": COUNT,
    "phone": {"bsonType": ["string", "null"]},
}
DELIVERY = {
    "_id": TEXT,
    "channel": {"enum": list(CHANNELS)},
    "event_id": UUID_TYPE,
    "kind": TEXT,
    "user_id": UUID_TYPE,
    "order_id": {"bsonType": ["binData", "null"]},
    "facts": {"bsonType": "object"},
    "state": {"enum": [each.value for each in DeliveryState]},
    "attempts": COUNT,
    "due_at": {"bsonType": "date"},
    "lease": {"bsonType": ["binData", "null"]},
    "message_id": {"bsonType": ["string", "null"]},
    "tried_at": {"bsonType": ["date", "null"]},
    "trace": {"bsonType": ["string", "null"]},
}
ITEM = {
    "seq": COUNT,
    "event_id": UUID_TYPE,
    "kind": TEXT,
    "at": {"bsonType": "date"},
    "order_id": {"bsonType": ["binData", "null"]},
    "facts": {"bsonType": "object"},
}
FEED = {
    "_id": UUID_TYPE,
    "seq": COUNT,
    "read": COUNT,
    "items": {
        "bsonType": "array",
        "maxItems": LENGTH,
        "items": {"bsonType": "object", "required": sorted(ITEM), "properties": ITEM},
    },
}
PREFERENCES = {"_id": UUID_TYPE, "wanted": {"bsonType": "object"}}
SMS_DAY = {"_id": TEXT, "used": COUNT, "at": {"bsonType": "date"}}
SHAPES = {
    "contacts": CONTACT,
    "deliveries": DELIVERY,
    "feeds": FEED,
    "preferences": PREFERENCES,
    "sms_days": SMS_DAY,
}
OPTIONAL = {"trace", "tried_at"}
"""What was written by the version before has none."""
SMS_DAYS_KEPT = timedelta(days=7)
NAMESPACE_EXISTS = 48


async def make_collections(documents: Documents) -> None:
    """Create collections, shapes and indexes as they are needed today; safe to repeat."""
    with translated():
        for name, properties in SHAPES.items():
            required = sorted(properties.keys() - OPTIONAL)
            await _shape(documents, name, {"$jsonSchema": {"required": required, "properties": properties}})
        deliveries = documents.database.deliveries
        await deliveries.create_index(
            [("channel", ASCENDING), ("due_at", ASCENDING)],
            name="due_on_channel",
            partialFilterExpression={"state": DeliveryState.QUEUED.value},
        )
        await deliveries.create_index(
            [("user_id", ASCENDING)],
            name="waiting",
            partialFilterExpression={"state": DeliveryState.WAITING_FOR_CONTACT.value},
        )
        await deliveries.create_index([("order_id", ASCENDING)], name="of_order")
        await documents.database.sms_days.create_index(
            [("at", ASCENDING)], name="over", expireAfterSeconds=round(SMS_DAYS_KEPT.total_seconds())
        )
        await make_revocations(documents)


async def _shape(documents: Documents, name: str, validator: dict[str, Any]) -> None:
    known = await _options(documents, name)
    if known is None:
        try:
            await documents.database.command({"create": name, "validator": validator, "validationAction": "error"})
        except OperationFailure as refused:
            if refused.code != NAMESPACE_EXISTS:  # another process was first
                raise
            known = await _options(documents, name)
    # Only when it differs: changing a collection is more than a service's own login may do.
    if known is not None and known.get("validator") != validator:
        await documents.database.command("collMod", name, validator=validator, validationAction="error")


async def _options(documents: Documents, name: str) -> Document | None:
    """How a collection was made; None when there is none."""
    found = await (await documents.database.list_collections(filter={"name": name})).to_list()
    return found[0]["options"] if found else None
