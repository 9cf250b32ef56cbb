"""kill -9 of a store under writers: what it has acknowledged is there when it is back.

A killed process leaves the page cache behind: this is no test of power cuts. `test_settings` and `test_syncs` are what
stands against those.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from random import Random

import pytest
from dev.grounds import by_hand
from testkit.evidence import Evidence
from testkit.stores.mongo import Mongo
from testkit.stores.postgres import Postgres
from testkit.stores.rabbit import Rabbit
from testkit.stores.server import Server

from tests.durability.conftest import KILLS
from tests.durability.doors import UNKNOWN, Door, Note, holds_in, messages_in, orders_in

pytestmark = pytest.mark.asyncio(loop_scope="session")

WRITERS = 4
BREATH_SECONDS = 0.02
PAUSE_SECONDS = 0.2
"""Before somebody who was sent away comes again: a store that starts needs the machine more than they do."""
PATIENCE_SECONDS = 60


@dataclass
class Writers:
    """Some who write all the time, and remember what was acknowledged."""

    door: Door
    dice: Random
    acknowledged: set[Note] = field(default_factory=set)
    in_vain: int = 0
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    @asynccontextmanager
    async def at_work(self) -> AsyncGenerator[None]:
        async with asyncio.TaskGroup() as group:
            work = [group.create_task(self._write_for_ever()) for _ in range(WRITERS)]
            yield
            for each in work:
                each.cancel()

    async def hear(self, more: int) -> None:
        """Returns once so many further notes were acknowledged."""
        wanted = len(self.acknowledged) + more
        async with asyncio.timeout(PATIENCE_SECONDS):
            while len(self.acknowledged) < wanted:
                self._news.clear()
                await self._news.wait()

    async def _write_for_ever(self) -> None:
        while True:
            try:
                async with aclosing(self.door.write()) as notes:
                    async for note in notes:
                        self.acknowledged.add(note)
                        self._news.set()
                        await asyncio.sleep(BREATH_SECONDS * self.dice.random())
            except UNKNOWN:
                self.in_vain += 1
                await asyncio.sleep(PAUSE_SECONDS)


async def test_postgres_keeps_every_hold_and_answer_that_was_committed(
    postgres: Postgres, dice: Random, seed: int, evidence: Evidence
) -> None:
    evidence("T9", trials=KILLS, unit="kills of PostgreSQL")
    async with holds_in(postgres) as door:
        await nothing_is_forgotten(postgres, door, dice, seed)


async def test_mongo_keeps_every_order_and_step_that_the_majority_took(
    mongo: Mongo, dice: Random, seed: int, evidence: Evidence
) -> None:
    evidence("T9", trials=KILLS, unit="kills of MongoDB")
    async with orders_in(mongo) as door:
        await nothing_is_forgotten(mongo, door, dice, seed)


async def test_rabbit_keeps_every_message_that_it_confirmed(
    rabbit: Rabbit, dice: Random, seed: int, evidence: Evidence
) -> None:
    evidence("T9", trials=KILLS, unit="kills of RabbitMQ")
    door = await messages_in(rabbit)
    await nothing_is_forgotten(rabbit, door, dice, seed)


async def nothing_is_forgotten(store: Server, door: Door, dice: Random, seed: int) -> None:
    writers = Writers(door, dice)

    async with writers.at_work():
        for _ in range(KILLS):
            await writers.hear(dice.randint(1, 60))
            await asyncio.sleep(0.05 * dice.random())
            await by_hand(store.kill)
            await by_hand(store.start)
        await writers.hear(1)

    acknowledged, stored = writers.acknowledged, set(await door.stored())
    print(f"seed {seed}: {KILLS} kills, {len(acknowledged)} acknowledged, {len(acknowledged - stored)} lost,", end=" ")
    print(f"{len(stored - acknowledged)} stored without a word, {writers.in_vain} attempts in vain")
    assert acknowledged - stored == set()
