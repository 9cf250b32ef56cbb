"""Quick looks into the stores, for moments when reading all facts would take too long."""

import asyncio
import sys
import time
from collections.abc import Callable
from typing import Any
from uuid import UUID

import asyncpg
import pymongo

from tests.faults.shop.street import Street

PATIENCE_SECONDS = 60
QUIET_SECONDS = 180
"""How long nothing may move while something is under way: a hundred thousand orders take longer than a hundred."""


async def open_orders(street: Street) -> int:
    """How many orders wait for something."""
    return await asyncio.to_thread(_orders, street, lambda orders: orders.count_documents(WAITING))


async def nothing_open(street: Street) -> None:
    """Returns once no order waits for anything."""
    deadline, fewest = time.monotonic() + QUIET_SECONDS, sys.maxsize
    while open_ := await open_orders(street):
        if open_ < fewest:
            deadline, fewest = time.monotonic() + QUIET_SECONDS, open_
        assert time.monotonic() < deadline, f"{open_} orders are open, and no fewer for {QUIET_SECONDS} s"
        await asyncio.sleep(0.2)


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
