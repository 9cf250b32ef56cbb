"""Who is signed in, as the sealed cookie tells it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from typing import Any, Self

LIVES = timedelta(days=90)
"""As long as a family of refresh tokens may at most."""
STALE_SECONDS = 30
"""A token that will be that old soon is changed before it is used."""
STAFF = frozenset({"support", "admin"})


@dataclass(frozen=True, slots=True)
class Session:
    """`token` is the word that this visitor's forms must carry; it stays while the session does."""

    access: str
    refresh: str
    fresh_until: float
    """Seconds since the epoch."""
    user_id: str
    name: str
    email: str
    roles: tuple[str, ...]
    token: str

    @classmethod
    def of(cls, grant: Mapping[str, Any], *, now: float, token: str) -> Self:
        """From what the shop answers to a sign-in."""
        user = grant["user"]
        return cls(
            access=grant["access_token"],
            refresh=grant["refresh_token"],
            fresh_until=now + grant["expires_in"] - STALE_SECONDS,
            user_id=user["id"],
            name=user["name"],
            email=user["email"],
            roles=tuple(user["roles"]),
            token=token,
        )

    @classmethod
    def unsealed(cls, opened: dict[str, Any] | None) -> Self | None:
        """None for a cookie of another age of ours."""
        try:
            return None if opened is None else cls(**_with_tuple(opened))
        except (TypeError, KeyError):
            return None

    def to_seal(self) -> dict[str, Any]:
        return asdict(self)

    def renewed(self, grant: Mapping[str, Any], *, now: float) -> "Session":
        return Session.of(grant, now=now, token=self.token)

    def called(self, name: str) -> "Session":
        """After somebody has changed their name."""
        return replace(self, name=name)

    @property
    def staff(self) -> bool:
        return bool(STAFF & set(self.roles))


def _with_tuple(opened: dict[str, Any]) -> dict[str, Any]:
    """JSON has no tuples."""
    return {**opened, "roles": tuple(opened["roles"])}
