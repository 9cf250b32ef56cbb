"""The twins in memory, for the demo and the tests."""

from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from chassis.memory import MemoryStore, Table
from chassis.outbox import Kept

from order_service.adapters.facts import order_fact
from order_service.adapters.in_memory_figures import count
from order_service.adapters.messages import to_message
from order_service.domain.cart import Cart
from order_service.domain.figures import Figures, Period
from order_service.domain.order import Order, message_id
from order_service.domain.states import Command, Said
from order_service.ports import CartTaken, Due, KeyTaken, NumberTaken, OrderFilter, Place, Waiting


class InMemoryOrders:
    def __init__(self, store: MemoryStore) -> None:
        self._store = store
        self._rows: Table[UUID, Order] = store.table()
        self._leases: Table[UUID, UUID] = store.table()

    async def add(self, order: Order, says: Sequence[Said]) -> None:
        async with self._store.transaction():
            for each in self._rows.values():
                if (each.user_id, each.idempotency_key) == (order.user_id, order.idempotency_key):
                    raise KeyTaken
                if each.is_open and each.cart_id == order.cart_id:
                    raise CartTaken
                if each.number == order.number:
                    raise NumberTaken
            self._rows.put(order.id, order)
            self._say(order, says)

    async def save(self, order: Order, says: Sequence[Said]) -> bool:
        async with self._store.transaction():
            stored = self._rows.get(order.id)
            if stored is None or stored.version != order.version - 1:
                return False
            self._rows.put(order.id, order)
            self._leases.delete(order.id)
            self._say(order, says)
            return True

    async def get(self, order_id: UUID, *, owner: UUID) -> Order | None:
        order = await self.any(order_id)
        return order if order is not None and order.user_id == owner else None

    async def any(self, order_id: UUID) -> Order | None:
        async with self._store.transaction():
            return self._rows.get(order_id)

    async def by_key(self, key: str, *, owner: UUID) -> Order | None:
        async with self._store.transaction():
            rows = self._rows.values()
            return next((each for each in rows if (each.user_id, each.idempotency_key) == (owner, key)), None)

    async def open_orders(self, cart_ids: Sequence[UUID], *, owner: UUID | None) -> Mapping[UUID, UUID]:
        async with self._store.transaction():
            mine = [each for each in self._rows.values() if each.user_id == owner and each.is_open]
        return {each.cart_id: each.id for each in mine if each.cart_id in cart_ids}

    async def list_of(self, owner: UUID, *, before: UUID | None, limit: int) -> Sequence[Order]:
        async with self._store.transaction():
            mine = [each for each in self._rows.values() if each.user_id == owner]
        older = [each for each in mine if before is None or each.id < before]
        return sorted(older, key=lambda each: each.id, reverse=True)[:limit]

    async def found(
        self, wanted: OrderFilter, *, after: Place | None, oldest_first: bool, limit: int
    ) -> Sequence[Order]:
        async with self._store.transaction():
            rows = [each for each in self._rows.values() if _fits(each, wanted)]
        rows.sort(key=lambda each: (each.placed_at, each.id), reverse=not oldest_first)
        if after is not None:
            end = (after.placed_at, after.order_id)
            rows = [each for each in rows if (each.placed_at, each.id) != end]
            rows = [each for each in rows if ((each.placed_at, each.id) > end) is oldest_first]
        return rows[:limit]

    async def count_unsent(self, *, limit: int) -> int:
        async with self._store.transaction():
            waiting = {said["aggregate_id"] for said in self._store.outbox_facts() if not said["published"]}
        return min(limit, len(waiting))

    async def claim_due(self, *, lease: UUID, until: datetime, now: datetime) -> Due | None:
        async with self._store.transaction():
            due = [each for each in self._rows.values() if each.next_action_at and each.next_action_at <= now]
            if not due:
                return None
            claimed = replace(min(due, key=lambda each: each.next_action_at or now), next_action_at=until)
            self._rows.put(claimed.id, claimed)
            self._leases.put(claimed.id, lease)
            sent = {command: self._store.first_sent(message_id(claimed, command)) for command in claimed.awaits}
            return Due(claimed, {command: at for command, at in sent.items() if at is not None})

    async def repeat(self, order: Order, *, lease: UUID, commands: Sequence[Command]) -> bool:
        async with self._store.transaction():
            stored = self._rows.get(order.id)
            if stored is None or stored.version != order.version or self._leases.get(order.id) != lease:
                return False
            self._rows.put(order.id, order)
            self._leases.delete(order.id)
            self._say(order, commands)
            return True

    async def waiting(self) -> Mapping[str, Waiting]:
        entered: defaultdict[str, list[datetime]] = defaultdict(list)
        async with self._store.transaction():
            for each in self._rows.values():
                if each.next_action_at is not None:
                    entered[each.state.value].append(each.entered_at)
        return {state: Waiting(count=len(times), since=min(times)) for state, times in entered.items()}

    async def count_overdue(self, now: datetime) -> int:
        async with self._store.transaction():
            due = [each.next_action_at for each in self._rows.values()]
        return sum(at is not None and at <= now for at in due)

    async def said(self, order_id: UUID) -> Sequence[Kept] | None:
        async with self._store.transaction():
            if order_id not in self._rows:
                return None
            kept = self._store.kept()
        return [each for each in kept if each.outgoing.envelope.data["order_id"] == str(order_id)]

    async def figures(self, period: Period, *, currency: str) -> Figures:
        async with self._store.transaction():
            return count(self._rows.values(), period, currency=currency)

    async def count_to_review(self) -> int:
        async with self._store.transaction():
            return sum(each.needs_review for each in self._rows.values())

    async def facts(self) -> AsyncIterator[dict[str, Any]]:
        now = self._store.world.clock.now()
        async with self._store.transaction():
            rows = list(self._rows.values())
        for each in rows:
            yield order_fact(each, now=now)
        for said in self._store.outbox_facts():
            yield {"kind": "outbox", **said}

    def _say(self, order: Order, says: Sequence[Said]) -> None:
        for said in says:
            self._store.announce(to_message(said, order), message_id=message_id(order, said), seq=order.version)


