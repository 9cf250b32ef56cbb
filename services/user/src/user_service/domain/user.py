"""A user: an address, a name, roles, and whether the address is proven."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Self
from uuid import UUID

VERIFICATION_LIFETIME = timedelta(hours=24)
RESET_LIFETIME = timedelta(minutes=30)
MAILS_KEPT = timedelta(minutes=10)
"""How long a message with a token stays once it has left. All else that is kept of a token is its digest, and whoever
reads the store must not find more. A broker that loses its memory hears again of these minutes alone: who waited longer
for a mail asks for another."""


class Role(StrEnum):
    CUSTOMER = "customer"
    SUPPORT = "support"
    ADMIN = "admin"


class UserNotFound(Exception):
    def __init__(self) -> None:
        super().__init__("There is no such user.")


class VerificationTokenInvalid(Exception):
    """Unknown, used, replaced by a newer one, or too old: the bearer need not know which."""

    def __init__(self) -> None:
        super().__init__("This verification link is not valid (any more). Please ask for a new one.")
        self.errors = [{"field": "token", "message": "not valid (any more)"}]


class ResetTokenInvalid(Exception):
    """Unknown, used, replaced by a newer one, or too old: the bearer need not know which."""

    def __init__(self) -> None:
        super().__init__("This link for a new password is not valid (any more). Please ask for a new one.")
        self.errors = [{"field": "token", "message": "not valid (any more)"}]


class LastAdmin(Exception):
    """Without an admin, nobody could make one."""

    def __init__(self) -> None:
        super().__init__("The last admin has to stay one.")


class AccountDisabled(Exception):
    """The password was right, and still nobody gets in."""

    def __init__(self) -> None:
        super().__init__("This account is closed. Please write to us.")


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    id: UUID
    email: str
    name: str
    locale: str
    roles: frozenset[Role] = frozenset({Role.CUSTOMER})
    verified_at: datetime | None = None
    session_version: int = 1
    """Access tokens of an older one are refused here."""
    version: int = 1
    """Counts the states; it numbers what is announced about this user."""
    created_at: datetime
    phone: str | None = None
    """E.164."""
    disabled_at: datetime | None = None
    disabled_reason: str | None = None
    """For the staff, who wrote it."""

    @property
    def disabled(self) -> bool:
        return self.disabled_at is not None

    @property
    def verified(self) -> bool:
        return self.verified_at is not None

    def registered_again(self, *, name: str, locale: str) -> Self:
        """Nobody has proven the address yet, so the newest registration counts."""
        return replace(self, name=name, locale=locale, version=self.version + 1)

    def asked_to_verify(self) -> Self:
        return replace(self, version=self.version + 1)

    def verify(self, *, at: datetime) -> Self:
        """The first proof counts; a later one may open an account that was closed to guessers."""
        return replace(self, verified_at=self.verified_at or at, version=self.version + 1)

    def with_profile(self, *, name: str | None, locale: str | None, phone: str | None, forget_phone: bool) -> Self:
        """What is None stays as it is. Itself when nothing is different."""
        kept = None if forget_phone else self.phone
        changed = replace(self, name=name or self.name, locale=locale or self.locale, phone=phone or kept)
        return replace(changed, version=self.version + 1) if changed != self else self

    def with_roles(self, roles: frozenset[Role]) -> Self:
        """Tokens that still name the old roles are no longer good here."""
        return replace(self, roles=roles, session_version=self.session_version + 1, version=self.version + 1)

    def disable(self, *, reason: str, at: datetime) -> Self:
        """Nobody gets in any more, whatever they know."""
        return replace(self, disabled_at=at, disabled_reason=reason, version=self.version + 1)

    def enable(self) -> Self:
        return replace(self, disabled_at=None, disabled_reason=None, version=self.version + 1)

    def distrust_tokens(self) -> Self:
        """Somebody else may hold one of them."""
        return replace(self, session_version=self.session_version + 1, version=self.version + 1)


@dataclass(frozen=True, slots=True)
class Credential:
    """A password as it is kept: its hash, and which pepper went into it."""

    hash: str
    pepper_id: str


@dataclass(frozen=True, slots=True)
class Verification:
    """The promise that whoever brings the token of this digest reads the user's mail."""

    digest: bytes
    user_id: UUID
    expires_at: datetime
