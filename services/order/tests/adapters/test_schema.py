"""What MongoDB itself refuses: a bug of ours must not become a document."""

import asyncio
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from chassis.documents import OPERATION_MS, Documents
from order_service.adapters.order_queries import to_query
from order_service.adapters.schema import make_schema, store_faults
from order_service.domain.cart import Cart
from order_service.domain.states import Command, State
from order_service.ports import OrderFilter
from pymongo import AsyncMongoClient
from pymongo.errors import OperationFailure
from pymongo.monitoring import CommandListener, CommandStartedEvent

DOCUMENT_VALIDATION_FAILURE = 121


@pytest.mark.parametrize(
    "change",
    [
        {"$set": {"shipping": -1}},
        {"$set": {"tax": 1.5}},
        {"$set": {"refunded": None}},
        {"$set": {"currency": "euro"}},
        {"$set": {"state": "LOST"}},
        {"$set": {"version": "2"}},
        {"$set": {"open": "yes"}},
        {"$set": {"lines": []}},
        {"$set": {"lines.0.quantity": 0}},
        {"$set": {"lines.0.unit_price": "450"}},
        {"$set": {"placed_at": "2026-11-01"}},
        {"$set": {"awaits": ["hope"]}},
        {"$set": {"cart_id": "a-text"}},
        {"$set": {"next_action_at": None}},
        {"$set": {"cancel_reason": None}},
        {"$set": {"unpublished_since": 7}},
        {"$set": {"outbox.0.published_at": "now"}},
        {"$set": {"history": []}},
        {"$push": {"history": {"version": 2}}},
        {"$push": {"outbox": {"_id": 7}}},
        {"$unset": {"idempotency_key": ""}},
        {"$unset": {"user_id": ""}},
        {"$unset": {"address": ""}},
        {"$unset": {"cancel_keys": ""}},
    ],
    ids=str,
)
async def test_an_order_that_can_not_be_is_not_stored(mongo_books, documents, an_order, change: Any) -> None:
    order = an_order()
    await mongo_books.orders.add(order, [Command.RESERVE_STOCK])

    with pytest.raises(OperationFailure) as refused:
        await documents.database.orders.update_one({"_id": order.id}, change)

    assert refused.value.code == DOCUMENT_VALIDATION_FAILURE
    assert await mongo_books.orders.any(order.id) == order


@pytest.mark.parametrize(
    "change",
    [
        {"$set": {"currency": "€"}},
        {"$set": {"lines": [{"sku": "TEA-1"}]}},
        {"$set": {"version": 0}},
        {"$set": {"merged": ["a-text"]}},
        {"$set": {"created_at": None}},
        {"$unset": {"user_id": ""}},
    ],
    ids=str,
)
async def test_a_cart_that_can_not_be_is_not_stored(mongo_books, documents, change: Any) -> None:
    cart = Cart(uuid4(), None, "EUR", (), 1, mongo_books.clock.now())
    await mongo_books.carts.add(cart)

    with pytest.raises(OperationFailure) as refused:
        await documents.database.carts.update_one({"_id": cart.id}, change)

    assert refused.value.code == DOCUMENT_VALIDATION_FAILURE
    assert await mongo_books.carts.get(cart.id, owner=cart.user_id) == cart


OURS = {"name": {"$in": ["carts", "orders"]}}


async def test_making_the_schema_again_changes_nothing(documents) -> None:
    before = [each async for each in await documents.database.list_collections(filter=OURS)]

    await make_schema(documents)

    def shape(found: list[Any]) -> list[Any]:
        return sorted((each["name"], each["options"]) for each in found)

    assert shape([each async for each in await documents.database.list_collections(filter=OURS)]) == shape(before)
    assert {each["options"]["validationAction"] for each in before} == {"error"}
    assert {each["options"]["validationLevel"] for each in before} == {"strict"}
    assert await store_faults(documents) == []


async def test_an_older_validator_is_replaced(documents) -> None:
    await documents.database.command({"collMod": "orders", "validator": {}, "validationAction": "warn"})

    await make_schema(documents)

    options = await documents.database.orders.options()
    assert "$jsonSchema" in options["validator"]
    assert options["validationAction"] == "error"


async def test_many_processes_may_start_at_once(fresh_mongo) -> None:
    processes = [Documents(fresh_mongo.url, fresh_mongo.database) for _ in range(6)]
    try:
        assert await asyncio.gather(*(store_faults(each) for each in processes)) == [[]] * 6
    finally:
        for each in processes:
            await each.close()


class Heard(CommandListener):
    """What was sent to the server, and how long it may take."""

    def __init__(self) -> None:
        self.deadlines: list[tuple[str, int]] = []

    def started(self, event: CommandStartedEvent) -> None:
        self.deadlines.append((event.command_name, event.command.get("maxTimeMS", 0)))

    def succeeded(self, event: Any) -> None:
        """Nobody asks."""

    def failed(self, event: Any) -> None:
        """Nobody asks."""


async def test_an_index_of_many_orders_may_take_its_time_and_a_query_may_not(fresh_mongo) -> None:
    heard = Heard()
    documents = Documents(fresh_mongo.url, fresh_mongo.database)
    await documents.close()
    documents.client = AsyncMongoClient(fresh_mongo.url, timeoutMS=OPERATION_MS, event_listeners=[heard])
    documents.database = documents.client[fresh_mongo.database]
    try:
        await make_schema(documents)
        await documents.database.orders.find_one({})
    finally:
        await documents.close()

    building = [limit for name, limit in heard.deadlines if name == "createIndexes"]
    assert len(building) == 13
    assert all(limit > 500_000 for limit in building)
    assert [limit <= OPERATION_MS for name, limit in heard.deadlines if name == "find"] == [True]


async def test_every_query_of_the_worker_has_its_index(documents) -> None:
    indexes = await documents.database.orders.index_information()

    assert indexes["one_per_key"]["unique"]
    assert indexes["one_open_per_cart"]["unique"]
    assert indexes["one_open_per_cart"]["partialFilterExpression"] == {"open": True}
    assert {"number", "of_customer", "due", "unpublished", "entry", "entry_published"} <= set(indexes)


def stages(plan: dict[str, Any]) -> set[str]:
    """All that a plan does, and by which index."""
    inner = [plan["inputStage"]] if "inputStage" in plan else plan.get("inputStages", [])
    return {plan["stage"], plan.get("indexName", "")}.union(*map(stages, inner)) - {""}


@pytest.mark.parametrize(
    ("wanted", "index"),
    [
        (OrderFilter(), "staff_newest"),
        (OrderFilter(state=State.SHIPPED), "staff_state"),
        (OrderFilter(needs_review=True), "staff_review"),
        (OrderFilter(placed_from=datetime(2026, 1, 1, tzinfo=UTC)), "staff_newest"),
    ],
)
@pytest.mark.parametrize("direction", [1, -1])
async def test_what_staff_looks_for_comes_sorted_from_an_index(documents, wanted, index, direction) -> None:
    cursor = documents.database.orders.find(to_query(wanted)).sort([("placed_at", direction), ("_id", direction)])

    plan = (await cursor.limit(20).explain())["queryPlanner"]["winningPlan"]

    assert index in stages(plan)
    assert stages(plan).isdisjoint({"SORT", "COLLSCAN"})


async def test_a_store_that_is_down_at_the_start_is_a_fault_to_be_told_and_not_an_end() -> None:
    nowhere = Documents("mongodb://127.0.0.1:1/?replicaSet=rs0", "order")
    try:
        [fault] = await store_faults(nowhere)
    finally:
        await nowhere.close()

    assert fault.startswith("MongoDB is unavailable")
