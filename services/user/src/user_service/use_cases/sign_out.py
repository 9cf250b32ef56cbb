"""End the session that the caller came with."""

from dataclasses import dataclass
from uuid import UUID

from user_service.ports import Accounts
from user_service.use_cases.announcements import announce_revoked


@dataclass(frozen=True, slots=True)
class SignOut:
    """Its refresh tokens are worthless from now on. Twice is as good as once."""

    accounts: Accounts

    async def __call__(self, *, user_id: UUID, session_id: UUID) -> None:
        async with self.accounts.transaction() as tx:
            await tx.users.lock(user_id)
            now = await tx.now()
            if await tx.sessions.end(session_id, owner=user_id, at=now):
                await announce_revoked(tx, user_id, [session_id], at=now)
