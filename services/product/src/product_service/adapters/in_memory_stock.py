"""The twin in memory of holds, stock and ledger, for the demo, the simulator and the tests."""

from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from chassis.memory import MemoryStore, Table
from chassis.messages import Contract

from product_service.adapters.facts import hold_fact, ledger_fact, stock_fact
from product_service.domain.hold import Hold, HoldState, ledger_ref
from product_service.domain.stock import Entry, LedgerRow, Movement, StockLevel
from product_service.ports import HoldStory


@dataclass(frozen=True, slots=True)
class _Kept:
    hold: Hold
    expires_at: datetime


class InMemoryStock:
    """Holds, stock and ledger of one MemoryStore. Also its own transaction.

    `available` and `add_sku` are for the catalogue of the same store, inside of its transactions.
    """

    def __init__(self, store: MemoryStore) -> None:
        self._store = store
        self._levels: Table[str, StockLevel] = store.table()
        self._holds: Table[UUID, _Kept] = store.table()
        self._ledger: Table[tuple[str, str, Entry], tuple[datetime, LedgerRow]] = store.table()

    @asynccontextmanager
    async def transaction(self) -> AsyncGenerator["InMemoryStock"]:
        async with self._store.transaction():
            yield self

    async def level(self, sku: str) -> StockLevel | None:
        async with self._store.transaction():
            return self._levels.get(sku)

    async def ledger(self, sku: str, *, limit: int) -> Sequence[tuple[datetime, LedgerRow]]:
        async with self._store.transaction():
            rows = [each for each in self._ledger.values() if each[1].level.sku == sku]
        return sorted(rows, key=lambda each: each[1].id, reverse=True)[:limit]

    async def hold_story(self, order_id: UUID) -> HoldStory | None:
        async with self._store.transaction():
            kept = self._holds.get(order_id)
            booked = [each for each in self._ledger.values() if each[1].ref == ledger_ref(order_id)]
        if kept is None:
            return None
        return HoldStory(kept.hold, kept.expires_at, sorted(booked, key=lambda each: (each[0], each[1].level.sku)))

    async def violations(self) -> Mapping[str, int]:
        booked, held = Counter[str](), Counter[str]()
        async with self._store.transaction():
            for _, row in self._ledger.values():
                booked[row.level.sku] += row.quantity
            for each in self._holds.values():
                held.update(each.hold.lines if each.hold.state is HoldState.HELD else {})
            levels = list(self._levels.values())
        return {
            "I1": sum(each.on_hand != booked[each.sku] for each in levels),
            "I2": sum(each.reserved != held[each.sku] for each in levels),
        }

    async def facts(self) -> AsyncIterator[dict[str, Any]]:
        async with self._store.transaction():
            found = [
                *map(stock_fact, self._levels.values()),
                *(ledger_fact(row) for _, row in self._ledger.values()),
                *(hold_fact(each.hold) for each in self._holds.values()),
                *({"kind": "outbox", **message} for message in self._store.outbox_facts()),
            ]
        for fact in found:
            yield fact

    # --- for the catalogue

    def available(self, sku: str) -> int:
        """How many could be held; none of a SKU that we do not know."""
        level = self._levels.get(sku)
        return level.available if level is not None else 0

    def add_sku(self, sku: str, *, pieces: int) -> None:
        """A new SKU with its first pieces; one that we have stays as it is."""
        if sku in self._levels:
            return
        level = StockLevel(sku, pieces, 0)
        self._levels.put(sku, level)
        if pieces:
            self._append(LedgerRow(self._store.world.ids.uuid7(), Entry.INITIAL, pieces, "initial", level))

    # --- the transaction

    async def add_hold(self, hold: Hold, *, ttl: timedelta) -> bool:
        if hold.order_id in self._holds:
            return False
        self._holds.put(hold.order_id, _Kept(hold, self._now() + ttl))
        return True

    async def lock_hold(self, order_id: UUID) -> Hold | None:
        found = self._holds.get(order_id)
        return found.hold if found is not None else None

    async def lock_overdue_hold(self) -> Hold | None:
        now = self._now()
        overdue = [each for each in self._holds.values() if each.hold.state is HoldState.HELD and each.expires_at < now]
        return min(overdue, key=lambda each: each.expires_at).hold if overdue else None

    async def save_hold(self, hold: Hold) -> None:
        found = self._holds.get(hold.order_id)
        if found is not None:
            self._holds.put(hold.order_id, replace(found, hold=hold))

    async def lock_stock(self, skus: Collection[str]) -> Mapping[str, StockLevel]:
        found = ((sku, self._levels.get(sku)) for sku in sorted(skus))
        return {sku: level for sku, level in found if level is not None}

    async def move_stock(self, lines: Mapping[str, int], movement: Movement) -> Mapping[str, StockLevel]:
        moved: dict[str, StockLevel] = {}
        for sku, before in (await self.lock_stock(lines)).items():
            after = StockLevel(
                sku,
                before.on_hand + movement.on_hand * lines[sku],
                before.reserved + movement.reserved * lines[sku],
            )
            if not 0 <= after.reserved <= after.on_hand:
                raise ValueError(f"{after} is no possible level")
            self._levels.put(sku, after)
            moved[sku] = after
        return moved

    async def write_ledger(self, rows: Sequence[LedgerRow]) -> bool:
        for row in rows:
            if row.fingerprint is not None and await self.find_adjustment(row.ref) is not None:
                return False
            self._append(row)
        return True

    async def find_adjustment(self, ref: str) -> LedgerRow | None:
        rows = (row for _, row in self._ledger.values())
        return next((row for row in rows if row.ref == ref and row.fingerprint is not None), None)

    async def in_ledger(self, ref: str) -> bool:
        return any(known == ref for (known, _sku, _entry), _row in self._ledger.items())

    async def announce(self, message: Contract) -> None:
        self._store.announce(message)

    def _append(self, row: LedgerRow) -> None:
        key = (row.ref, row.level.sku, row.entry)
        if key in self._ledger:
            raise ValueError(f"{key} is in the ledger already")
        if row.level.sku not in self._levels:
            raise ValueError(f"there is no stock of {row.level.sku}")
        self._ledger.put(key, (self._now(), row))

    def _now(self) -> datetime:
        return self._store.world.clock.now()
