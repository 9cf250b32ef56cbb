"""What the user service says. These events carry contact fields: they are personal data."""

from datetime import datetime
from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import Field

from contracts.message import Lane, Message


class UserEvent(Message):
    source: ClassVar[str] = "user"
    exchange: ClassVar[str] = "user.events"
    lane: ClassVar[Lane] = "news"
    about: ClassVar[str] = "user_id"

    user_id: UUID


SESSIONS_AT_ONCE = 100
"""More ended sessions than this are told in several messages."""


class UserRegistered(UserEvent):
    """Somebody opened an account; the address is not verified yet."""

    email: str
    name: str
    locale: str


class EmailVerificationRequested(UserEvent):
    """Send this person the link that proves the address."""

    email: str
    name: str
    locale: str
    token: str
    expires_at: datetime


class EmailVerified(UserEvent):
    """The address is proven. Carries the whole contact, so that a listener needs no earlier event."""

    email: str
    name: str
    locale: str
    phone: str | None = None


class ContactChanged(UserEvent):
    """Whom to write to, or how, is different now. Carries the whole contact as it is from now on."""

    email: str
    name: str
    locale: str
    phone: str | None
    """E.164, such as `+4930123456`."""
    verified: bool


class PasswordResetRequested(UserEvent):
    """Send this person the link by which a new password may be chosen."""

    email: str
    name: str
    locale: str
    token: str
    expires_at: datetime


class SecurityAlertRaised(UserEvent):
    """Tell the owner of the account what has happened to it: it may have been somebody else."""

    kind: str
    """`refresh_reused`, `password_changed`, `password_reset`, `sessions_ended`, `account_disabled`, `account_enabled`;
    others may come."""
    happened_at: datetime


class SessionsRevoked(UserEvent):
    """These sessions have ended: their access tokens are to be refused from now on, by everybody."""

    session_ids: Annotated[tuple[UUID, ...], Field(min_length=1, max_length=SESSIONS_AT_ONCE)]
    revoked_at: datetime
