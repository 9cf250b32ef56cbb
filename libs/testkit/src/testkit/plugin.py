"""Pytest fixtures: one private server a store and session, and a fresh corner of it for each test."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import httpx2
import pymongo
import pytest

from testkit.stores import providers
from testkit.stores.databases import FreshDatabase, create_database, drop_databases, empty_database


@dataclass(frozen=True, slots=True)
class FreshMongo:
    url: str
    database: str


@dataclass(frozen=True, slots=True)
class FreshVhost:
    url: str
    """`amqp://` URL of the vhost, with all rights in it."""
    management_url: str
    vhost: str


Migrate = Callable[[FreshDatabase], Awaitable[None]]
MakeDatabase = Callable[..., Awaitable[FreshDatabase]]


def _session_store(way: providers.Way) -> Iterator[Any]:
    store = way.open()
    yield store
    store.close()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Any]:
    yield from _session_store(providers.POSTGRES)


@pytest.fixture(scope="session")
def mongo_server() -> Iterator[Any]:
    yield from _session_store(providers.MONGO)


@pytest.fixture(scope="session")
def redis_server() -> Iterator[Any]:
    yield from _session_store(providers.REDIS)


@pytest.fixture(scope="session")
def rabbit_server() -> Iterator[Any]:
    yield from _session_store(providers.RABBIT)


@pytest.fixture(scope="session")
def migrated_templates() -> dict[str, str]:
    """Service -> the database that its migrations were run on once."""
    return {}


@pytest.fixture
def fresh_database(postgres_server: Any, migrated_templates: dict[str, str]) -> Iterator[MakeDatabase]:
    """`await fresh_database("user", migrate=...)`: a database of its own, migrated once a session.

    A plain fixture that hands out a coroutine function, so that other async fixtures can ask for it by name.
    """
    made: list[str] = []

    async def make(service: str, migrate: Migrate | None = None) -> FreshDatabase:
        if migrate is not None and service not in migrated_templates:
            template = f"template_{service}_{uuid4().hex[:8]}"
            await migrate(await create_database(postgres_server.url, service, template))
            migrated_templates[service] = template
        name = f"{service}_{uuid4().hex[:12]}"
        made.append(name)
        source = migrated_templates[service] if migrate is not None else "template1"
        return await create_database(postgres_server.url, service, name, source)

    yield make
    with ThreadPoolExecutor(1) as apart:  # a loop of its own, away from the test's
        apart.submit(asyncio.run, drop_databases(postgres_server.url, made)).result()


@pytest.fixture(scope="session")
def kept_databases(postgres_server: Any) -> Iterator[dict[str, FreshDatabase]]:
    """Service -> the one database that its tests use in turn."""
    kept: dict[str, FreshDatabase] = {}
    yield kept
    names = [urlsplit(each.url).path.lstrip("/") for each in kept.values()]
    with ThreadPoolExecutor(1) as apart:
        apart.submit(asyncio.run, drop_databases(postgres_server.url, names)).result()


@pytest.fixture
def emptied_database(postgres_server: Any, kept_databases: dict[str, FreshDatabase]) -> MakeDatabase:
    """`await emptied_database("user", migrate=...)`: migrated once a session, and empty at the start of each test.

    Much cheaper than a fresh one, for tests that change rows and no tables.
    """

    async def make(service: str, migrate: Migrate) -> FreshDatabase:
        if service in kept_databases:
            await empty_database(postgres_server.url, kept_databases[service])
        else:
            made = await create_database(postgres_server.url, service, f"{service}_{uuid4().hex[:12]}")
            await migrate(made)
            kept_databases[service] = made
        return kept_databases[service]

    return make


@pytest.fixture
def fresh_mongo(mongo_server: Any) -> Iterator[FreshMongo]:
    name = f"test_{uuid4().hex[:12]}"
    yield FreshMongo(mongo_server.url, name)
    with pymongo.MongoClient[dict[str, Any]](mongo_server.url) as client:
        client.drop_database(name)


@pytest.fixture
def fresh_redis(redis_server: Any) -> str:
    """The URL of an empty Redis."""
    import redis

    with redis.Redis.from_url(redis_server.url) as client:
        client.flushdb()
    return redis_server.url


@pytest.fixture
def fresh_vhost(rabbit_server: Any) -> Iterator[FreshVhost]:
    vhost = f"test-{uuid4().hex[:12]}"
    management = rabbit_server.management_url
    httpx2.put(f"{management}/api/vhosts/{vhost}", timeout=10).raise_for_status()
    yield FreshVhost(rabbit_server.url.rstrip("/") + f"/{vhost}", management, vhost)
    httpx2.delete(f"{management}/api/vhosts/{vhost}", timeout=10)
