"""MongoDB itself refuses what is no contact and no delivery."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from chassis.documents import Documents
from notification_service.adapters.document_shapes import make_collections
from pymongo.errors import WriteError

DELIVERY = {
    "channel": "email",
    "event_id": uuid4(),
    "kind": "order_confirmed",
    "user_id": uuid4(),
    "order_id": None,
    "facts": {},
    "state": "QUEUED",
    "attempts": 0,
    "due_at": datetime(2026, 11, 1, tzinfo=UTC),
    "lease": None,
    "message_id": None,
}


@pytest.fixture
async def documents(fresh_mongo) -> AsyncIterator[Documents]:
    opened = Documents(fresh_mongo.url, fresh_mongo.database)
    yield opened
    await opened.close()


@pytest.mark.parametrize(
    "wrong",
    [
        {"state": "SENT"},
        {"attempts": -1},
        {"attempts": "1"},
        {"due_at": "noon"},
        {"user_id": "ada"},
        {"kind": ""},
        {"channel": "pigeon"},
    ],
)
async def test_a_delivery_of_another_shape_is_refused(documents: Documents, wrong) -> None:
    await make_collections(documents)
    await documents.database.deliveries.insert_one({"_id": "good", **DELIVERY})

    with pytest.raises(WriteError, match="Document failed validation"):
        await documents.database.deliveries.insert_one({"_id": "bad", **DELIVERY, **wrong})
    with pytest.raises(WriteError, match="Document failed validation"):
        await documents.database.deliveries.update_one({"_id": "good"}, {"$set": wrong})

    assert await documents.database.deliveries.find_one({}, {"_id": 0}) == DELIVERY


async def test_a_contact_without_an_address_is_refused(documents: Documents) -> None:
    await make_collections(documents)

    with pytest.raises(WriteError, match="Document failed validation"):
        await documents.database.contacts.insert_one({"_id": uuid4(), "name": "Ada", "verified": True, "seq": 1})

    assert await documents.database.contacts.count_documents({}) == 0


async def test_a_feed_without_numbers_or_with_more_than_it_may_hold_is_refused(documents: Documents) -> None:
    await make_collections(documents)
    item = {"seq": 1, "event_id": uuid4(), "kind": "x", "at": datetime(2026, 11, 1, tzinfo=UTC), "order_id": None}
    good = {"seq": 1, "read": 0, "items": [{**item, "facts": {}}]}

    for wrong in ({"seq": -1}, {"items": [item]}, {"items": good["items"] * 201}):
        with pytest.raises(WriteError, match="Document failed validation"):
            await documents.database.feeds.insert_one({"_id": uuid4(), **good, **wrong})

    await documents.database.feeds.insert_one({"_id": uuid4(), **good})


async def test_processes_that_start_at_once_on_an_empty_store_make_the_collections_together(fresh_mongo) -> None:
    """Whoever was told that there is none may still be refused when it makes one: by the server, not by the driver."""
    processes = [Documents(fresh_mongo.url, fresh_mongo.database) for _ in range(6)]
    try:
        await asyncio.gather(*(make_collections(each) for each in processes))
    finally:
        for each in processes:
            await each.close()


async def test_collections_are_made_once_and_an_older_shape_is_replaced(documents: Documents) -> None:
    await documents.database.create_collection("deliveries", validator={"$jsonSchema": {"required": ["old"]}})

    await make_collections(documents)
    await make_collections(documents)

    await documents.database.deliveries.insert_one({"_id": "good", **DELIVERY})
    assert set(await documents.database.deliveries.index_information()) == {
        "_id_",
        "due_on_channel",
        "of_order",
        "waiting",
    }
