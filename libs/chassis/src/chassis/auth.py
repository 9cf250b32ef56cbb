"""Who is asking: access tokens are verified here, by every service, with the issuer's public keys."""

import asyncio
from collections.abc import Awaitable, Callable, Container, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol
from uuid import UUID

import jwt

from chassis.faults import Unreachable
from chassis.log_events import EVENTS
from chassis.logging import get_logger
from chassis.world import World

AUDIENCE = "shop-api"
ISSUER = "mercato"
ALGORITHM = "ES256"
TOKEN_TYPE = "at+jwt"  # noqa: S105 - the media type of an access token, not a token
LEEWAY_SECONDS = 30
KEYS_FRESH_SECONDS = 300.0
KEYS_USABLE_SECONDS = 24 * 3600.0
REFETCH_SECONDS = 10.0
FIRST_FETCH_SECONDS = 1.0
"""While no key was ever had, somebody asks again this often; the others need not queue up for it."""
REFUSED_HEADERS = frozenset({"jku", "x5u", "jwk", "x5c", "crit", "b64"})
MAX_TOKEN = 4096
FOR_EVER = datetime.max.replace(tzinfo=UTC)
LAST_SECOND = int(FOR_EVER.replace(microsecond=0).timestamp())

BAD_TOKEN = (
    jwt.PyJWTError,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    ArithmeticError,
    RecursionError,
)
"""What the driver and the language raise for a token that somebody has made up."""

log = get_logger("chassis.auth", EVENTS)

FetchKeys = Callable[[], Awaitable[Mapping[str, Any]]]
"""Answers with the issuer's JWKS document, or raises Unreachable."""


@dataclass(frozen=True, slots=True)
class Principal:
    """A signed-in person, as the token says."""

    user_id: UUID
    session_id: UUID
    roles: frozenset[str]
    session_version: int = 0
    """Only the issuer compares it with what is stored."""
    expires_at: datetime = FOR_EVER
    """When the token ends. Only what outlives a request has to look."""

    def has(self, *roles: str) -> bool:
        return not self.roles.isdisjoint(roles)


class NotSignedIn(Exception):
    """No token, or one that is not good (any more)."""

    def __init__(self) -> None:
        super().__init__("Please sign in.")


class NotAllowed(Exception):
    """Signed in, but this is for other roles."""

    def __init__(self) -> None:
        super().__init__("You may not do this.")


REFUSALS: dict[type[Exception], tuple[int, str]] = {
    NotSignedIn: (401, "not_signed_in"),
    NotAllowed: (403, "forbidden"),
}


class Verifier(Protocol):
    async def __call__(self, token: str) -> Principal:
        """Raises NotSignedIn, or Unreachable while no key was ever fetched."""
        ...


class KeyRing:
    """The issuer's public keys: fetched before or when first needed, kept for a day when the issuer is away."""

    def __init__(self, fetch: FetchKeys, world: World) -> None:
        self._fetch = fetch
        self._clock = world.clock
        self._keys: dict[str, jwt.PyJWK] = {}
        self._fetched_at = float("-inf")
        self._tried_at = float("-inf")
        self._fetching = asyncio.Lock()

    async def fill(self) -> None:
        """Returns once there is a key. Whoever comes first would wait for it, or be sent away where it takes long."""
        while not self._keys:
            async with self._fetching:
                await self._refresh()
            if not self._keys:
                await self._clock.sleep(FIRST_FETCH_SECONDS)

    async def key(self, kid: str) -> jwt.PyJWK | None:
        """The key of this id; an unknown id is looked up again at most every ten seconds."""
        if kid not in self._keys:
            # All who wait for a new key wait for the same answer.
            async with self._fetching:
                if kid not in self._keys:
                    await self._refresh()
        elif self._age() > KEYS_FRESH_SECONDS and not self._fetching.locked():
            async with self._fetching:
                await self._refresh()
        if self._age() > KEYS_USABLE_SECONDS:
            raise Unreachable("user", "no signing keys")
        return self._keys.get(kid)

    def _age(self) -> float:
        return self._clock.monotonic() - self._fetched_at

    async def _refresh(self) -> None:
        now = self._clock.monotonic()
        if now - self._tried_at < (REFETCH_SECONDS if self._keys else FIRST_FETCH_SECONDS):
            return
        self._tried_at = now
        try:
            found = _keys(await self._fetch())
        except Unreachable as fault:
            log.warning("keys.not_fetched", fault=str(fault))
            return
        if found:
            self._keys, self._fetched_at = found, now
        else:
            log.error("keys.none_in_answer")


def _keys(document: Any) -> dict[str, jwt.PyJWK]:
    """The keys of a JWKS that we can use, whatever else it contains."""
    listed = document.get("keys") if isinstance(document, Mapping) else None
    found: dict[str, jwt.PyJWK] = {}
    for each in listed if isinstance(listed, list) else []:
        try:
            found[str(each["kid"])] = jwt.PyJWK(each, algorithm=ALGORITHM)
        except (jwt.PyJWTError, LookupError, TypeError, ValueError, AttributeError) as fault:
            log.warning("keys.unusable", fault=type(fault).__name__)
    return found


class TokenVerifier:
    """Checks signature, type, issuer, audience and times; the algorithm is ours to choose, never the token's.

    A token of one of the `revoked` sessions is refused, however good it is.
    """

    def __init__(self, keys: KeyRing, revoked: Container[UUID] = frozenset()) -> None:
        self._keys = keys
        self._revoked = revoked

    async def __call__(self, token: str) -> Principal:
        try:
            header = jwt.get_unverified_header(token) if len(token) <= MAX_TOKEN else {}
            if header.get("typ") != TOKEN_TYPE or header.get("alg") != ALGORITHM:
                raise NotSignedIn
            if not REFUSED_HEADERS.isdisjoint(header):
                raise NotSignedIn
            key = await self._keys.key(str(header.get("kid", "")))
            if key is None:
                raise NotSignedIn
            caller = _principal(_claims(token, key))
        except BAD_TOKEN as fault:
            raise NotSignedIn from fault
        if caller.session_id in self._revoked:
            raise NotSignedIn
        return caller


def _claims(token: str, key: jwt.PyJWK) -> dict[str, Any]:
    return jwt.decode(
        token,
        key,
        algorithms=[ALGORITHM],
        audience=AUDIENCE,
        issuer=ISSUER,
        leeway=LEEWAY_SECONDS,
        options={"require": ["exp", "iat", "nbf", "sub", "sid", "jti", "aud", "iss"]},
    )


def _principal(claims: Mapping[str, Any]) -> Principal:
    roles = claims.get("roles", [])
    if not isinstance(roles, list):
        raise NotSignedIn
    return Principal(
        UUID(claims["sub"]),
        UUID(claims["sid"]),
        frozenset(map(str, roles)),
        session_version=int(claims.get("sv", 0)),
        expires_at=datetime.fromtimestamp(min(int(claims["exp"]), LAST_SECOND), UTC),
    )
