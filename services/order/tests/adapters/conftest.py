"""The twins behind the same names: one suite asks both for the same promises."""

import asyncio
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from chassis.memory import MemoryStore
from chassis.outbox import Outbox
from chassis.world import World
from order_service.adapters.cart_documents import CartDocuments
from order_service.adapters.document_outbox import DocumentOutbox
from order_service.adapters.in_memory import InMemoryCarts, InMemoryOrders
from order_service.adapters.order_documents import OrderDocuments
from order_service.ports import AllOrders, Carts


@dataclass
class Wristwatch:
    """Shows what the test sets; waiting takes real time, as long as the test's patience."""

    time: datetime = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)
    patience: float = 0.02

    def now(self) -> datetime:
        return self.time

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(min(seconds, self.patience))

    def move(self, **delta: float) -> None:
        self.time += timedelta(**delta)


@dataclass
class Books:
    """The stores of one order service."""

    orders: AllOrders
    carts: Carts
    outbox: Outbox
    clock: Wristwatch

    async def deliver(self) -> list[str]:
        """All that is due leaves; what it was."""
        async with self.outbox.lead() as queue:
            due = await queue.due()
            await queue.settle(confirmed=[each.id for each in due], refused=[])
        return [each.envelope.type.removesuffix(".v1") for each in due]

    async def due(self) -> list[str]:
        async with self.outbox.lead() as queue:
            return [each.envelope.type.removesuffix(".v1") for each in await queue.due()]

    async def facts(self, kind: str) -> list[dict[str, Any]]:
        return [fact async for fact in self.orders.facts() if fact["kind"] == kind]


@pytest.fixture
def clock() -> Wristwatch:
    return Wristwatch()


@pytest.fixture(params=["memory", "mongo"])
def books(request: pytest.FixtureRequest, clock: Wristwatch) -> Books:
    return request.getfixturevalue("memory_books" if request.param == "memory" else "mongo_books")


@pytest.fixture
def memory_books(clock: Wristwatch) -> Books:
    store = MemoryStore(World(clock=clock))
    return Books(InMemoryOrders(store), InMemoryCarts(store), store.outbox, clock)


@pytest.fixture
def mongo_books(documents: Any, clock: Wristwatch) -> Books:
    world = World(clock=clock)
    return Books(OrderDocuments(documents, world), CartDocuments(documents), DocumentOutbox(documents, world), clock)
