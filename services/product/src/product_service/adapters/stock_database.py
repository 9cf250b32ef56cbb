"""Stock in PostgreSQL: transactions, and what is read without one."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

from chassis.database import Database
from chassis.world import World

from product_service.adapters.stock_tables import LATEST, LEVEL, StockTables, to_ledger_row
from product_service.domain.stock import LedgerRow, StockLevel


@dataclass(frozen=True, slots=True)
class StockDatabase:
    database: Database
    world: World

    @asynccontextmanager
    async def transaction(self) -> AsyncGenerator[StockTables]:
        async with self.database.transaction() as connection:
            yield StockTables(connection, self.world)

    async def level(self, sku: str) -> StockLevel | None:
        async with self.database.reading() as connection:
            row = (await connection.execute(LEVEL, {"sku": sku})).one_or_none()
        return StockLevel(row.sku, row.on_hand, row.reserved) if row is not None else None

    async def ledger(self, sku: str, *, limit: int) -> Sequence[tuple[datetime, LedgerRow]]:
        async with self.database.reading() as connection:
            rows = (await connection.execute(LATEST, {"sku": sku, "limit": limit})).all()
        return [(row.at, to_ledger_row(row)) for row in rows]
