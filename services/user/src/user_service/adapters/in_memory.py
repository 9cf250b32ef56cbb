"""Accounts in memory: for the demo, the use-case tests and the simulator."""

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from chassis.memory import MemoryStore, Table
from chassis.messages import Contract

from user_service.adapters.messages import WITH_TOKENS
from user_service.domain.address import AddressBook
from user_service.domain.session import REFRESHES, Presented, RefreshToken, Session
from user_service.domain.user import MAILS_KEPT, Credential, Role, User, Verification
from user_service.ports import WideTransaction


@dataclass(frozen=True, slots=True)
class MemoryUsers:
    rows: Table[UUID, User]
    credentials: Table[UUID, Credential]

    async def get(self, owner: UUID) -> User | None:
        return self.rows.get(owner)

    async def by_email(self, email: str) -> User | None:
        return next((user for user in self.rows.values() if user.email.lower() == email.lower()), None)

    async def lock(self, owner: UUID) -> User | None:
        return self.rows.get(owner)

    async def add(self, user: User) -> bool:
        if await self.by_email(user.email) is not None:
            return False
        self.rows.put(user.id, user)
        return True

    async def save(self, user: User) -> None:
        self.rows.put(user.id, user)

    async def newest(self, *, before: UUID | None, limit: int) -> Sequence[User]:
        older = [user for user in self.rows.values() if before is None or user.id < before]
        return sorted(older, key=lambda user: user.id, reverse=True)[:limit]

    async def admins(self) -> int:
        return sum(Role.ADMIN in user.roles and not user.disabled for user in self.rows.values())

    async def credential(self, owner: UUID) -> Credential | None:
        return self.credentials.get(owner)

    async def set_credential(self, owner: UUID, credential: Credential) -> None:
        self.credentials.put(owner, credential)

    async def rehash(self, owner: UUID, *, old: Credential, new: Credential) -> None:
        if self.credentials.get(owner) == old:
            self.credentials.put(owner, new)


@dataclass(frozen=True, slots=True)
class MemoryVerifications:
    store: MemoryStore
    rows: Table[bytes, Verification]

    async def owner(self, digest: bytes) -> UUID | None:
        found = self.rows.get(digest)
        return found.user_id if found is not None else None

    async def take(self, digest: bytes) -> bool:
        found = self.rows.get(digest)
        self.rows.delete(digest)
        return found is not None and found.expires_at > self.store.world.clock.now()

    async def replace(self, verification: Verification) -> None:
        for row in self.rows.values():
            if row.user_id == verification.user_id:
                self.rows.delete(row.digest)
        self.rows.put(verification.digest, verification)


@dataclass(frozen=True, slots=True)
class MemorySessions:
    rows: Table[UUID, Session]
    tokens: Table[bytes, RefreshToken]

    async def get(self, session_id: UUID, *, owner: UUID) -> Session | None:
        session = self.rows.get(session_id)
        return session if session is not None and session.user_id == owner else None

    async def live_of(self, owner: UUID, *, at: datetime, before: UUID | None, limit: int) -> Sequence[Session]:
        found = [row for row in self.rows.values() if row.user_id == owner and row.live(at=at)]
        older = [row for row in found if before is None or row.id < before]
        return sorted(older, key=lambda row: row.id, reverse=True)[:limit]

    async def owner(self, digest: bytes) -> UUID | None:
        token = self.tokens.get(digest)
        session = self.rows.get(token.family) if token is not None else None
        return session.user_id if session is not None else None

    async def lock_by_token(self, digest: bytes, *, back: int = REFRESHES) -> Presented | None:
        token = self.tokens.get(digest)
        session = self.rows.get(token.family) if token is not None else None
        if token is None or session is None:
            return None
        family = [row for row in self.tokens.values() if row.family == session.id]
        used = any(row.parent == digest and row.used_at for row in family)
        earlier = (row.issued_at for row in family if row.generation == token.generation - back + 1)
        return Presented(session, token, used, next(earlier, None))

    async def start(self, session: Session, token: RefreshToken) -> None:
        self.rows.put(session.id, session)
        self.tokens.put(token.digest, token)

    async def rotate(self, session: Session, token: RefreshToken, successor: RefreshToken) -> None:
        self.rows.put(session.id, session)
        self.tokens.put(token.digest, replace(token, used_at=successor.issued_at))
        self.tokens.put(successor.digest, successor)

    async def end(self, session_id: UUID, *, owner: UUID, at: datetime) -> bool:
        session = await self.get(session_id, owner=owner)
        if session is None or session.ended_at is not None:
            return False
        self.rows.put(session_id, replace(session, ended_at=at))
        return True

    async def end_all(self, owner: UUID, *, at: datetime, but: UUID | None = None) -> Sequence[UUID]:
        mine = [row.id for row in self.rows.values() if row.user_id == owner and row.id != but]
        return [each for each in mine if await self.end(each, owner=owner, at=at)]


