"""What the use cases need from outside. Each has an in-memory twin."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

from chassis.messages import Contract

from user_service.domain.address import AddressBook
from user_service.domain.session import REFRESHES, Presented, RefreshToken, Session
from user_service.domain.user import MAILS_KEPT, Credential, User, Verification


class HashingBusy(Exception):
    """More passwords to check than there are cores, and a full queue of them."""

    def __init__(self) -> None:
        super().__init__("Too many sign-ins at once.")
        self.retry_after = 2


class Users(Protocol):
    """People and their credentials, in a transaction, each by who it is."""

    async def get(self, owner: UUID) -> User | None: ...

    async def lock(self, owner: UUID) -> User | None:
        """The user, whom nobody else changes before the transaction ends."""
        ...

    async def save(self, user: User) -> None: ...

    async def credential(self, owner: UUID) -> Credential | None: ...

    async def set_credential(self, owner: UUID, credential: Credential) -> None: ...

    async def rehash(self, owner: UUID, *, old: Credential, new: Credential) -> None:
        """The same password, kept better; nothing happens when the password was changed meanwhile."""
        ...


class AllUsers(Users, Protocol):
    """The same, and whoever else there is: for those who prove who they are, and for staff."""

    async def by_email(self, email: str) -> User | None: ...

    async def add(self, user: User) -> bool:
        """False when the address is taken; then nothing was added."""
        ...

    async def newest(self, *, before: UUID | None, limit: int) -> Sequence[User]:
        """Who came last comes first; only older ones than `before`."""
        ...

    async def admins(self) -> int:
        """How many admins have an open account; nobody else who asks is answered before the transaction ends."""
        ...


class Verifications(Protocol):
    """Mailed tokens of one purpose, in a transaction. Lock the user before `take` and `replace`."""

    async def owner(self, digest: bytes) -> UUID | None: ...

    async def take(self, digest: bytes) -> bool:
        """Use the token up; False when it was used, replaced or is too old."""
        ...

    async def replace(self, verification: Verification) -> None:
        """This is the user's only good token from now on."""
        ...


class Sessions(Protocol):
    """Somebody's own sessions, in a transaction. Lock the user before anything that changes one."""

    async def get(self, session_id: UUID, *, owner: UUID) -> Session | None:
        """None for somebody else's, too."""
        ...

    async def live_of(self, owner: UUID, *, at: datetime, before: UUID | None, limit: int) -> Sequence[Session]:
        """Those that are alive, the youngest first; only older ones than `before`."""
        ...

    async def end(self, session_id: UUID, *, owner: UUID, at: datetime) -> bool:
        """Once; ending it again, or somebody else's, changes nothing, and is False."""
        ...

    async def end_all(self, owner: UUID, *, at: datetime, but: UUID | None = None) -> Sequence[UUID]:
        """Every session of the owner that had not ended, except for `but`; which ones."""
        ...


class AllSessions(Sessions, Protocol):
    """The same, and their refresh tokens: for those who present one, or prove who they are."""

    async def owner(self, digest: bytes) -> UUID | None:
        """Whose token this is."""
        ...

    async def lock_by_token(self, digest: bytes, *, back: int = REFRESHES) -> Presented | None:
        """What decides about this token; nobody else decides about its family before the transaction ends.

        `earlier` is told of the token that began the newest `back` of its family.
        """
        ...

    async def start(self, session: Session, token: RefreshToken) -> None: ...

    async def rotate(self, session: Session, token: RefreshToken, successor: RefreshToken) -> None:
        """`token` was used when its successor was issued; the session's idle time starts again."""
        ...


class Addresses(Protocol):
    """Address books, in a transaction. Lock the user before `save`."""

    async def book(self, owner: UUID) -> AddressBook: ...

    async def save(self, owner: UUID, book: AddressBook) -> None: ...


class Transaction(Protocol):
    """All that happens inside is committed when the context ends, or none of it."""

    @property
    def users(self) -> Users: ...

    @property
    def sessions(self) -> Sessions: ...

    @property
    def addresses(self) -> Addresses: ...

    async def now(self) -> datetime:
        """The store's clock: the one that decides what has expired."""
        ...

    async def announce(self, message: Contract, *, seq: int) -> None: ...


class WideTransaction(Transaction, Protocol):
    @property
    def users(self) -> AllUsers: ...

    @property
    def sessions(self) -> AllSessions: ...

    @property
    def verifications(self) -> Verifications: ...

    @property
    def resets(self) -> Verifications: ...


class Accounts(Protocol):
    """What belongs to people, for those who are signed in: each reads their own."""

    def transaction(self) -> AbstractAsyncContextManager[Transaction]: ...


class AllAccounts(Accounts, Protocol):
    """Everybody's: for those who have yet to prove who they are, for staff and the worker."""

    def transaction(self) -> AbstractAsyncContextManager[WideTransaction]: ...

    async def clean(self, *, mails_kept: timedelta = MAILS_KEPT) -> int:
        """Delete up to 1,000 each of expired mailed tokens, of sessions that are over, and of messages with a token
        that left so long ago; how many."""
        ...


@dataclass(frozen=True, slots=True)
class Check:
    """What a password check found."""

    matches: bool
    outdated: bool = False
    """It matches, but is kept with yesterday's parameters or pepper."""


class Hasher(Protocol):
    """Slow on purpose, in threads, a few at a time. Raises HashingBusy."""

    async def hash(self, password: str) -> Credential: ...

    async def check(self, password: str, credential: Credential | None) -> Check:
        """Without a credential nothing matches, at the same cost."""
        ...


class Breaches(Protocol):
    async def has(self, password: str) -> bool:
        """Is it known from a breach somewhere?"""
        ...


class AccessTokens(Protocol):
    def issue(self, user: User, session_id: UUID) -> str: ...

    def jwks(self) -> Mapping[str, Any]:
        """The public keys, as other services need them."""
        ...
