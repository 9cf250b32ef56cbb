"""See where one is signed in, and end one of these sessions or all."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from chassis.logging import get_logger, pseudonym

from user_service.domain.session import Session, SessionNotFound
from user_service.log_events import EVENTS
from user_service.ports import Accounts
from user_service.use_cases.announcements import announce_revoked, end_every_session, raise_alert

log = get_logger("user.sessions", EVENTS)


@dataclass(frozen=True, slots=True)
class ListSessions:
    """The caller's own that are alive, the youngest first."""

    accounts: Accounts

    async def __call__(self, *, user_id: UUID, before: UUID | None, limit: int) -> Sequence[Session]:
        async with self.accounts.transaction() as tx:
            return await tx.sessions.live_of(user_id, at=await tx.now(), before=before, limit=limit)


@dataclass(frozen=True, slots=True)
class EndSession:
    """One of the caller's own. Raises SessionNotFound, for somebody else's as for none."""

    accounts: Accounts

    async def __call__(self, *, user_id: UUID, session_id: UUID) -> None:
        async with self.accounts.transaction() as tx:
            await tx.users.lock(user_id)
            session, now = await tx.sessions.get(session_id, owner=user_id), await tx.now()
            if session is None or not session.live(at=now):
                raise SessionNotFound
            await tx.sessions.end(session_id, owner=user_id, at=now)
            await announce_revoked(tx, user_id, [session_id], at=now)


@dataclass(frozen=True, slots=True)
class EndAllSessions:
    """Sign the caller out everywhere, here too, and mail them that it was done."""

    accounts: Accounts

    async def __call__(self, *, user_id: UUID) -> None:
        async with self.accounts.transaction() as tx:
            await tx.users.lock(user_id)
            now = await tx.now()
            ended = await end_every_session(tx, user_id, at=now)
            if ended:
                await raise_alert(tx, user_id, "sessions_ended", at=now)
        log.info("security.sessions_ended", user=pseudonym(user_id), count=ended)
