"""Quick looks into the stores, for moments when reading all facts would take too long."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import asyncpg
import pymongo

from tests.faults.shop.street import Street

PATIENCE_SECONDS = 60
BETWEEN_LOOKS = 0.02
EXCUSED = ["CANCELLING", "CANCELLED"]


async def open_orders(street: Street) -> int:
    """How many orders wait for something."""
    return await asyncio.to_thread(_orders, street, lambda orders: orders.count_documents(WAITING))


async def step_taken(street: Street) -> None:
    """Returns once the saga has taken a further step with any order."""
    await _grows(street, lambda orders: sum(each["steps"] for each in orders.aggregate(STEPS)), by=1)


async def news_sent(street: Street, count: int) -> None:
    """Returns once the broker has taken the news of so many further orders."""
    await _grows(street, lambda orders: orders.count_documents(TOLD), by=count)


async def link_sent(street: Street, *, to: str) -> None:
    """Returns once the broker has taken the news that somebody wants to prove this address."""
    user = await asyncpg.connect(street.grounds.databases["user"].url.replace("+asyncpg", ""))
    deadline = time.monotonic() + PATIENCE_SECONDS
    try:
        while not await user.fetchval(LINK, to):
            assert time.monotonic() < deadline, f"no link for {to} in {PATIENCE_SECONDS} s"
            await asyncio.sleep(0.02)
    finally:
        await user.close()


LINK = """
    SELECT count(*) FROM outbox WHERE published_at IS NOT NULL
    AND routing_key = 'EmailVerificationRequested.v1' AND envelope #>> '{data,email}' = $1
"""
WAITING = {"next_action_at": {"$exists": True}}
STEPS = [{"$group": {"_id": None, "steps": {"$sum": {"$subtract": ["$version", 1]}}}}]
TOLD = {"outbox": {"$elemMatch": {"lane": "news", "published_at": {"$ne": None}}}}


async def _grows(street: Street, look: Callable[[Any], int], *, by: int) -> None:
    before = await asyncio.to_thread(_orders, street, look)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while await asyncio.to_thread(_orders, street, look) < before + by:
        assert time.monotonic() < deadline, f"nothing moved in {PATIENCE_SECONDS} s"
        await asyncio.sleep(0.02)


def _orders(street: Street, look: Callable[[Any], int]) -> int:
    with pymongo.MongoClient[dict[str, Any]](street.grounds.mongo.url, uuidRepresentation="standard") as client:
        return look(client[street.grounds.mongo_database("order")].orders)


@dataclass
class Watch:
    """Never charged without goods (I4a), asked again and again while things move.

    The consequence is read first, the cause second: what is captured now must have been committed before. Read the
    other way round, a sale between the two looks would seem to be a charge without goods.
    """

    street: Street
    payment: asyncpg.Connection
    product: asyncpg.Connection
    orders: Any
    looks: int = 0
    longest_gap: float = 0.0
    violations: list[str] = field(default_factory=list)

    async def until_cancelled(self) -> None:
        looked_at = time.monotonic()
        while True:
            await self._look()
            self.looks += 1
            self.longest_gap = max(self.longest_gap, time.monotonic() - looked_at)
            looked_at = time.monotonic()
            await asyncio.sleep(BETWEEN_LOOKS)

    async def _look(self) -> None:
        confirmed = [each["_id"] async for each in self.orders.find({"state": "CONFIRMED"}, {"_id": 1})]
        captured = await self._charged()
        self.violations += [f"{order_id} is confirmed and not charged" for order_id in set(confirmed) - captured]

        charged = captured | self._charged_at_provider()
        for order_id in charged - await self._committed(charged):
            order = await self.orders.find_one({"_id": order_id}, {"state": 1})
            if order is None or order["state"] not in EXCUSED:
                self.violations.append(f"{order_id} is charged, its goods are not committed, the order is {order}")

    async def _charged(self) -> set[UUID]:
        asked = "SELECT order_id FROM payment WHERE state = 'CAPTURED' AND refunded < captured"
        return {row["order_id"] for row in await self.payment.fetch(asked)}

    def _charged_at_provider(self) -> set[UUID]:
        facts = self.street.world.psp.facts()
        returned = {each["intent_id"] for each in facts if each["kind"] == "refund"}
        return {
            UUID(each["order_id"]) for each in facts if each["kind"] == "capture" and each["intent_id"] not in returned
        }

    async def _committed(self, order_ids: Collection[UUID]) -> set[UUID]:
        asked = "SELECT order_id FROM hold WHERE order_id = ANY($1) AND state = 'COMMITTED'"
        return {row["order_id"] for row in await self.product.fetch(asked, list(order_ids))}


@asynccontextmanager
async def watching(street: Street) -> AsyncGenerator[Watch]:
    """Looks all the time while the context is open; its end fails if anything was seen."""
    databases = street.grounds.databases
    payment, product = [
        await asyncpg.connect(databases[each].url.replace("+asyncpg", "")) for each in ("payment", "product")
    ]
    mongo: pymongo.AsyncMongoClient[dict[str, Any]] = pymongo.AsyncMongoClient(
        street.grounds.mongo.url, uuidRepresentation="standard", readConcernLevel="majority"
    )
    watch = Watch(street, payment, product, mongo[street.grounds.mongo_database("order")].orders)
    watcher = asyncio.create_task(watch.until_cancelled())
    try:
        yield watch
    finally:
        watcher.cancel()
        (ended,) = await asyncio.gather(watcher, return_exceptions=True)
        await payment.close()
        await product.close()
        await mongo.close()
    assert isinstance(ended, asyncio.CancelledError), f"the watcher fell asleep: {ended!r}"
    assert not watch.violations, "\n".join(watch.violations[:10])
    print(f"{watch.looks} looks at what is charged, the longest pause between two {watch.longest_gap * 1000:.0f} ms")
