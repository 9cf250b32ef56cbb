"""Sessions: a family of refresh tokens, each good once, each the child of the one before."""

import base64
import hashlib
import hmac
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum
from typing import Self
from uuid import UUID

from user_service.domain.user import User

ACCESS_LIFETIME = timedelta(minutes=5)
IDLE = timedelta(days=14)
ABSOLUTE = timedelta(days=90)
GRACE = timedelta(seconds=60)
"""A reply may be lost, and two tabs may refresh at once: so long the same successor is given again."""
MINUTE = timedelta(minutes=1)
REFRESHES = 30
"""So many new tokens may one session ask for in a minute, if no setting says otherwise."""


class InvalidCredentials(Exception):
    """Wrong password or unknown address: the difference is not told."""

    def __init__(self) -> None:
        super().__init__("E-mail address or password is wrong.")


class EmailNotVerified(Exception):
    """The password was right."""

    def __init__(self) -> None:
        super().__init__("Please open the link in the mail that we sent you first.")


class TooManyAttempts(Exception):
    def __init__(self, retry_after: int) -> None:
        super().__init__("Too many attempts. Please wait a while.")
        self.retry_after = retry_after


class SessionEnded(Exception):
    """Signed out, too old, revoked, or never there."""

    def __init__(self) -> None:
        super().__init__("This session has ended. Please sign in again.")


class SessionNotFound(Exception):
    """None of the caller's, or over already."""

    def __init__(self) -> None:
        super().__init__("You have no such session.")


class WrongPassword(Exception):
    """Somebody who is signed in does not know the password that they want to change."""

    def __init__(self) -> None:
        super().__init__("This is not your current password.")
        self.errors = [{"field": "current_password", "message": "is not your current password"}]


class Fate(Enum):
    """What becomes of a refresh token that is presented."""

    ROTATE = "rotate"
    REPEAT = "repeat"
    """Presented again shortly after its use, and the answer was not used yet: the same answer."""
    STALE = "stale"
    """Presented again too late: the family ends, without an alarm."""
    THEFT = "theft"
    """Presented again although its successor was used: two parties hold the family's tokens."""
    ENDED = "ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One sign-in on one device; its id is the family of its refresh tokens."""

    id: UUID
    user_id: UUID
    device: str
    started_at: datetime
    idle_until: datetime
    ends_at: datetime
    ended_at: datetime | None = None

    @classmethod
    def start(cls, *, id_: UUID, user_id: UUID, device: str, at: datetime) -> Self:
        return cls(id=id_, user_id=user_id, device=device, started_at=at, idle_until=at + IDLE, ends_at=at + ABSOLUTE)

    @property
    def last_used_at(self) -> datetime:
        """When it last asked for new tokens."""
        return self.idle_until - IDLE

    def live(self, *, at: datetime) -> bool:
        return self.ended_at is None and at < self.idle_until and at < self.ends_at

    def used(self, *, at: datetime) -> Self:
        return replace(self, idle_until=at + IDLE)


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshToken:
    """What is kept of a token: never the token."""

    digest: bytes
    family: UUID
    generation: int
    parent: bytes | None
    issued_at: datetime
    used_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Presented:
    """A refresh token that somebody brought, and all that decides about it."""

    session: Session
    token: RefreshToken
    successor_used: bool
    earlier: datetime | None = None
    """When the token was issued from which on this session has had as many as it may have in a minute."""

    def wait(self, *, at: datetime) -> float:
        """How many seconds this session should wait for another token; 0 when it need not."""
        if self.earlier is None or self.token.used_at is not None:
            return 0.0
        return max(0.0, (self.earlier + MINUTE - at).total_seconds())

    def fate(self, *, at: datetime) -> Fate:
        if not self.session.live(at=at):
            return Fate.ENDED
        if self.token.used_at is None:
            return Fate.ROTATE
        if self.successor_used:
            return Fate.THEFT
        return Fate.REPEAT if at - self.token.used_at <= GRACE else Fate.STALE


@dataclass(frozen=True, slots=True)
class Grant:
    """What a sign-in or a refresh gives."""

    user: User
    access_token: str
    refresh_token: str


def digest(token: str) -> bytes:
    """All that is ever stored of a token. It has 256 bits of chance: no salt, no slow hash is needed."""
    return hashlib.sha256(token.encode()).digest()


def successor(key: bytes, *, family: UUID, generation: int, token: str) -> str:
    """The one token that follows `token`: derived, so that the same answer can be given again unstored."""
    material = f"{family}|{generation}|{token}".encode()
    return base64.urlsafe_b64encode(hmac.digest(key, material, "sha256")).decode().rstrip("=")
