"""What several use cases say in the same words: that sessions have ended, and that an owner should know something."""

from collections.abc import Sequence
from datetime import datetime
from itertools import batched
from uuid import UUID

from contracts.user import SESSIONS_AT_ONCE, SecurityAlertRaised, SessionsRevoked

from user_service.ports import Transaction


async def announce_revoked(tx: Transaction, user_id: UUID, session_ids: Sequence[UUID], *, at: datetime) -> None:
    """Have every service refuse the access tokens of these sessions; nothing is said of none."""
    for some in batched(session_ids, SESSIONS_AT_ONCE):
        await tx.announce(SessionsRevoked(user_id=user_id, session_ids=some, revoked_at=at), seq=0)


async def raise_alert(tx: Transaction, user_id: UUID, kind: str, *, at: datetime) -> None:
    """Have the owner of the account mailed."""
    await tx.announce(SecurityAlertRaised(user_id=user_id, kind=kind, happened_at=at), seq=0)


async def end_every_session(tx: Transaction, user_id: UUID, *, at: datetime, but: UUID | None = None) -> int:
    """End them here, and have them refused everywhere; how many."""
    ended = await tx.sessions.end_all(user_id, at=at, but=but)
    await announce_revoked(tx, user_id, ended, at=at)
    return len(ended)
