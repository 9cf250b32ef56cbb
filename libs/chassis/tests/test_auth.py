"""Tokens that are ours, and everything that only looks like it."""

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import jwt
import pytest
from chassis.auth import KeyRing, NotSignedIn, TokenVerifier
from chassis.faults import Unreachable
from chassis.world import World
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import ECAlgorithm

KEY, OTHER = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
PUBLIC_PEM = KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
NOW = datetime.now(UTC)


def jwk(key: ec.EllipticCurvePrivateKey, kid: str) -> dict[str, Any]:
    return {**ECAlgorithm.to_jwk(key.public_key(), as_dict=True), "kid": kid, "use": "sig", "alg": "ES256"}


@dataclass
class Issuer:
    """The user service's JWKS, and how often it was asked for."""

    document: Any = field(default_factory=lambda: {"keys": [jwk(KEY, "k1")]})
    asked: int = 0
    away: bool = False

    async def __call__(self) -> Any:
        self.asked += 1
        await asyncio.sleep(0)
        if self.away:
            raise Unreachable("user", "away")
        return self.document


@dataclass
class HeldClock:
    seconds: float = 1000.0

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        self.seconds += seconds


@dataclass
class Gate:
    issuer: Issuer = field(default_factory=Issuer)
    clock: HeldClock = field(default_factory=HeldClock)

    def __post_init__(self) -> None:
        self.verify = TokenVerifier(KeyRing(self.issuer, World(clock=self.clock)))


def claims(**changed: Any) -> dict[str, Any]:
    good = {
        "iss": "mercato",
        "aud": "shop-api",
        "sub": str(uuid4()),
        "sid": str(uuid4()),
        "jti": str(uuid4()),
        "roles": ["customer"],
        "sv": 3,
        "iat": NOW,
        "nbf": NOW,
        "exp": NOW + timedelta(minutes=5),
    }
    return {name: value for name, value in {**good, **changed}.items() if value is not ...}


def token(*, key: Any = KEY, algorithm: str = "ES256", headers: dict[str, Any] | None = None, **changed: Any) -> str:
    head = {"typ": "at+jwt", "kid": "k1", **(headers or {})}
    return jwt.encode(claims(**changed), key, algorithm=algorithm, headers=head)


def forged(header: Any, body: Any, signature: bytes = b"x" * 64) -> str:
    parts = [json.dumps(part).encode() if not isinstance(part, bytes) else part for part in (header, body)]
    return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in (*parts, signature))


def tampered() -> str:
    head, _, signature = token().split(".")
    body = json.dumps(claims(roles=["admin"]), default=lambda at: int(at.timestamp())).encode()
    return ".".join((head, base64.urlsafe_b64encode(body).decode().rstrip("="), signature))


def hs256_with_the_public_key() -> str:
    plain = forged({"typ": "at+jwt", "alg": "HS256", "kid": "k1"}, claims(iat=1, nbf=1, exp=2**40), b"").rstrip(".")
    signature = hmac.new(PUBLIC_PEM, plain.encode(), hashlib.sha256).digest()
    return f"{plain}.{base64.urlsafe_b64encode(signature).decode().rstrip('=')}"


def signed(header: dict[str, Any]) -> str:
    """A token with our own signature under a header that the library would not write."""
    plain = forged(header, claims(iat=1, nbf=1, exp=2**40), b"").rstrip(".")
    signature = ECAlgorithm(ECAlgorithm.SHA256).sign(plain.encode(), KEY)
    return f"{plain}.{base64.urlsafe_b64encode(signature).decode().rstrip('=')}"


RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
HEAD = {"typ": "at+jwt", "alg": "ES256", "kid": "k1"}
FORGERIES: dict[str, Callable[[], str]] = {
    "nothing": lambda: "",
    "one part": lambda: "abc",
    "two parts": lambda: "abc.def",
    "four parts": lambda: token() + ".more",
    "not base64": lambda: "!!!.???.###",
    "not ascii": lambda: "é.é.é",
    "a header that is a list": lambda: forged(["ES256"], {}),
    "a header that is deep": lambda: forged(b"[" * 2900, {}),
    "no algorithm": lambda: forged({**HEAD, "alg": "none"}, claims(iat=1, nbf=1, exp=2**40), b""),
    "no algorithm, capital": lambda: forged({**HEAD, "alg": "NONE"}, claims(iat=1, nbf=1, exp=2**40), b""),
    "no header alg": lambda: forged({"typ": "at+jwt", "kid": "k1"}, claims(iat=1, nbf=1, exp=2**40)),
    "HS256 with the public key": hs256_with_the_public_key,
    "RS256": lambda: token(key=RSA, algorithm="RS256"),
    "ES384": lambda: token(key=ec.generate_private_key(ec.SECP384R1()), algorithm="ES384"),
    "another key": lambda: token(key=OTHER),
    "another key's id": lambda: token(headers={"kid": "k9"}),
    "no key id": lambda: token(headers={"kid": ""}),
    "a path for a key id": lambda: token(headers={"kid": "../../dev/null"}),
    "no signature": lambda: token().rpartition(".")[0] + ".",
    "half a signature": lambda: token()[:-20],
    "a signature of zeros": lambda: forged(HEAD, claims(iat=1, nbf=1, exp=2**40), b"\x00" * 64),
    "changed roles": tampered,
    "another type": lambda: token(headers={"typ": "JWT"}),
    "a refresh token": lambda: token(headers={"typ": "rt+jwt"}),
    "another issuer": lambda: token(iss="evil"),
    "no issuer": lambda: token(iss=...),
    "another audience": lambda: token(aud="admin-api"),
    "no audience": lambda: token(aud=...),
    "expired": lambda: token(exp=NOW - timedelta(seconds=31)),
    "without an end": lambda: token(exp=...),
    "not yet": lambda: token(nbf=NOW + timedelta(minutes=2)),
    "issued tomorrow": lambda: token(iat=NOW + timedelta(days=1)),
    "without a session": lambda: token(sid=...),
    "a session that is a number": lambda: token(sid=5),
    "a subject that is no id": lambda: token(sub="ada"),
    "without an id of its own": lambda: token(jti=...),
    "roles that are a text": lambda: token(roles="admin"),
    "a version that is a list": lambda: token(sv=[1]),
    "an end that is no number": lambda: token(exp="soon"),
    "jku": lambda: token(headers={"jku": "https://evil.example/jwks"}),
    "x5u": lambda: token(headers={"x5u": "https://evil.example/cert"}),
    "x5c": lambda: token(headers={"x5c": ["MII"]}),
    "jwk": lambda: token(key=OTHER, headers={"jwk": jwk(OTHER, "k1")}),
    "crit": lambda: token(headers={"crit": ["exp"]}),
    "b64": lambda: signed({**HEAD, "b64": True}),
    "too long": lambda: token(filling="x" * 4000),
}


@pytest.mark.parametrize("forge", FORGERIES.values(), ids=FORGERIES.keys())
async def test_a_forged_token_is_refused(forge) -> None:
    with pytest.raises(NotSignedIn):
        await Gate().verify(forge())


async def test_a_good_token_says_who_is_asking() -> None:
    user, session = uuid4(), uuid4()

    await Gate().verify(signed(HEAD))
    who = await Gate().verify(token(sub=str(user), sid=str(session), roles=["customer", "support"]))

    assert (who.user_id, who.session_id, who.session_version) == (user, session, 3)
    assert who.roles == {"customer", "support"}
    assert who.has("admin", "support")
    assert not who.has("admin")
    assert who.expires_at == (NOW + timedelta(minutes=5)).replace(microsecond=0)


async def test_clocks_may_differ_by_half_a_minute() -> None:
    gate, now = Gate(), datetime.now(UTC)

    await gate.verify(token(exp=now - timedelta(seconds=20)))
    await gate.verify(token(nbf=now + timedelta(seconds=20), iat=now + timedelta(seconds=20)))


