"""Look for users: one by address, or the newest, for staff."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from user_service.domain.user import User
from user_service.ports import AllAccounts


@dataclass(frozen=True, slots=True)
class FindUser:
    accounts: AllAccounts

    async def __call__(self, *, email: str) -> User | None:
        async with self.accounts.transaction() as tx:
            return await tx.users.by_email(email)


@dataclass(frozen=True, slots=True)
class ListUsers:
    """Users older than `before`, the newest first, and whether there are more."""

    accounts: AllAccounts

    async def __call__(self, *, before: UUID | None, limit: int) -> tuple[Sequence[User], bool]:
        async with self.accounts.transaction() as tx:
            found = await tx.users.newest(before=before, limit=limit + 1)
        return found[:limit], len(found) > limit
