"""The ground that one street stands on: real stores, a corner of its own in each, and how they are taken away."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import httpx2
import pymongo
from contracts.rabbitmq import SERVICES, definitions
from testkit.stores.databases import FreshDatabase, create_database, drop_databases, logins
from testkit.stores.rabbit import Rabbit
from testkit.stores.server import Server

WITH_TABLES = ("user", "product", "payment")
WITH_DOCUMENTS = ("order", "notification")
MANAGEMENT_SECONDS = 20

# A store dies with the thread that started it, so that none is ever left behind: these live as long as we do.
_hands = ThreadPoolExecutor(4, "stores")


async def by_hand[T](work: Callable[[], T]) -> T:
    """Do something to a store without stopping anybody else."""
    return await asyncio.get_running_loop().run_in_executor(_hands, work)


@dataclass
class Grounds:
    """`name` tells one street's corners from another's; `passwords` are those of the services at the broker."""

    postgres: Server
    mongo: Server
    redis: Server
    rabbit: Rabbit
    name: str = field(default_factory=lambda: uuid4().hex[:10])
    retry_scale: float = 1.0
    """By what the broker's retry ladder (1 s, 5 s, 30 s, 2 min, 10 min) is shortened."""
    passwords: dict[str, str] = field(default_factory=lambda: {each: f"{each}-of-this-run" for each in SERVICES})

    @property
    def stores(self) -> dict[str, Server]:
        return {"postgres": self.postgres, "mongo": self.mongo, "redis": self.redis, "rabbit": self.rabbit}

    @property
    def databases(self) -> dict[str, FreshDatabase]:
        """Of each service that has tables, with its two logins."""
        return {each: logins(self.postgres.url, each, self._database(each)) for each in WITH_TABLES}

    async def prepare(self) -> None:
        """Broker and databases; nothing is in them yet."""
        await asyncio.gather(self.lay_out_broker(), self.make_databases())

    async def make_databases(self) -> None:
        await asyncio.gather(*(create_database(self.postgres.url, each, self._database(each)) for each in WITH_TABLES))

    async def close(self) -> None:
        await drop_databases(self.postgres.url, (urlsplit(each.url).path[1:] for each in self.databases.values()))
        with pymongo.MongoClient[dict[str, Any]](self.mongo.url) as client:
            for service in WITH_DOCUMENTS:
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
        return f"amqp://{service}:{self.passwords[service]}@127.0.0.1:{self.rabbit.port}/{self.vhost}"

    async def lay_out_broker(self) -> None:
        """Vhost, queues, bindings, policies, users, as a broker reads them at its boot. Also for one that lost all."""
        async with self._management() as client:
            (await client.put(f"/api/vhosts/{self.vhost}")).raise_for_status()
            mine = f"/api/permissions/{self.vhost}/guest"
            (await client.put(mine, json={"configure": ".*", "write": ".*", "read": ".*"})).raise_for_status()
            wanted = definitions(vhost=self.vhost, retry_scale=self.retry_scale, passwords=self.passwords)
            (await client.post("/api/definitions", json=wanted)).raise_for_status()

    async def dead_letters(self) -> dict[str, int]:
        """Service -> how many messages lie dead."""
        return await dead_letters(self.rabbit.management_url, self.vhost)

    def _database(self, service: str) -> str:
        return f"{service}_{self.name}"

    def _management(self) -> httpx2.AsyncClient:
        return httpx2.AsyncClient(base_url=self.rabbit.management_url, timeout=MANAGEMENT_SECONDS)


async def dead_letters(management_url: str, vhost: str) -> dict[str, int]:
    """Service -> how many messages lie dead in this vhost."""
    async with httpx2.AsyncClient(base_url=management_url, timeout=MANAGEMENT_SECONDS) as client:
        queues = (await client.get(f"/api/queues/{vhost}")).raise_for_status().json()
    dead = {each["name"]: each.get("messages", 0) for each in queues if each["name"].endswith(".dead")}
    return {name.removesuffix(".dead"): count for name, count in dead.items()}