async def test_unknown_keys_are_asked_for_at_most_every_ten_seconds() -> None:
    gate = Gate()
    await gate.verify(token())
    assert gate.issuer.asked == 1

    for _ in range(50):
        with pytest.raises(NotSignedIn):
            await gate.verify(token(headers={"kid": str(uuid4())}))
    assert gate.issuer.asked == 1
    gate.clock.seconds += 10
    with pytest.raises(NotSignedIn):
        await gate.verify(token(headers={"kid": "k9"}))
    assert gate.issuer.asked == 2


async def test_a_new_key_is_found_by_all_who_come_at_once() -> None:
    gate = Gate()
    await gate.verify(token())
    gate.issuer.document = {"keys": [jwk(KEY, "k1"), jwk(OTHER, "k2")]}
    gate.clock.seconds += 11

    found = await asyncio.gather(*(gate.verify(token(key=OTHER, headers={"kid": "k2"})) for _ in range(20)))

    assert len(found) == 20
    assert gate.issuer.asked == 2


async def test_the_first_who_come_at_once_are_one_question() -> None:
    gate = Gate()

    await asyncio.gather(*(gate.verify(token()) for _ in range(20)))

    assert gate.issuer.asked == 1


async def test_keys_stay_good_for_a_day_while_the_issuer_is_away() -> None:
    gate = Gate()
    await gate.verify(token())
    gate.issuer.away = True

    gate.clock.seconds += 24 * 3600 - 1
    await gate.verify(token())
    gate.clock.seconds += 2
    with pytest.raises(Unreachable):
        await gate.verify(token())


async def test_without_any_key_the_answer_is_that_nobody_can_tell() -> None:
    gate = Gate(Issuer(away=True))

    for _ in range(50):
        with pytest.raises(Unreachable):
            await gate.verify(token())

    assert gate.issuer.asked == 1


async def test_keys_are_there_before_the_first_customer_although_the_issuer_came_late() -> None:
    """Two looks in vain, a second apart; then it is there, and nobody who comes has to wait for it."""
    issuer = Issuer(away=True)
    clock = HeldClock()
    came_at: list[float] = []

    async def come_late() -> Any:
        issuer.away = issuer.asked < 2
        came_at.append(clock.seconds)
        return await issuer()

    keys = KeyRing(come_late, World(clock=clock))
    await keys.fill()
    issuer.away = True

    await TokenVerifier(keys)(token())
    assert came_at == [1000.0, 1001.0, 1002.0]


GARBAGE = [
    None,
    [],
    "keys",
    {},
    {"keys": None},
    {"keys": "k1"},
    {"keys": []},
    {"keys": [None, 5, "x", {}, {"kid": "k1"}]},
    {"keys": [{"kid": "k1", "kty": "EC", "crv": "P-256", "x": "!", "y": "!"}]},
    {"keys": [{"kid": "k1", "kty": "oct", "k": "c2VjcmV0"}]},
]


@pytest.mark.parametrize("garbage", GARBAGE, ids=str)
async def test_garbage_from_the_issuer_takes_no_key_away_and_gives_none(garbage) -> None:
    gate = Gate()
    await gate.verify(token())
    gate.issuer.document = garbage
    gate.clock.seconds += 400

    await gate.verify(token())
    assert gate.issuer.asked == 2

    fresh = Gate(Issuer(garbage))
    with pytest.raises(Unreachable):
        await fresh.verify(token())


async def test_one_unusable_key_does_not_spoil_the_others() -> None:
    gate = Gate(Issuer({"keys": [{"kid": "broken"}, jwk(KEY, "k1")]}))

    await gate.verify(token())


async def test_a_token_of_a_revoked_session_is_refused_and_no_other() -> None:
    gate, left, here = Gate(), uuid4(), uuid4()
    verify = TokenVerifier(KeyRing(gate.issuer, World(clock=gate.clock)), {left})

    with pytest.raises(NotSignedIn):
        await verify(token(sid=str(left)))

    assert (await verify(token(sid=str(here)))).session_id == here
