"""Look a user up by address, for staff."""

from dataclasses import dataclass

from user_service.domain.user import User
from user_service.ports import AllAccounts


@dataclass(frozen=True, slots=True)
class FindUser:
    accounts: AllAccounts

    async def __call__(self, *, email: str) -> User | None:
        async with self.accounts.transaction() as tx:
            return await tx.users.by_email(email)
