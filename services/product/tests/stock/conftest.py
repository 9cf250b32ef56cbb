"""A warehouse to give commands to and to look into: on the twin in memory and on PostgreSQL."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from chassis.memory import MemoryStore
from chassis.messages import Envelope
from chassis.world import World
from product_service.adapters.in_memory_stock import InMemoryStock
from product_service.domain.hold import Answer
from product_service.ports import Stock
from product_service.use_cases.adjust_stock import AdjustStock
from product_service.use_cases.commit_stock import CommitStock
from product_service.use_cases.expire_holds import ExpireHolds
from product_service.use_cases.release_stock import ReleaseStock
from product_service.use_cases.reserve_stock import ReserveStock
from product_service.use_cases.return_stock import ReturnStock
from testkit.verify.facts import Facts
from testkit.verify.invariants import reserved_is_the_sum_of_holds, stock_is_the_sum_of_its_ledger

MIGRATIONS = Path(__file__).parents[2] / "migrations"
LONG, OVER = timedelta(minutes=40), timedelta(seconds=-1)


@dataclass
class HandClock:
    """A clock that the test moves."""

    time: datetime = field(default_factory=lambda: datetime.now(UTC))

    def now(self) -> datetime:
        return self.time

    def monotonic(self) -> float:
        return self.time.timestamp()

    async def sleep(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)

    def move(self, **delta: float) -> None:
        self.time += timedelta(**delta)


@dataclass
class Warehouse:
    """The use cases on one store, and questions to it."""

    stock: Stock
    world: World
    add: Callable[[str, int], Awaitable[None]]
    envelopes: Callable[[], Awaitable[list[Envelope]]]
    """Everything announced so far, oldest first."""
    counted: list[Answer] = field(default_factory=list)

    async def reserve(self, order_id: UUID, *lines: tuple[str, int], ttl: timedelta = LONG) -> None:
        await ReserveStock(self.stock, ttl, self.world, self.counted.append)(order_id=order_id, lines=lines)

    async def commit(self, order_id: UUID) -> None:
        await CommitStock(self.stock, self.world)(order_id=order_id)

    async def release(self, order_id: UUID) -> None:
        await ReleaseStock(self.stock, self.world)(order_id=order_id)

    async def take_back(self, order_id: UUID, refund_id: UUID, *lines: tuple[str, int]) -> None:
        await ReturnStock(self.stock, self.world)(order_id=order_id, refund_id=refund_id, lines=lines)

    async def expire(self) -> int:
        return await ExpireHolds(self.stock, self.world)()

    @property
    def adjust(self) -> AdjustStock:
        return AdjustStock(self.stock, self.world)

    async def facts(self, kind: str) -> list[dict[str, Any]]:
        return [fact async for fact in self.stock.facts() if fact["kind"] == kind]

    async def levels(self) -> dict[str, tuple[int, int]]:
        """SKU -> on hand, reserved."""
        return {fact["sku"]: (fact["on_hand"], fact["reserved"]) for fact in await self.facts("stock")}

    async def states(self) -> dict[UUID, str]:
        return {UUID(fact["order_id"]): fact["state"] for fact in await self.facts("hold")}

    async def ledger(self) -> list[tuple[str, str, int]]:
        """SKU, entry and quantity of everything after the first pieces, in no order."""
        rows = [(fact["sku"], fact["entry"], fact["quantity"]) for fact in await self.facts("stock_ledger")]
        return sorted(row for row in rows if row[1] != "initial")

    async def everything(self) -> Facts:
        """All facts, of one moment."""
        facts = Facts()
        facts.add("product", [fact async for fact in self.stock.facts()])
        return facts

    async def violations(self) -> list[str]:
        return violations(await self.everything())

    async def said(self, order_id: UUID) -> list[str]:
        """The types of what was announced about one order, oldest first."""
        return [each.type for each in await self.envelopes() if each.aggregate_id == str(order_id)]


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def world(clock: HandClock) -> World:
    return World(clock=clock)


@pytest.fixture
def order() -> UUID:
    return uuid4()


@pytest.fixture(params=["memory", "postgres"])
def warehouse(request: pytest.FixtureRequest) -> Warehouse:
    return request.getfixturevalue(f"{request.param}_warehouse")


@pytest.fixture
def memory_warehouse(world: World) -> Warehouse:
    return memory_warehouse_in(world)


def memory_warehouse_in(world: World) -> Warehouse:
    store = MemoryStore(world)
    stock = InMemoryStock(store)

    async def add(sku: str, pieces: int) -> None:
        async with store.transaction():
            stock.add_sku(sku, pieces=pieces)

    async def envelopes() -> list[Envelope]:
        return [each.envelope for each in store.announced]

    return Warehouse(stock, world, add, envelopes)


@pytest.fixture
async def product_database(fresh_database: Callable[..., Awaitable[Any]]) -> Any:
    """The two logins to a migrated database of product."""
    from chassis.migrations import migrate

    return await fresh_database("product", migrate=lambda fresh: migrate(fresh.owner_url, MIGRATIONS))


@pytest.fixture
async def postgres_warehouse(product_database: Any, world: World) -> AsyncIterator[Warehouse]:
    from chassis.database import Database

    # As many connections as there are hands in a race, so that they meet in the database and not before it.
    database = Database(product_database.url, pool_size=50)
    yield postgres_warehouse_on(database, world)
    await database.close()


def postgres_warehouse_on(database: Any, world: World) -> Warehouse:
    from product_service.adapters.stock_database import StockDatabase
    from product_service.adapters.stock_tables import StockTables
    from product_service.domain.stock import Entry, LedgerRow, StockLevel
    from sqlalchemy import text

    insert = text("INSERT INTO stock (sku, on_hand, reserved) VALUES (:sku, :pieces, 0)")
    outbox = text("SELECT CAST(envelope AS text) FROM outbox ORDER BY created_at, id")

    async def add(sku: str, pieces: int) -> None:
        async with database.transaction() as connection:
            await connection.execute(insert, {"sku": sku, "pieces": pieces})
            first = LedgerRow(world.ids.uuid7(), Entry.INITIAL, pieces, "initial", StockLevel(sku, pieces, 0))
            await StockTables(connection, world).write_ledger([first] if pieces else [])

    async def envelopes() -> list[Envelope]:
        async with database.reading() as connection:
            return [Envelope.model_validate_json(row) for row in (await connection.execute(outbox)).scalars()]

    return Warehouse(StockDatabase(database, world), world, add, envelopes)


def violations(facts: Facts) -> list[str]:
    """What is not as it must be: I1 and I2."""
    return [*stock_is_the_sum_of_its_ledger(facts), *reserved_is_the_sum_of_holds(facts)]


def missing_lines(envelope: Envelope) -> Mapping[str, tuple[int, int]]:
    """SKU -> wanted, available."""
    return {each["sku"]: (each["wanted"], each["available"]) for each in envelope.data["missing"]}
