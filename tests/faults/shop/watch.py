"""An eye on money and goods while they move: nobody is ever charged without goods, not even for a moment (I4a)."""

import asyncio
import time
from collections.abc import AsyncGenerator, Collection
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from threading import Event
from typing import Any
from uuid import UUID

import asyncpg
import pymongo
import pymongo.errors
from chassis.world import World

from tests.faults.shop.street import Street

BETWEEN_LOOKS = 0.02
SHARE = 0.1
"""Of one core, at most, for looking: a watch that takes more slows down what it watches."""
AGAIN_SECONDS = 0.2
AWAY = (asyncpg.PostgresError, asyncpg.InterfaceError, pymongo.errors.PyMongoError, OSError, TimeoutError)
Eyes = tuple[Any, asyncpg.Connection, asyncpg.Connection]
"""Orders, payments, goods."""
EXCUSED = ["CANCELLING", "CANCELLED"]
CHARGED = "SELECT order_id FROM payment WHERE order_id > $1 AND state = 'CAPTURED' AND refunded < captured"
COMMITTED = "SELECT order_id FROM hold WHERE order_id = ANY($1) AND state = 'COMMITTED'"


@dataclass
class Watch:
    """Looks at the orders placed since it began, in a thread of its own, so that a busy test does not blind it.

    The consequence is read first, the cause second: what is charged by now must have been committed before. Read the
    other way round, a sale between the two looks would seem to be a charge without goods.
    """

    street: Street
    since: UUID = field(default_factory=lambda: World().ids.uuid7())
    over: Event = field(default_factory=Event)
    pauses: list[float] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)
    stores_go: bool = False
    """Do stores go away on purpose? Then what could not be seen is looked at again, and not a fault of the watch."""

    async def until_over(self) -> None:
        looked_at = time.monotonic()
        async with AsyncExitStack() as stack:
            eyes: Eyes | None = None
            while not self.over.is_set():
                began = time.thread_time()
                try:
                    eyes = eyes or await self._open(stack)
                    await self._look(*eyes)
                except AWAY:
                    if not self.stores_go:
                        raise
                    eyes = None
                    await stack.aclose()
                    await asyncio.sleep(AGAIN_SECONDS)
                    continue
                cost = time.thread_time() - began
                now = time.monotonic()
                self.pauses.append(now - looked_at)
                looked_at = now
                await asyncio.sleep(max(BETWEEN_LOOKS, cost / SHARE - cost))

    async def _open(self, stack: AsyncExitStack) -> Eyes:
        grounds = self.street.grounds
        mongo: pymongo.AsyncMongoClient[dict[str, Any]] = pymongo.AsyncMongoClient(
            grounds.mongo.url, uuidRepresentation="standard", readConcernLevel="majority"
        )
        stack.push_async_callback(mongo.close)
        tables: list[asyncpg.Connection] = []
        for service in ("payment", "product"):
            connection = await asyncpg.connect(grounds.databases[service].url.replace("+asyncpg", ""))
            stack.callback(connection.terminate)
            tables.append(connection)
        return mongo[grounds.mongo_database("order")].orders, *tables

    async def _look(self, orders: Any, payment: asyncpg.Connection, product: asyncpg.Connection) -> None:
        # Told to go by state: of a hundred thousand orders that raced for the last piece, few are confirmed.
        sold = orders.find({"_id": {"$gt": self.since}, "state": "CONFIRMED"}, {"_id": 1}).hint("staff_state")
        confirmed = {each["_id"] async for each in sold}
        booked = {row["order_id"] for row in await payment.fetch(CHARGED, self.since)}
        for order_id in confirmed - booked:
            # Between the two looks it may have been sent back, or cancelled, as far as the money.
            if await orders.find_one({"_id": order_id, "state": "CONFIRMED"}, {"_id": 1}):
                self.violations.append(f"{order_id} is confirmed and not charged")

        charged = booked | self._charged_at_provider()
        for order_id in charged - await self._committed(product, charged):
            order = await orders.find_one({"_id": order_id}, {"state": 1})
            if order is None or order["state"] not in EXCUSED:
                self.violations.append(f"{order_id} is charged, its goods are not committed, the order is {order}")

    def _charged_at_provider(self) -> set[UUID]:
        """The provider's books change while they are read from another thread; then they are read again."""
        while True:
            try:
                facts = self.street.world.psp.facts()
            except RuntimeError:
                continue
            found = {UUID(each["order_id"]) for each in facts if each["kind"] == "capture"}
            return {each for each in found if each > self.since}

    async def _committed(self, product: asyncpg.Connection, order_ids: Collection[UUID]) -> set[UUID]:
        return {row["order_id"] for row in await product.fetch(COMMITTED, list(order_ids))}


@asynccontextmanager
async def watching(street: Street, *, stores_go: bool = False) -> AsyncGenerator[None]:
    """Looks all the time while the context is open; its end fails if anything was seen."""
    watch = Watch(street, stores_go=stores_go)
    watcher = asyncio.create_task(asyncio.to_thread(asyncio.run, watch.until_over()))
    try:
        yield
    finally:
        watch.over.set()
        await watcher
    pauses = sorted(watch.pauses)
    typical, longest = (round(1000 * pauses[at]) for at in (len(pauses) // 2, -1))
    print(f"{len(pauses)} looks at what is charged, {typical} ms apart, once {longest} ms")
    assert not watch.violations, "\n".join(watch.violations[:10])
