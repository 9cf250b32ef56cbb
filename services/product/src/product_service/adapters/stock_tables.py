"""Holds, stock and ledger as PostgreSQL rows, in the transaction of one connection."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from chassis import outbox_table
from chassis.messages import Contract
from chassis.statements import Connection, Row
from chassis.world import World
from sqlalchemy import text

from product_service.domain.hold import Hold, HoldState, Missing
from product_service.domain.stock import Entry, LedgerRow, Movement, StockLevel

# The header decides for all of its lines: it is inserted or locked before anything else is.
ADD_HOLD = text(
    "WITH header AS ("
    " INSERT INTO hold (order_id, state, expires_at) VALUES (:order_id, :state, now() + :ttl)"
    " ON CONFLICT DO NOTHING RETURNING order_id),"
    " lines AS ("
    " INSERT INTO hold_line (order_id, sku, quantity)"
    " SELECT order_id, sku, quantity FROM header,"
    " unnest(CAST(:skus AS text[]), CAST(:quantities AS int[])) AS line (sku, quantity))"
    " SELECT count(*) FROM header"
)
HOLD = (
    "SELECT order_id, state, expires_at, CAST(answer AS text) AS answer,"
    " CAST((SELECT json_object_agg(l.sku, l.quantity ORDER BY l.sku) FROM hold_line l"
    " WHERE l.order_id = hold.order_id) AS text) AS lines FROM hold"
)
LOCK_HOLD = text(HOLD + " WHERE order_id = :order_id FOR UPDATE")
LOCK_OVERDUE = text(
    HOLD + " WHERE state = 'HELD' AND expires_at < now() ORDER BY expires_at LIMIT 1 FOR UPDATE SKIP LOCKED"
)
SAVE_HOLD = text("UPDATE hold SET state = :state, answer = CAST(:answer AS jsonb) WHERE order_id = :order_id")

# Sorted, so that two orders for the same goods never wait for each other in a circle.
LOCK_STOCK = text(
    "SELECT sku, on_hand, reserved FROM stock WHERE sku = ANY(CAST(:skus AS text[])) ORDER BY sku FOR UPDATE"
)
# Relative to what the row holds at this moment, never to what was read before.
MOVE_STOCK = text(
    "UPDATE stock s SET on_hand = s.on_hand + :on_hand * line.quantity,"
    " reserved = s.reserved + :reserved * line.quantity"
    " FROM unnest(CAST(:skus AS text[]), CAST(:quantities AS int[])) AS line (sku, quantity)"
    " WHERE s.sku = line.sku RETURNING s.sku, s.on_hand, s.reserved"
)
WRITE_LEDGER = text(
    "INSERT INTO stock_ledger (id, sku, entry, quantity, ref, on_hand, reserved, reason, fingerprint)"
    " VALUES (:id, :sku, :entry, :quantity, :ref, :on_hand, :reserved, :reason, :fingerprint)"
)
WRITE_ADJUSTMENT = text(WRITE_LEDGER.text + " ON CONFLICT (ref) WHERE fingerprint IS NOT NULL DO NOTHING RETURNING id")
LEDGER_COLUMNS = "SELECT id, sku, entry, quantity, ref, on_hand, reserved, reason, fingerprint, at FROM stock_ledger"
FIND_ADJUSTMENT = text(LEDGER_COLUMNS + " WHERE ref = :ref AND fingerprint IS NOT NULL")
IN_LEDGER = text("SELECT EXISTS (SELECT FROM stock_ledger WHERE ref = :ref)")
LATEST = text(LEDGER_COLUMNS + " WHERE sku = :sku ORDER BY id DESC LIMIT :limit")
LEVELS = text("SELECT sku, on_hand, reserved FROM stock WHERE sku = ANY(CAST(:skus AS text[]))")
LEVEL = text("SELECT sku, on_hand, reserved FROM stock WHERE sku = :sku")


@dataclass(frozen=True, slots=True)
class StockTables:
    connection: Connection
    world: World

    async def add_hold(self, hold: Hold, *, ttl: timedelta) -> bool:
        added = await self.connection.execute(
            ADD_HOLD, {"order_id": hold.order_id, "state": hold.state, "ttl": ttl, **_arrays(hold.lines)}
        )
        return added.scalar_one() == 1

    async def lock_hold(self, order_id: UUID) -> Hold | None:
        row = (await self.connection.execute(LOCK_HOLD, {"order_id": order_id})).one_or_none()
        return to_hold(row) if row is not None else None

    async def lock_overdue_hold(self) -> Hold | None:
        row = (await self.connection.execute(LOCK_OVERDUE)).one_or_none()
        return to_hold(row) if row is not None else None

    async def save_hold(self, hold: Hold) -> None:
        answer = json.dumps({"missing": [asdict(each) for each in hold.missing]}) if hold.missing else None
        await self.connection.execute(SAVE_HOLD, {"order_id": hold.order_id, "state": hold.state, "answer": answer})

    async def lock_stock(self, skus: Collection[str]) -> Mapping[str, StockLevel]:
        return _levels(await self.connection.execute(LOCK_STOCK, {"skus": list(skus)}))

    async def move_stock(self, lines: Mapping[str, int], movement: Movement) -> Mapping[str, StockLevel]:
        return _levels(
            await self.connection.execute(
                MOVE_STOCK, {"on_hand": movement.on_hand, "reserved": movement.reserved, **_arrays(lines)}
            )
        )

    async def write_ledger(self, rows: Sequence[LedgerRow]) -> bool:
        plain = [_from_row(row) for row in rows if row.fingerprint is None]
        if plain:
            await self.connection.execute(WRITE_LEDGER, plain)
        for row in rows:
            if row.fingerprint is not None:
                written = await self.connection.execute(WRITE_ADJUSTMENT, _from_row(row))
                if written.one_or_none() is None:
                    return False
        return True

    async def find_adjustment(self, ref: str) -> LedgerRow | None:
        row = (await self.connection.execute(FIND_ADJUSTMENT, {"ref": ref})).one_or_none()
        return to_ledger_row(row) if row is not None else None

    async def in_ledger(self, ref: str) -> bool:
        return bool((await self.connection.execute(IN_LEDGER, {"ref": ref})).scalar_one())

    async def announce(self, message: Contract) -> None:
        await outbox_table.announce(self.connection, message, world=self.world)


def _arrays(lines: Mapping[str, int]) -> dict[str, list[Any]]:
    return {"skus": list(lines), "quantities": list(lines.values())}


def to_hold(row: Row) -> Hold:
    lacking = json.loads(row.answer)["missing"] if row.answer else ()
    return Hold(
        order_id=row.order_id,
        state=HoldState(row.state),
        lines=json.loads(row.lines) if row.lines else {},
        missing=tuple(Missing(**each) for each in lacking),
    )


def to_level(row: Row) -> StockLevel:
    return StockLevel(row.sku, row.on_hand, row.reserved)


def _levels(rows: Any) -> dict[str, StockLevel]:
    return {row.sku: to_level(row) for row in rows}


def _from_row(row: LedgerRow) -> dict[str, Any]:
    return {
        "id": row.id,
        "sku": row.level.sku,
        "entry": row.entry,
        "quantity": row.quantity,
        "ref": row.ref,
        "on_hand": row.level.on_hand,
        "reserved": row.level.reserved,
        "reason": row.reason,
        "fingerprint": row.fingerprint,
    }


def to_ledger_row(row: Row) -> LedgerRow:
    return LedgerRow(
        id=row.id,
        entry=Entry(row.entry),
        quantity=row.quantity,
        ref=row.ref,
        level=to_level(row),
        reason=row.reason,
        fingerprint=row.fingerprint,
    )
