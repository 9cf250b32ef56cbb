"""The twins in memory of what people want, and of what text messages have cost."""

from datetime import date
from uuid import UUID

from chassis.memory import MemoryStore, Table

from notification_service.domain.preferences import Preferences
from notification_service.domain.sms import SmsLimits


class InMemoryPreferences:
    def __init__(self, store: MemoryStore) -> None:
        self._store = store
        self._rows: Table[UUID, Preferences] = store.table()

    async def get(self, owner: UUID) -> Preferences:
        async with self._store.transaction():
            return self._rows.get(owner) or Preferences({})

    async def put(self, owner: UUID, preferences: Preferences) -> None:
        async with self._store.transaction():
            self._rows.put(owner, preferences)


class InMemorySmsBudget:
    def __init__(self, store: MemoryStore, limits: SmsLimits) -> None:
        self._store = store
        self._limits = limits
        self._used: Table[tuple[date, UUID | None], int] = store.table()

    async def take(self, user_id: UUID, *, day: date, cost: int) -> bool:
        async with self._store.transaction():
            sent, spent = self._used.get((day, user_id)) or 0, self._used.get((day, None)) or 0
            if sent + 1 > self._limits.per_person_a_day or spent + cost > self._limits.spent_a_day:
                return False
            self._used.put((day, user_id), sent + 1)
            self._used.put((day, None), spent + cost)
            return True

    async def give_back(self, user_id: UUID, *, day: date, cost: int) -> None:
        async with self._store.transaction():
            for key, amount in (((day, user_id), 1), ((day, None), cost)):
                self._used.put(key, max(0, (self._used.get(key) or 0) - amount))
