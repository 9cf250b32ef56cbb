"""Access tokens: ES256, five minutes, signed with a key that only this service has."""

import base64
import hashlib
import json
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

import jwt
from chassis.auth import ALGORITHM, AUDIENCE, ISSUER, TOKEN_TYPE
from chassis.world import World
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)
from jwt.algorithms import ECAlgorithm

from user_service.domain.session import ACCESS_LIFETIME
from user_service.domain.signing_keys import KeyRing, KeyState, SigningKey
from user_service.domain.user import User

PEM_BLOCK = re.compile(r"-----BEGIN [A-Z ]+-----.+?-----END [A-Z ]+-----", re.DOTALL)


def new_signing_key() -> str:
    """A fresh private key on P-256, as PEM."""
    pem = generate_private_key(SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return pem.decode()


def read_signing_keys(pem: str) -> list[EllipticCurvePrivateKey]:
    """The keys in a text of PEM blocks. Raises ValueError for anything that is not a private P-256 key."""
    keys = [load_pem_private_key(block.encode(), password=None) for block in PEM_BLOCK.findall(pem)]
    good = [key for key in keys if isinstance(key, EllipticCurvePrivateKey) and isinstance(key.curve, SECP256R1)]
    if not keys or len(good) != len(keys):
        raise ValueError("needs one or more private P-256 keys in PEM")
    return good


def public_half(pem: str) -> str:
    """Of a private key, what may be known by everybody, as PEM."""
    [key] = read_signing_keys(pem)
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def key_id(pem: str) -> str:
    """The id of a private key: its RFC 7638 thumbprint."""
    [key] = read_signing_keys(pem)
    return _public_jwk(key.public_key())["kid"]


def fixed_ring(pem: str, *, at: datetime) -> KeyRing:
    """Keys that stay as they are: the first signs, the others are published."""
    blocks = PEM_BLOCK.findall(pem)
    states = [KeyState.SIGNING, *[KeyState.NEXT] * (len(blocks) - 1)]
    return KeyRing(
        tuple(SigningKey(key_id(block), state, at, block) for block, state in zip(blocks, states, strict=True))
    )


class Es256Tokens:
    """The key that signs at this moment signs; the public halves of all that are known are published."""

    def __init__(self, ring: Callable[[], KeyRing], world: World) -> None:
        self._ring = ring
        self._world = world

    def issue(self, user: User, session_id: UUID) -> str:
        issued = int(self._world.clock.now().timestamp())
        claims = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": str(user.id),
            "sid": str(session_id),
            "roles": sorted(user.roles),
            "sv": user.session_version,
            "iat": issued,
            "nbf": issued,
            "exp": issued + int(ACCESS_LIFETIME.total_seconds()),
            "jti": str(self._world.ids.uuid7()),
        }
        [signing] = self._ring().of(KeyState.SIGNING)
        headers = {"typ": TOKEN_TYPE, "kid": signing.kid}
        return jwt.encode(claims, _private_key(signing.pem), algorithm=ALGORITHM, headers=headers)

    def jwks(self) -> Mapping[str, Any]:
        now = self._world.clock.now()
        return {"keys": [_published(each.pem) for each in self._ring().keys if each.published(at=now)]}


@lru_cache(maxsize=8)
def _private_key(pem: str) -> EllipticCurvePrivateKey:
    [key] = read_signing_keys(pem)
    return key


@lru_cache(maxsize=32)
def _published(pem: str) -> Mapping[str, str]:
    if "PRIVATE" in pem:
        return _public_jwk(_private_key(pem).public_key())
    key = load_pem_public_key(pem.encode())
    if not isinstance(key, EllipticCurvePublicKey):
        raise ValueError("needs a public P-256 key in PEM")
    return _public_jwk(key)


def _public_jwk(key: EllipticCurvePublicKey) -> dict[str, str]:
    """Its id is its RFC 7638 thumbprint, so that everybody who has the key has the id."""
    jwk = ECAlgorithm.to_jwk(key, as_dict=True)
    members = {name: str(jwk[name]) for name in ("crv", "kty", "x", "y")}
    canonical = json.dumps(members, sort_keys=True, separators=(",", ":"))
    thumbprint = base64.urlsafe_b64encode(hashlib.sha256(canonical.encode()).digest()).decode().rstrip("=")
    return {**members, "kid": thumbprint, "use": "sig", "alg": ALGORITHM}
