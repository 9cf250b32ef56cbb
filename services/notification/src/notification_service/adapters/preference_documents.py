"""What people want, and what text messages have cost, as MongoDB documents."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from chassis.documents import Document, Documents, translated
from pymongo.errors import DuplicateKeyError

from notification_service.domain.preferences import Preferences, Wish
from notification_service.domain.sms import SmsLimits


class PreferenceDocuments:
    def __init__(self, documents: Documents) -> None:
        self._preferences = documents.database.preferences

    async def get(self, owner: UUID) -> Preferences:
        with translated():
            found = await self._preferences.find_one({"_id": owner})
        chosen: dict[str, Any] = found["wanted"] if found is not None else {}
        return Preferences({kind: Wish(**wish) for kind, wish in chosen.items()})

    async def put(self, owner: UUID, preferences: Preferences) -> None:
        wanted = {kind: {"email": wish.email, "sms": wish.sms} for kind, wish in preferences.chosen.items()}
        with translated():
            await self._preferences.update_one({"_id": owner}, {"$set": {"wanted": wanted}}, upsert=True)


class SmsBudgetDocuments:
    """A count for each person and day, and one for the day. A death between the two counts one too many."""

    def __init__(self, documents: Documents, limits: SmsLimits) -> None:
        self._days = documents.database.sms_days
        self._limits = limits

    async def take(self, user_id: UUID, *, day: date, cost: int) -> bool:
        if not await self._add(f"{day}|{user_id}", day, 1, cap=self._limits.per_person_a_day):
            return False
        if await self._add(f"{day}", day, cost, cap=self._limits.spent_a_day):
            return True
        await self._less(f"{day}|{user_id}", 1)
        return False

    async def give_back(self, user_id: UUID, *, day: date, cost: int) -> None:
        await self._less(f"{day}|{user_id}", 1)
        await self._less(f"{day}", cost)

    async def _add(self, key: str, day: date, amount: int, *, cap: int) -> bool:
        if amount > cap:
            return False
        room: Document = {"_id": key, "used": {"$lte": cap - amount}}
        at = datetime(day.year, day.month, day.day, tzinfo=UTC)
        change: Document = {"$inc": {"used": amount}, "$setOnInsert": {"at": at}}
        with translated():
            try:
                written = await self._days.update_one(room, change, upsert=True)
            except DuplicateKeyError:
                # There is a count: it is full, or somebody began it at this very moment.
                written = await self._days.update_one(room, change)
        return bool(written.modified_count or written.upserted_id)

    async def _less(self, key: str, amount: int) -> None:
        with translated():
            await self._days.update_one({"_id": key, "used": {"$gte": amount}}, {"$inc": {"used": -amount}})
