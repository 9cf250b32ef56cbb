"""What MongoDB itself must refuse, and the indexes that the queries need."""

import pymongo
from chassis.documents import Document, Documents, translated
from chassis.faults import StoreUnavailable
from chassis.revocation_documents import make_revocations
from pymongo import ASCENDING, DESCENDING
from pymongo.errors import OperationFailure

from order_service.domain.refund import Outcome
from order_service.domain.states import CancelReason, Command, State

BUILD_SECONDS = 600
NAMESPACE_EXISTS = 48
INDEX_IS_BEING_BUILT = 12587
WHOLE: Document = {"bsonType": ["int", "long"]}
AMOUNT: Document = {**WHOLE, "minimum": 0}
COUNTED: Document = {**WHOLE, "minimum": 1}
TEXT: Document = {"bsonType": "string"}
FLAG: Document = {"bsonType": "bool"}
TIME: Document = {"bsonType": "date"}
ID: Document = {"bsonType": "binData"}
TIME_OR_NULL: Document = {"bsonType": ["date", "null"]}
ID_OR_NULL: Document = {"bsonType": ["binData", "null"]}
CURRENCY: Document = {**TEXT, "pattern": "^[A-Z]{3}$"}
STATES = [state.value for state in State]


def _record(**fields: Document) -> Document:
    """An object that has at least these fields."""
    return {"bsonType": "object", "required": list(fields), "properties": fields}


def _list(of: Document, *, least: int = 0) -> Document:
    return {"bsonType": "array", "items": of, "minItems": least}


def _with_optional(record: Document, **fields: Document) -> Document:
    return {**record, "properties": {**record["properties"], **fields}}


ORDER = _with_optional(
    _record(
        number=TEXT,
        user_id=ID,
        cart_id=ID,
        idempotency_key=TEXT,
        request_hash=TEXT,
        currency=CURRENCY,
        lines=_list(_record(sku=TEXT, name=TEXT, quantity=COUNTED, unit_price=AMOUNT), least=1),
        shipping=AMOUNT,
        tax=AMOUNT,
        discount=AMOUNT,
        refunded=AMOUNT,
        quote_hash=TEXT,
        address=_record(name=TEXT, line1=TEXT, city=TEXT, postal_code=TEXT, country=TEXT),
        shipping_method=TEXT,
        placed_at=TIME,
        state={"enum": STATES},
        open=FLAG,
        version=COUNTED,
        awaits=_list({"enum": [command.value for command in Command]}),
        tries=AMOUNT,
        cancel_requested=FLAG,
        cancel_keys=_list(_record(key=TEXT, request_hash=TEXT, version=COUNTED)),
        needs_review=FLAG,
        history=_list(
            _record(version=COUNTED, before={"enum": [*STATES, None]}, after={"enum": STATES}, trigger=TEXT, at=TIME),
            least=1,
        ),
        outbox=_list(
            _record(
                _id=ID,
                said=TEXT,
                lane={"enum": ["saga", "news"]},
                exchange=TEXT,
                routing_key=TEXT,
                envelope=TEXT,
                written_at=TIME,
                next_attempt_at=TIME,
                attempts=AMOUNT,
                published_at=TIME_OR_NULL,
                first_sent_at=TIME_OR_NULL,
            )
        ),
    ),
    method_id=ID,
    return_url=TEXT,
    payment_page=_record(url=TEXT, expires_at=TIME),
    shipment=_record(carrier=TEXT, tracking=TEXT, at=TIME),
    refunds=_list(
        _record(
            id=ID,
            amount=COUNTED,
            restock=_list(_record(sku=TEXT, quantity=COUNTED)),
            reason=TEXT,
            by=ID,
            at=TIME,
            key=TEXT,
            request_hash=TEXT,
            version=COUNTED,
            outcome={"enum": [outcome.value for outcome in Outcome]},
            settled_in={"bsonType": ["int", "long", "null"]},
        )
    ),
    cancelled_by_staff=FLAG,
    cancel_reason={"enum": [reason.value for reason in CancelReason]},
    next_action_at=TIME,
    unpublished_since=TIME,
    lease=ID,
)

CART = _record(
    user_id=ID_OR_NULL,
    currency=CURRENCY,
    lines=_list(_record(sku=TEXT, name=TEXT, quantity=COUNTED, seen_price=AMOUNT)),
    version=COUNTED,
    created_at=TIME,
    merged=_list(ID),
    merged_into=ID_OR_NULL,
)

INDEXES: dict[str, list[Document]] = {
    "orders": [
        {
            "name": "one_per_key",
            "keys": [("user_id", ASCENDING), ("idempotency_key", ASCENDING)],
            "unique": True,
        },
        {
            "name": "one_open_per_cart",
            "keys": [("cart_id", ASCENDING)],
            "unique": True,
            "partialFilterExpression": {"open": True},
        },
        {"name": "number", "keys": [("number", ASCENDING)], "unique": True},
        {"name": "of_customer", "keys": [("user_id", ASCENDING), ("_id", DESCENDING)]},
        {"name": "staff_newest", "keys": [("placed_at", DESCENDING), ("_id", DESCENDING)]},
        {"name": "staff_state", "keys": [("state", ASCENDING), ("placed_at", DESCENDING), ("_id", DESCENDING)]},
        {
            "name": "staff_review",
            "keys": [("needs_review", ASCENDING), ("placed_at", DESCENDING), ("_id", DESCENDING)],
            "partialFilterExpression": {"needs_review": True},
        },
        {"name": "due", "keys": [("next_action_at", ASCENDING)], "sparse": True},
        {"name": "unpublished", "keys": [("unpublished_since", ASCENDING)], "sparse": True},
        {"name": "entry", "keys": [("outbox._id", ASCENDING)]},
        {"name": "entry_published", "keys": [("outbox.published_at", ASCENDING)]},
    ],
    "carts": [{"name": "of_customer", "keys": [("user_id", ASCENDING), ("created_at", DESCENDING)]}],
}


async def make_schema(documents: Documents) -> None:
    """Validators, and the indexes that find orders and keep them unique; safe to repeat."""
    # The deadline of a query would end the building of an index on a large collection, each time again.
    with translated(), pymongo.timeout(BUILD_SECONDS):
        for collection, record in (("orders", ORDER), ("carts", CART)):
            await _validate(documents, collection, {"$jsonSchema": record})
            for index in INDEXES[collection]:
                await documents.database[collection].create_index(**index)
        await make_revocations(documents)


async def store_faults(documents: Documents) -> list[str]:
    """A check for the start: makes the schema, or says why it can not be made now."""
    try:
        await make_schema(documents)
    except StoreUnavailable as fault:
        return [str(fault)]
    except OperationFailure as refused:
        if refused.code != INDEX_IS_BEING_BUILT:
            raise
        return ["MongoDB is building an index for another process"]
    return []


async def _validate(documents: Documents, collection: str, validator: Document) -> None:
    rule: Document = {"validator": validator, "validationLevel": "strict", "validationAction": "error"}
    found = await (await documents.database.list_collections(filter={"name": collection})).to_list()
    try:
        if not found:
            await documents.database.command({"create": collection, **rule})
            return
    except OperationFailure as refused:
        if refused.code != NAMESPACE_EXISTS:  # another process was faster
            raise
    # Only when it is another one: this stops the collection for a moment.
    if not found or {**found[0]["options"], **rule} != found[0]["options"]:
        await documents.database.command({"collMod": collection, **rule})
