"""End the session that the caller came with."""

from dataclasses import dataclass
from uuid import UUID

from user_service.ports import Accounts


@dataclass(frozen=True, slots=True)
class SignOut:
    """Its refresh tokens are worthless from now on. Twice is as good as once."""

    accounts: Accounts

    async def __call__(self, *, session_id: UUID) -> None:
        async with self.accounts.transaction() as tx:
            await tx.sessions.end(session_id, at=await tx.now())
