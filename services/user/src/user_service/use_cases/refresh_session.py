"""Give new tokens for a refresh token; notice when two parties hold the same one."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime
from weakref import WeakValueDictionary

from chassis.logging import get_logger

from user_service.domain.session import Fate, Grant, Presented, RefreshToken, SessionEnded, digest, successor
from user_service.domain.user import User, pseudonym
from user_service.ports import AccessTokens, Accounts, Transaction

log = get_logger("user.refresh")


@dataclass(frozen=True, slots=True)
class RefreshSession:
    """Rotate. A lost reply is given again; a stolen token ends its family. Raises SessionEnded."""

    accounts: Accounts
    tokens: AccessTokens
    refresh_key: bytes
    turns: WeakValueDictionary[bytes, asyncio.Lock] = field(default_factory=WeakValueDictionary)
    """Many tabs with one token wait here for each other, and not with a connection each in the database."""

    async def __call__(self, *, refresh_token: str) -> Grant:
        presented = digest(refresh_token)

        async with self.turns.setdefault(presented, asyncio.Lock()), self.accounts.transaction() as tx:
            found = await tx.sessions.lock_by_token(presented)
            now = await tx.now()
            fate = found.fate(at=now) if found is not None else Fate.ENDED
            user = await self._carry_out(fate, tx, found, refresh_token, now=now) if found is not None else None

        # Only now: the end of a family is committed before anybody is told.
        if found is None or user is None:
            _note(fate, found)
            raise SessionEnded
        following = self._successor(found, refresh_token)
        return Grant(user, self.tokens.issue(user, found.session.id), following)

    async def _carry_out(
        self, fate: Fate, tx: Transaction, found: Presented, token: str, *, now: datetime
    ) -> User | None:
        """The user who gets new tokens, or None when nobody does."""
        match fate:
            case Fate.ROTATE:
                following = RefreshToken(
                    digest=digest(self._successor(found, token)),
                    family=found.session.id,
                    generation=found.token.generation + 1,
                    parent=found.token.digest,
                    issued_at=now,
                )
                await tx.sessions.rotate(found.session.used(at=now), found.token, following)
            case Fate.REPEAT:
                pass
            case Fate.STALE:
                await tx.sessions.end(found.session.id, at=now)
                return None
            case Fate.THEFT:
                await tx.sessions.end(found.session.id, at=now)
                await self._distrust(tx, found)
                return None
            case Fate.ENDED:
                return None
        return await tx.users.get(found.session.user_id)

    def _successor(self, found: Presented, token: str) -> str:
        return successor(self.refresh_key, family=found.session.id, generation=found.token.generation + 1, token=token)

    async def _distrust(self, tx: Transaction, found: Presented) -> None:
        user = await tx.users.lock(found.session.user_id)
        if user is not None:
            await tx.users.save(user.distrust_tokens())


def _note(fate: Fate, found: Presented | None) -> None:
    if found is None:
        log.info("security.refresh_unknown")
        return
    who = {"user": pseudonym(found.session.user_id), "session": str(found.session.id)}
    if fate is Fate.THEFT:
        log.warning("security.refresh_reused", **who)
    else:
        log.info("security.refresh_refused", why=fate.value, **who)
