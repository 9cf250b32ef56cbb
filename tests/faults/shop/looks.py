"""Quick looks into the stores, for moments when reading all facts would take too long."""

import asyncio
import sys
import time
from collections.abc import Callable, Collection, Generator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import asyncpg
import pymongo

from tests.faults.shop.street import Street

PATIENCE_SECONDS = 60
QUIET_SECONDS = 180
"""How long nothing may move while something is under way: a hundred thousand orders take longer than a hundred."""


class Patience:
    """With much that is under way, as long as it becomes less."""

    def __init__(self) -> None:
        self._least = sys.maxsize
        self._deadline = time.monotonic() + QUIET_SECONDS

    def while_left(self, count: int, what: str) -> None:
        """Fails when it has not become less for too long."""
        if count < self._least:
            self._deadline, self._least = time.monotonic() + QUIET_SECONDS, count
        assert time.monotonic() < self._deadline, f"{count} {what}, and no fewer for {QUIET_SECONDS} s"


async def open_orders(street: Street) -> int:
    """How many orders wait for something."""
    with _collection(street, "order", "orders") as orders:
        return await asyncio.to_thread(orders.count_documents, WAITING)


async def nothing_open(street: Street) -> None:
    """Returns once no order waits for anything."""
    await _none_left(street, "order", "orders", WAITING, "orders are open")


async def nothing_to_mail(street: Street) -> None:
    """Returns once no mail waits to be sent."""
    await _none_left(street, "notification", "deliveries", QUEUED, "mails are not sent")


async def confirmed(street: Street, order_ids: Collection[str]) -> int:
    """How many of these orders are confirmed."""
    wanted = {"_id": {"$in": [UUID(each) for each in order_ids]}, "state": "CONFIRMED"}
    with _collection(street, "order", "orders") as orders:
        return await asyncio.to_thread(orders.count_documents, wanted)


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


async def hold_state(street: Street, order_id: str) -> str | None:
    """What has become of the goods of this order; None when product has heard of none."""
    product = await asyncpg.connect(street.grounds.databases["product"].url.replace("+asyncpg", ""))
    try:
        return await product.fetchval("SELECT state FROM hold WHERE order_id = $1", UUID(order_id))
    finally:
        await product.close()


LINK = """
    SELECT count(*) FROM outbox WHERE published_at IS NOT NULL
    AND routing_key = 'EmailVerificationRequested.v1' AND envelope #>> '{data,email}' = $1
"""
WAITING = {"next_action_at": {"$exists": True}}
QUEUED = {"channel": "email", "state": "QUEUED"}
STEPS = [{"$group": {"_id": None, "steps": {"$sum": {"$subtract": ["$version", 1]}}}}]
TOLD = {"outbox": {"$elemMatch": {"lane": "news", "published_at": {"$ne": None}}}}


async def _none_left(street: Street, service: str, name: str, wanted: dict[str, Any], what: str) -> None:
    patience = Patience()
    with _collection(street, service, name) as documents:
        while left := await asyncio.to_thread(documents.count_documents, wanted):
            patience.while_left(left, what)
            await asyncio.sleep(0.2)


async def _grows(street: Street, look: Callable[[Any], int], *, by: int) -> None:
    with _collection(street, "order", "orders") as orders:
        before = await asyncio.to_thread(look, orders)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while await asyncio.to_thread(look, orders) < before + by:
            assert time.monotonic() < deadline, f"nothing moved in {PATIENCE_SECONDS} s"
            await asyncio.sleep(0.02)


@contextmanager
def _collection(street: Street, service: str, name: str) -> Generator[Any]:
    """Of one service's documents, by a client that is made once and not for every look."""
    with pymongo.MongoClient[dict[str, Any]](street.grounds.mongo.url, uuidRepresentation="standard") as client:
        yield client[street.grounds.mongo_database(service)][name]
