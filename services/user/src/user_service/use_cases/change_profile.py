"""Change what the user may change about themselves."""

from dataclasses import dataclass
from uuid import UUID

from user_service.domain.user import User, UserNotFound
from user_service.ports import Accounts


@dataclass(frozen=True, slots=True)
class ChangeProfile:
    """What is None stays. Raises UserNotFound."""

    accounts: Accounts

    async def __call__(self, *, user_id: UUID, name: str | None, locale: str | None) -> User:
        async with self.accounts.transaction() as tx:
            user = await tx.users.lock(user_id)
            if user is None:
                raise UserNotFound
            user = user.with_profile(name=name, locale=locale)
            await tx.users.save(user)
        return user