def _fits(order: Order, wanted: OrderFilter) -> bool:
    due, asked = order.next_action_at, wanted.due_before
    return (
        wanted.state in {None, order.state}
        and wanted.user_id in {None, order.user_id}
        and wanted.number in {None, order.number}
        and wanted.needs_review in {None, order.needs_review}
        and (wanted.placed_from is None or wanted.placed_from <= order.placed_at)
        and (wanted.placed_to is None or order.placed_at < wanted.placed_to)
        and (asked is None or (due is not None and due < asked))
    )


class InMemoryCarts:
    def __init__(self, store: MemoryStore) -> None:
        self._store = store
        self._rows: Table[UUID, Cart] = store.table()

    async def add(self, cart: Cart) -> bool:
        async with self._store.transaction():
            if cart.id in self._rows:
                return False
            self._rows.put(cart.id, cart)
            return True

    async def get(self, cart_id: UUID, *, owner: UUID | None) -> Cart | None:
        async with self._store.transaction():
            cart = self._rows.get(cart_id)
        return cart if cart is not None and cart.belongs_to(owner) else None

    async def latest(self, owner: UUID, *, limit: int) -> Sequence[Cart]:
        async with self._store.transaction():
            mine = [each for each in self._rows.values() if each.user_id == owner]
        return sorted(mine, key=lambda each: each.created_at, reverse=True)[:limit]

    async def save(self, cart: Cart, *, seen: int) -> bool:
        async with self._store.transaction():
            stored = self._rows.get(cart.id)
            if stored is None or stored.version != seen:
                return False
            self._rows.put(cart.id, cart)
            return True
