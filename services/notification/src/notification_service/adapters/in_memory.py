"""The twins in memory, for the demo and the tests."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from chassis.memory import MemoryStore, Table

from notification_service.domain.preferences import EMAIL
from notification_service.ports import SETTLED, Contact, Delivery, DeliveryState


class InMemoryContacts:
    def __init__(self, store: MemoryStore) -> None:
        self._store = store
        self._rows: Table[UUID, Contact] = store.table()

    async def put(self, contact: Contact) -> bool:
        async with self._store.transaction():
            known = self._rows.get(contact.user_id)
            if known is not None and known.seq >= contact.seq:
                return False
            self._rows.put(contact.user_id, contact)
            return True

    async def get(self, user_id: UUID) -> Contact | None:
        async with self._store.transaction():
            return self._rows.get(user_id)


class InMemoryDeliveries:
    def __init__(self, store: MemoryStore) -> None:
        self._store = store
        self._rows: Table[str, Delivery] = store.table()

    async def add(self, delivery: Delivery) -> bool:
        async with self._store.transaction():
            if delivery.id in self._rows:
                return False
            self._rows.put(delivery.id, delivery)
            return True

    async def claim(self, *, lease: UUID, lasting: timedelta, channel: str = EMAIL) -> Delivery | None:
        async with self._store.transaction():
            now = self._store.world.clock.now()
            queued = [each for each in self._rows.values() if each.state is DeliveryState.QUEUED]
            due = [each for each in queued if each.channel == channel and each.due_at <= now]
            if not due:
                return None
            # While it is claimed it is due only when the lease has ended.
            claimed = replace(min(due, key=lambda each: each.due_at), lease=lease, due_at=now + lasting)
            self._rows.put(claimed.id, claimed)
            return claimed

    async def settle(
        self, delivery_id: str, *, lease: UUID, state: DeliveryState, pause: timedelta, message_id: str | None
    ) -> bool:
        async with self._store.transaction():
            mine = self._rows.get(delivery_id)
            if mine is None or mine.lease != lease:
                return False
            now = self._store.world.clock.now()
            settled = replace(
                mine,
                state=state,
                due_at=now + pause,
                message_id=message_id,
                lease=None,
                tried_at=now,
                attempts=mine.attempts + 1,
            )
            if state in SETTLED:
                settled = replace(settled, facts={})
            self._rows.put(delivery_id, settled)
            return True

    async def of_order(self, order_id: UUID) -> Sequence[Delivery]:
        async with self._store.transaction():
            found = [each for each in self._rows.values() if each.order_id == order_id]
        return sorted(found, key=lambda each: each.id)

    async def contact_known(self, user_id: UUID) -> None:
        async with self._store.transaction():
            now = self._store.world.clock.now()
            for each in self._rows.values():
                if each.user_id == user_id and each.state is DeliveryState.WAITING_FOR_CONTACT:
                    self._rows.put(each.id, replace(each, state=DeliveryState.QUEUED, due_at=now))

    async def facts(self) -> AsyncIterator[dict[str, Any]]:
        for each in self._rows.values():
            yield delivery_facts(each)


def delivery_facts(delivery: Delivery) -> dict[str, Any]:
    """One line of the facts door."""
    return {
        "kind": "delivery",
        "id": delivery.id,
        "event_id": str(delivery.event_id),
        "type": delivery.kind,
        "channel": delivery.channel,
        "user_id": str(delivery.user_id),
        "order_id": str(delivery.order_id) if delivery.order_id else None,
        "state": delivery.state.value,
        "attempts": delivery.attempts,
        "message_id": delivery.message_id,
    }
