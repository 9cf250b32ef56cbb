"""Give new tokens for a refresh token; notice when two parties hold the same one."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime
from math import ceil
from weakref import WeakValueDictionary

from chassis.logging import get_logger, pseudonym

from user_service.domain.session import (
    Fate,
    Grant,
    Presented,
    RefreshToken,
    SessionEnded,
    TooManyAttempts,
    digest,
    successor,
)
from user_service.domain.user import User
from user_service.log_events import EVENTS
from user_service.ports import AccessTokens, AllAccounts, WideTransaction
from user_service.use_cases.announcements import announce_revoked, raise_alert

log = get_logger("user.refresh", EVENTS)


@dataclass(frozen=True, slots=True)
class RefreshSession:
    """Rotate. A lost reply is given again; a stolen token ends its family.

    Raises SessionEnded, and TooManyAttempts for a session that asks for one token after the other.
    """

    accounts: AllAccounts
    tokens: AccessTokens
    refresh_key: bytes
    a_minute: int
    """So many new tokens one session may have; the same answer again is none."""
    turns: WeakValueDictionary[bytes, asyncio.Lock] = field(default_factory=WeakValueDictionary)
    """Many tabs with one token wait here for each other, and not with a connection each in the database."""

    async def __call__(self, *, refresh_token: str) -> Grant:
        presented = digest(refresh_token)

        async with self.turns.setdefault(presented, asyncio.Lock()), self.accounts.transaction() as tx:
            # The user is locked before the session, as everywhere: nobody waits in a circle.
            owner = await tx.sessions.owner(presented)
            user = await tx.users.lock(owner) if owner is not None else None
            found = await tx.sessions.lock_by_token(presented, back=self.a_minute) if user is not None else None
            now = await tx.now()
            fate = found.fate(at=now) if found is not None else Fate.ENDED
            if found is not None and user is not None:
                await self._carry_out(fate, tx, found, user, refresh_token, now=now)

        # Only now: the end of a family is committed before anybody is told.
        if found is None or user is None or fate not in (Fate.ROTATE, Fate.REPEAT):
            _note(fate, found)
            raise SessionEnded
        following = self._successor(found, refresh_token)
        return Grant(user, self.tokens.issue(user, found.session.id), following)

    async def _carry_out(
        self, fate: Fate, tx: WideTransaction, found: Presented, user: User, token: str, *, now: datetime
    ) -> None:
        match fate:
            case Fate.ROTATE:
                await self._rotate(tx, found, token, now=now)
            case Fate.STALE:
                await self._end(tx, found, now=now)
            case Fate.THEFT:
                await self._end(tx, found, now=now)
                await tx.users.save(user.distrust_tokens())
                await raise_alert(tx, user.id, "refresh_reused", at=now)
            case Fate.REPEAT | Fate.ENDED:
                pass

    async def _rotate(self, tx: WideTransaction, found: Presented, token: str, *, now: datetime) -> None:
        wait = found.wait(at=now)
        if wait:
            raise TooManyAttempts(ceil(wait))
        following = RefreshToken(
            digest=digest(self._successor(found, token)),
            family=found.session.id,
            generation=found.token.generation + 1,
            parent=found.token.digest,
            issued_at=now,
        )
        await tx.sessions.rotate(found.session.used(at=now), found.token, following)

    async def _end(self, tx: WideTransaction, found: Presented, *, now: datetime) -> None:
        await tx.sessions.end(found.session.id, owner=found.session.user_id, at=now)
        await announce_revoked(tx, found.session.user_id, [found.session.id], at=now)

    def _successor(self, found: Presented, token: str) -> str:
        return successor(self.refresh_key, family=found.session.id, generation=found.token.generation + 1, token=token)


def _note(fate: Fate, found: Presented | None) -> None:
    if found is None:
        log.info("security.refresh_unknown")
        return
    who = {"user": pseudonym(found.session.user_id), "session": str(found.session.id)}
    if fate is Fate.THEFT:
        log.warning("security.refresh_reused", **who)
    else:
        log.info("security.refresh_refused", why=fate.value, **who)
