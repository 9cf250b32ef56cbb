"""The ground that one street stands on: real stores, a fresh corner in each, and how they are taken away."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import httpx2
import pymongo
import pytest
from chassis.topology import apply
from contracts.rabbitmq import SERVICES, definitions
from testkit.plugin import FreshDatabase, create_database, drop_databases
from testkit.stores.server import Server

RETRY_SCALE = 0.02
"""The retry ladder in tests: 20 ms, 100 ms, 0.6 s, 2.4 s, 12 s."""
WITH_TABLES = ("user", "product", "payment")

# A store dies with the thread that started it, so that none is ever left behind: this one lives as long as we do.
_hands = ThreadPoolExecutor(1, "stores")


async def by_hand[T](work: Callable[[], T]) -> T:
    """Do something to a store without stopping the shop's customers."""
    return await asyncio.get_running_loop().run_in_executor(_hands, work)


@dataclass
class Grounds:
    postgres: Server
    mongo: Server
    redis: Server
    rabbit: Server
    name: str = field(default_factory=lambda: uuid4().hex[:10])
    databases: dict[str, FreshDatabase] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for each in (self.postgres, self.mongo, self.redis, self.rabbit):
            if not isinstance(each, Server):
                pytest.fail("these tests kill stores: they need private ones, not one that somebody lends")

    async def prepare(self) -> None:
        await asyncio.gather(self.lay_out_broker(), *(self._make_database(service) for service in WITH_TABLES))

    async def close(self) -> None:
        await drop_databases(self.postgres.url, (urlsplit(each.url).path[1:] for each in self.databases.values()))
        with pymongo.MongoClient[dict[str, Any]](self.mongo.url) as client:
            for service in ("order", "notification"):
                client.drop_database(self.mongo_database(service))
        async with self._management() as client:
            await client.delete(f"/api/vhosts/{self.vhost}")

    @property
    def vhost(self) -> str:
        return f"street-{self.name}"

    def mongo_database(self, service: str) -> str:
        return f"{service}_{self.name}"

    def broker_url(self, service: str) -> str:
        """Each service has a user of its own, which may do what it needs and nothing else."""
        return f"amqp://{service}:{_password(service)}@127.0.0.1:{self.rabbit.port}/{self.vhost}"

    async def lay_out_broker(self) -> None:
        """What the migration job does: vhost, queues, bindings, policies, users. Also for a broker that lost all."""
        async with self._management() as client:
            (await client.put(f"/api/vhosts/{self.vhost}")).raise_for_status()
            mine = f"/api/permissions/{self.vhost}/guest"
            (await client.put(mine, json={"configure": ".*", "write": ".*", "read": ".*"})).raise_for_status()
        passwords = {service: _password(service) for service in SERVICES}
        wanted = definitions(vhost=self.vhost, retry_scale=RETRY_SCALE, passwords=passwords)
        await apply(self.rabbit.management_url, wanted, vhost=self.vhost)

    async def dead_letters(self) -> dict[str, int]:
        """Service -> how many messages lie dead."""
        async with self._management() as client:
            queues = (await client.get(f"/api/queues/{self.vhost}")).raise_for_status().json()
        dead = {each["name"]: each.get("messages", 0) for each in queues if each["name"].endswith(".dead")}
        return {name.removesuffix(".dead"): count for name, count in dead.items()}

    async def _make_database(self, service: str) -> None:
        self.databases[service] = await create_database(self.postgres.url, service, f"{service}_{self.name}")

    def _management(self) -> httpx2.AsyncClient:
        return httpx2.AsyncClient(base_url=self.rabbit.management_url, timeout=20)


def _password(service: str) -> str:
    return f"{service}-of-this-run"
