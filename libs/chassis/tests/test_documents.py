"""What the document store's faults are called, and how long they may last. On a real MongoDB."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest
from chassis.documents import SERVER_SELECTION_MS, Documents, translated
from chassis.faults import StoreUnavailable
from pymongo import InsertOne, UpdateOne
from pymongo.common import MIN_HEARTBEAT_INTERVAL
from pymongo.errors import BulkWriteError, DuplicateKeyError, OperationFailure
from testkit.stores.server import Server

PATIENCE = 30
RESTARTS = 6


@pytest.fixture
async def documents(fresh_mongo) -> AsyncIterator[Documents]:
    opened = Documents(fresh_mongo.url, fresh_mongo.database)
    yield opened
    await opened.close()


@pytest.fixture
def server(mongo_server) -> Server:
    if not isinstance(mongo_server, Server):
        pytest.fail("this test needs a private mongod")
    return mongo_server


async def write(documents: Documents) -> None:
    with translated():
        await documents.database.things.insert_one({"n": 1})


async def read(documents: Documents) -> None:
    with translated():
        await documents.database.things.find_one({"n": 1})


async def test_a_server_that_hangs_is_unavailable_and_then_fine_again(documents, server) -> None:
    await write(documents)
    server.pause()
    try:
        for ask in (write, read):
            async with asyncio.timeout(PATIENCE):
                with pytest.raises(StoreUnavailable):
                    await ask(documents)
    finally:
        server.resume()

    await write(documents)


async def test_a_server_that_is_down_is_told_without_waiting_for_the_whole_deadline(documents, server) -> None:
    await write(documents)
    server.kill()
    try:
        async with asyncio.timeout(PATIENCE):
            with pytest.raises(StoreUnavailable):
                await write(documents)
            with pytest.raises(StoreUnavailable) as fault:
                await read(documents)
        # The driver tells how long it looked for a server, once: not the two seconds of a whole operation.
        assert f"Timeout: {SERVER_SELECTION_MS / 1000}s" in str(fault.value.__cause__)
        assert await documents.answers() is False
        assert await documents.faults() == ["MongoDB is unavailable: ServerSelectionTimeoutError"]
    finally:
        server.start()

    await write(documents)
    assert await documents.faults() == []


def test_however_late_the_driver_looks_at_its_watch_a_store_that_is_down_is_told_within_a_second() -> None:
    assert SERVER_SELECTION_MS / 1000 + MIN_HEARTBEAT_INTERVAL <= 0.8  # leaves a fifth for everything else


async def test_every_write_waits_for_the_journal_of_the_majority(documents) -> None:
    things = documents.database.things

    assert things.write_concern.document == {"w": "majority", "j": True}
    assert things.read_concern.level == "majority"
    assert documents.client.options.retry_writes


async def test_a_refusal_of_the_data_is_no_fault_of_the_server(documents) -> None:
    with translated():
        await documents.database.things.insert_one({"_id": 1})
    with pytest.raises(DuplicateKeyError), translated():
        await documents.database.things.insert_one({"_id": 1})
    with pytest.raises(OperationFailure), translated():
        await documents.database.things.update_one({}, {"$nonsense": 1})
    with pytest.raises(BulkWriteError), translated():
        await documents.database.things.bulk_write([InsertOne({"_id": 1})])


@pytest.mark.parametrize("code", [14031, 91, 11600, 10107, 50, 262, 18])
async def test_every_fault_of_the_server_has_a_name(code) -> None:
    with pytest.raises(StoreUnavailable), translated():
        raise OperationFailure("said the server", code)


@pytest.mark.parametrize("code", [91, 11600])
async def test_a_server_that_leaves_before_a_majority_has_several_writes_is_unavailable(code) -> None:
    """As a mongod that is shut down answers a bulk write: its own code says nothing, the ones inside do."""
    shutdown = {"code": code, "codeName": "InterruptedAtShutdown", "errmsg": "interrupted at shutdown"}
    with pytest.raises(StoreUnavailable), translated():
        raise BulkWriteError({"writeErrors": [], "writeConcernErrors": [shutdown], "nInserted": 1})


async def test_a_restart_is_nobodys_bug_whatever_is_being_written(documents, server) -> None:
    things, going = documents.database.things, True

    async def write_on(number: int) -> None:
        several = [UpdateOne({"_id": 10 * number + each}, {"$inc": {"n": 1}}, upsert=True) for each in range(5)]
        while going:
            with suppress(StoreUnavailable), translated():
                await things.bulk_write(several)
            await asyncio.sleep(0)

    async with asyncio.timeout(2 * PATIENCE), asyncio.TaskGroup() as writers:
        for number in range(8):
            writers.create_task(write_on(number))
        for _ in range(RESTARTS):
            await until_it_writes(documents)
            await asyncio.to_thread(server.restart)
        going = False


async def until_it_writes(documents: Documents) -> None:
    while True:
        with suppress(StoreUnavailable):
            return await write(documents)
        await asyncio.sleep(0.01)
