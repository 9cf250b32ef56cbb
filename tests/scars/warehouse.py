"""The warehouse of product's own tests, on PostgreSQL alone."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from chassis.faults import StoreUnavailable

from services.product.tests.stock.conftest import Warehouse, postgres_warehouse_on

__all__ = ["Warehouse", "at_once", "postgres_warehouse_on"]


async def at_once(*attempts: Callable[[], Awaitable[Any]]) -> list[Any]:
    """A store too busy is no answer: the broker puts the command back, and it is obeyed again."""

    async def until_answered(attempt: Callable[[], Awaitable[Any]]) -> Any:
        while True:
            try:
                return await attempt()
            except StoreUnavailable:
                continue

    return await asyncio.gather(*(until_answered(each) for each in attempts))