@dataclass(frozen=True, slots=True)
class MemoryAddresses:
    books: Table[UUID, AddressBook]

    async def book(self, owner: UUID) -> AddressBook:
        return self.books.get(owner) or AddressBook()

    async def save(self, owner: UUID, book: AddressBook) -> None:
        self.books.put(owner, book)


@dataclass(frozen=True, slots=True)
class MemoryTransaction:
    store: MemoryStore
    users: MemoryUsers
    verifications: MemoryVerifications
    resets: MemoryVerifications
    sessions: MemorySessions
    addresses: MemoryAddresses

    async def now(self) -> datetime:
        return self.store.world.clock.now()

    async def announce(self, message: Contract, *, seq: int) -> None:
        self.store.announce(message, seq=seq)


class InMemoryAccounts:
    """Everything of one user service, until the process ends."""

    def __init__(self, store: MemoryStore) -> None:
        self.store = store
        self._tx = MemoryTransaction(
            store,
            MemoryUsers(store.table(), store.table()),
            MemoryVerifications(store, store.table()),
            MemoryVerifications(store, store.table()),
            MemorySessions(store.table(), store.table()),
            MemoryAddresses(store.table()),
        )

    @asynccontextmanager
    async def transaction(self) -> AsyncGenerator[WideTransaction]:
        async with self.store.transaction():
            yield self._tx

    async def clean(self, *, mails_kept: timedelta = MAILS_KEPT) -> int:
        async with self.store.transaction():
            now = self.store.world.clock.now()
            stale = [_forget_expired(mailed, now) for mailed in (self._tx.verifications, self._tx.resets)]
            over = [row.id for row in self._tx.sessions.rows.values() if not row.live(at=now)]
            for session_id in over:
                self._tx.sessions.rows.delete(session_id)
            for token in self._tx.sessions.tokens.values():
                if token.family in over:
                    self._tx.sessions.tokens.delete(token.digest)
            said = self.store.forget(WITH_TOKENS, left_before=now - mails_kept)
        return sum(stale) + len(over) + said

    async def facts(self) -> AsyncIterator[dict[str, Any]]:
        """What the store holds, for the facts door."""
        for user in self._tx.users.rows.values():
            yield {"kind": "user", "id": str(user.id), "verified": user.verified, "roles": sorted(user.roles)}
        for token in self._tx.sessions.tokens.values():
            session = self._tx.sessions.rows.get(token.family)
            live = token.used_at is None and session is not None and session.ended_at is None
            yield {"kind": "refresh_token", "family": str(token.family), "live": live}
        for fact in self.store.outbox_facts():
            yield {"kind": "outbox", **fact}


def _forget_expired(mailed: MemoryVerifications, now: datetime) -> int:
    expired = [row.digest for row in mailed.rows.values() if row.expires_at <= now]
    for digest in expired:
        mailed.rows.delete(digest)
    return len(expired)
