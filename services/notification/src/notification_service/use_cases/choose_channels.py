"""See and change what one wants to be told, and how."""

from dataclasses import dataclass
from uuid import UUID

from notification_service.domain.preferences import Preferences
from notification_service.ports import WantedByPerson


@dataclass(frozen=True, slots=True)
class SeePreferences:
    wanted: WantedByPerson

    async def __call__(self, user_id: UUID) -> Preferences:
        return await self.wanted.get(user_id)


@dataclass(frozen=True, slots=True)
class ChoosePreferences:
    """From now on exactly this; what is not named is as usual again."""

    wanted: WantedByPerson

    async def __call__(self, user_id: UUID, preferences: Preferences) -> Preferences:
        await self.wanted.put(user_id, preferences)
        return preferences
