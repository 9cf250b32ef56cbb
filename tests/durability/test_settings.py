"""A store that may forget what it has acknowledged: no process that needs it is ever ready, and each says why."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aio_pika
import dev.settings
import httpx2
import pytest
from chassis.documents import STANDALONE, Documents
from dev.grounds import WITH_DOCUMENTS, WITH_TABLES, Grounds, by_hand
from dev.processes import Process, all_ready
from dev.settings import Plan, Secrets, make_replicas, neighbours_without_balance
from dev.street import Street
from testkit.evidence import Evidence
from testkit.stores.mongo import Mongo
from testkit.stores.postgres import Postgres

pytestmark = pytest.mark.asyncio(loop_scope="session")

DURABLE = ("fsync", "full_page_writes", "synchronous_commit")
NOWHERE = dev.settings.Outside("http://127.0.0.1:9", "http://127.0.0.1:9", 9, "http://127.0.0.1:9")
PATIENCE_SECONDS = 60


@dataclass
class Some:
    """The API and the worker of some services, migrated and not started."""

    street: Street
    services: Collection[str]

    @property
    def processes(self) -> list[Process]:
        rooms = (self.street.apis, self.street.workers)
        return [process for room in rooms for service in self.services for process in room[service]]

    async def all_say(self, why: str) -> None:
        """Returns once each process answers that it is not ready, because of this, and has written it into its log."""
        await asyncio.gather(*(_says(process, why) for process in self.processes))
        for process in self.processes:
            told = [line["faults"] for line in process.lines() if line.get("event") == "health.not_ready"]
            assert any(why in faults for faults in told), f"{process.name}: {told}"

    async def at_work(self) -> list[int]:
        """How many consumers each of the services has at the broker."""
        grounds = self.street.plan.grounds
        async with await aio_pika.connect(f"{grounds.rabbit.url.rstrip('/')}/{grounds.vhost}") as connection:
            channel = await connection.channel()
            found = [await channel.declare_queue(f"{each}.work", passive=True) for each in self.services]
        return [queue.declaration_result.consumer_count or 0 for queue in found]


async def _says(process: Process, why: str) -> None:
    async with httpx2.AsyncClient() as client, asyncio.timeout(PATIENCE_SECONDS):
        while True:
            try:
                answer = await client.get(process.probe)
            except httpx2.TransportError:
                assert process.alive, process.tail()
            else:
                assert answer.status_code == 503, f"{process.name} is ready on a store that may forget"
                if why in answer.json()["detail"]:
                    return
            await asyncio.sleep(0.1)


@pytest.fixture
def some(request: pytest.FixtureRequest, redis_server: Any, rabbit_server: Any, tmp_path: Path) -> Callable[..., Any]:
    """`async with some(services, postgres=…)`: their processes, on this store and the common other ones."""

    @asynccontextmanager
    async def opened(services: Collection[str], **own: Any) -> AsyncGenerator[Some]:
        postgres = own.get("postgres") or request.getfixturevalue("postgres_server")
        mongo = own.get("mongo") or request.getfixturevalue("mongo_server")
        grounds = Grounds(postgres, mongo, redis_server, rabbit_server)
        await grounds.prepare()
        replicas = make_replicas()
        plan = Plan(grounds, Secrets(), NOWHERE, neighbours_without_balance(replicas), replicas)
        street = Street.build(plan, tmp_path)
        found = Some(street, services)
        try:
            await street.migrate(*services)
            yield found
        finally:
            await street.close()
            await grounds.close()

    return opened


async def test_on_a_postgres_that_may_forget_nobody_is_ever_ready(
    some: Any, postgres: Postgres, evidence: Evidence
) -> None:
    evidence("T9", trials=2 * len(WITH_TABLES) * len(DURABLE), unit="processes on a PostgreSQL that may forget")
    async with some(WITH_TABLES, postgres=postgres) as shop:
        for setting in DURABLE:
            postgres.told = {setting: "off"}
            await by_hand(postgres.restart)
            for process in shop.processes:
                _ = process.alive or process.start()
            await shop.all_say(f"PostgreSQL has {setting}=off, needs on")
            assert await shop.at_work() == [0] * len(WITH_TABLES)

        postgres.told = {}
        await by_hand(postgres.restart)
        await healed(shop)


async def test_on_a_mongod_that_stands_alone_nobody_is_ever_ready(some: Any, mongo: Mongo, evidence: Evidence) -> None:
    evidence("T9", trials=2 * len(WITH_DOCUMENTS), unit="processes on a mongod that stands alone")
    async with some(WITH_DOCUMENTS, mongo=mongo) as shop:
        mongo.alone = True
        await by_hand(mongo.restart)
        for process in shop.processes:
            process.start()
        await shop.all_say(STANDALONE)
        assert await shop.at_work() == [0] * len(WITH_DOCUMENTS)

        mongo.alone = False
        await by_hand(mongo.restart)
        # A driver that has passed over its only server does not come back to it: the start-up probe has them replaced.
        for process in shop.processes:
            await process.stop()
            process.start()
        await healed(shop)


async def test_a_mongod_that_stands_alone_is_called_so_however_it_is_addressed(mongo: Mongo) -> None:
    mongo.alone = True
    await by_hand(mongo.restart)

    for asked in ("replicaSet=rs0", "directConnection=true", ""):
        documents = Documents(f"mongodb://127.0.0.1:{mongo.port}/?{asked}", "any")
        faults = await documents.faults()
        await documents.close()
        assert faults == [STANDALONE], asked


async def healed(shop: Some) -> None:
    """The setting was all that stood in the way: the same processes are ready now, and the workers work."""
    await all_ready(shop.processes)
    await _until(shop.at_work, [1] * len(shop.services))


async def _until(look: Callable[[], Awaitable[Any]], wanted: Any) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while await look() != wanted:
            await asyncio.sleep(0.1)
