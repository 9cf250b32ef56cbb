"""Stock in PostgreSQL: transactions, and what is read without one."""

from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from chassis.database import Database
from chassis.world import World
from sqlalchemy import text

from product_service.adapters.facts import hold_fact, ledger_fact, stock_fact
from product_service.adapters.stock_tables import (
    HOLD,
    LATEST,
    LEDGER_COLUMNS,
    LEVEL,
    StockTables,
    to_hold,
    to_ledger_row,
    to_level,
)
from product_service.domain.hold import ledger_ref
from product_service.domain.stock import LedgerRow, StockLevel
from product_service.ports import HoldStory

# So that levels, ledger and holds are of the same moment: a hold that is taken meanwhile is in all of them or in none.
ONE_MOMENT = text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
ALL_LEVELS = text("SELECT sku, on_hand, reserved FROM stock ORDER BY sku")
ALL_LEDGER = text(LEDGER_COLUMNS + " ORDER BY id")
ONE_HOLD = text(HOLD + " WHERE order_id = :order_id")
BOOKED = text(LEDGER_COLUMNS + " WHERE ref = :ref ORDER BY at, sku")
ALL_HOLDS = text(HOLD + " ORDER BY order_id")
# All of the ledger, which on a large shop takes longer than a customer may be kept waiting.
PATIENT = text("SET LOCAL statement_timeout = '1min'")
VIOLATIONS = text(
    """
    WITH booked AS (SELECT sku, sum(quantity) AS quantity FROM stock_ledger GROUP BY sku),
         held AS (SELECT sku, sum(quantity) AS quantity FROM hold JOIN hold_line USING (order_id)
                  WHERE state = 'HELD' GROUP BY sku)
    SELECT count(*) FILTER (WHERE on_hand <> coalesce(booked.quantity, 0)) AS i1,
           count(*) FILTER (WHERE reserved <> coalesce(held.quantity, 0)) AS i2
    FROM stock LEFT JOIN booked USING (sku) LEFT JOIN held USING (sku)
    """
)
OUTBOX = text(
    "SELECT id, routing_key AS type, aggregate_id, published_at IS NOT NULL AS published,"
    " created_at AS at, published_at AS sent_at FROM outbox ORDER BY id"
)


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
        return to_level(row) if row is not None else None

    async def ledger(self, sku: str, *, limit: int) -> Sequence[tuple[datetime, LedgerRow]]:
        async with self.database.reading() as connection:
            rows = (await connection.execute(LATEST, {"sku": sku, "limit": limit})).all()
        return [(row.at, to_ledger_row(row)) for row in rows]

    async def hold_story(self, order_id: UUID) -> HoldStory | None:
        async with self.database.reading() as connection:
            row = (await connection.execute(ONE_HOLD, {"order_id": order_id})).one_or_none()
            booked = (await connection.execute(BOOKED, {"ref": ledger_ref(order_id)})).all()
        if row is None:
            return None
        return HoldStory(to_hold(row), row.expires_at, [(each.at, to_ledger_row(each)) for each in booked])

    async def violations(self) -> Mapping[str, int]:
        async with self.database.transaction() as connection:
            await connection.execute(PATIENT)
            found = (await connection.execute(VIOLATIONS)).one()
        return {"I1": found.i1, "I2": found.i2}

    async def facts(self) -> AsyncIterator[dict[str, Any]]:
        async with self.database.transaction() as connection:
            await connection.execute(ONE_MOMENT)
            async for row in await connection.stream(ALL_LEVELS):
                yield stock_fact(to_level(row))
            async for row in await connection.stream(ALL_LEDGER):
                yield ledger_fact(to_ledger_row(row))
            async for row in await connection.stream(ALL_HOLDS):
                yield hold_fact(to_hold(row))
            async for row in await connection.stream(OUTBOX):
                yield {"kind": "outbox", **dict(row), "id": str(row.id)}
