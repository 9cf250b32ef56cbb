"""Private stores do what fault tests ask of them."""

import asyncpg
import httpx2
import pymongo
import pytest
from testkit.stores import providers
from testkit.stores.rabbit import Rabbit
from testkit.stores.server import Server, find_program


@pytest.fixture
def rabbit():
    found = providers.RABBIT.find() or providers.RABBIT.install()
    server = Rabbit(found)
    server.start()
    yield server
    server.close()


def put_queue(server: Rabbit, name: str) -> None:
    body = {"durable": True, "arguments": {"x-queue-type": "quorum"}}
    httpx2.put(f"{server.management_url}/api/queues/%2F/{name}", json=body, timeout=10).raise_for_status()


def queues(server: Rabbit) -> list[str]:
    return [each["name"] for each in httpx2.get(f"{server.management_url}/api/queues", timeout=10).json()]


def test_a_killed_broker_keeps_its_data_and_a_wiped_one_does_not(rabbit) -> None:
    put_queue(rabbit, "kept")
    rabbit.kill()
    rabbit.start()
    assert queues(rabbit) == ["kept"]

    rabbit.kill()
    rabbit.wipe()
    rabbit.start()
    assert queues(rabbit) == []


def test_a_killed_mongo_keeps_what_it_acknowledged(mongo_server) -> None:
    if not isinstance(mongo_server, Server):
        pytest.fail("this test needs a private mongod")
    with pymongo.MongoClient(mongo_server.url, w="majority", journal=True) as client:
        client.store.things.insert_one({"_id": 1})
    mongo_server.kill()
    mongo_server.start()
    with pymongo.MongoClient(mongo_server.url) as client:
        assert client.store.things.count_documents({}) == 1
        client.drop_database("store")


async def test_a_service_may_not_change_its_tables(fresh_database) -> None:
    async def migrate(database) -> None:
        owner = await asyncpg.connect(database.owner_url.replace("+asyncpg", ""))
        await owner.execute("CREATE TABLE things (id int)")
        await owner.close()

    first = await fresh_database("testkit", migrate=migrate)
    second = await fresh_database("testkit", migrate=migrate)

    app = await asyncpg.connect(first.url.replace("+asyncpg", ""))
    await app.execute("INSERT INTO things VALUES (1)")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await app.execute("CREATE TABLE others (id int)")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await app.execute("DROP TABLE things")
    await app.close()
    other = await asyncpg.connect(second.url.replace("+asyncpg", ""))
    assert await other.fetchval("SELECT count(*) FROM things") == 0
    await other.close()


async def test_a_paused_postgres_hangs_and_then_goes_on(postgres_server) -> None:
    if not isinstance(postgres_server, Server):
        pytest.fail("this test needs a private PostgreSQL")
    client = await asyncpg.connect(postgres_server.url)
    postgres_server.pause()
    try:
        with pytest.raises(TimeoutError):
            await client.fetchval("SELECT 1", timeout=0.3)
    finally:
        postgres_server.resume()
    client.terminate()
    again = await asyncpg.connect(postgres_server.url)
    assert await again.fetchval("SELECT 1") == 1
    await again.close()


def test_a_program_that_goes_by_the_name_of_its_link_keeps_that_name(tmp_path, monkeypatch) -> None:
    for real, link in (("redis-check-rdb", "redis-server"), ("lib/postgres", "postgres")):
        (tmp_path / real).parent.mkdir(exist_ok=True)
        (tmp_path / real).write_text("#!/bin/sh\n")
        (tmp_path / real).chmod(0o755)
        (tmp_path / link).symlink_to(tmp_path / real)
    monkeypatch.setenv("PATH", str(tmp_path))

    assert find_program("redis-server") == tmp_path / "redis-server"
    assert find_program("postgres") == tmp_path / "lib" / "postgres"
