"""`python -m tests.scars.dying DATABASE_URL COUNT`: a product worker that dies with what it was going to say in hand.

It decides COUNT times, each in a transaction of its own. Then its relay takes what is to be said, and at the first
word to the broker the process is gone. One that has nothing to say goes the same way.
"""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

from chassis.database import Database
from chassis.outbox_relay import TableOutbox
from chassis.relay import Relay
from chassis.world import World

from tests.scars.warehouse import postgres_warehouse_on


class Abyss:
    """A broker at whose door one dies."""

    @asynccontextmanager
    async def line(self, _service: str) -> AsyncIterator["Abyss"]:
        yield self

    async def incarnation(self) -> UUID | None:
        return None

    async def write_incarnation(self, _life: UUID) -> None:
        """It is not remembered here."""

    def check(self) -> None:
        """It is always there."""

    async def publish(self, _batch: Any) -> frozenset[UUID]:
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError("this process is dead")


async def work(url: str, count: int) -> None:
    world = World()
    warehouse = postgres_warehouse_on(Database(url), world)
    for number in range(count):
        await warehouse.reserve(UUID(int=number), ("ANY", 1))
    outbox = TableOutbox(url, world=world)
    if (await outbox.backlog()).pending:
        await Relay(service="product", outbox=outbox, broker=Abyss(), world=world).run()
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    asyncio.run(work(sys.argv[1], int(sys.argv[2])))
