"""Look behind an access token: is its session still alive, and are its roles still true?"""

from dataclasses import dataclass
from uuid import UUID

from user_service.domain.session import SessionEnded
from user_service.domain.user import User
from user_service.ports import Accounts


@dataclass(frozen=True, slots=True)
class Recognise:
    """The user as stored. Raises SessionEnded, at once where other services notice with the token's end."""

    accounts: Accounts

    async def __call__(self, *, user_id: UUID, session_id: UUID, session_version: int) -> User:
        async with self.accounts.transaction() as tx:
            session = await tx.sessions.get(session_id, owner=user_id)
            user = await tx.users.get(user_id)
            now = await tx.now()
        if session is None or user is None or not session.live(at=now):
            raise SessionEnded
        if user.session_version != session_version or user.disabled:
            raise SessionEnded
        return user
