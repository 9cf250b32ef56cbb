"""Access tokens: ES256, five minutes, signed with a key that only this service has."""

import base64
import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import jwt
from chassis.auth import ALGORITHM, AUDIENCE, ISSUER, TOKEN_TYPE
from chassis.world import World
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from jwt.algorithms import ECAlgorithm

from user_service.domain.session import ACCESS_LIFETIME
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


class Es256Tokens:
    """The first key signs; the public halves of all are published, so that a new one is known before it signs."""

    def __init__(self, pem: str, world: World) -> None:
        keys = read_signing_keys(pem)
        self._public = [_public_jwk(key) for key in keys]
        self._key = keys[0]
        self._kid = self._public[0]["kid"]
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
        return jwt.encode(claims, self._key, algorithm=ALGORITHM, headers={"typ": TOKEN_TYPE, "kid": self._kid})

    def jwks(self) -> Mapping[str, Any]:
        return {"keys": self._public}


def _public_jwk(key: EllipticCurvePrivateKey) -> dict[str, str]:
    """The public half; its id is its RFC 7638 thumbprint, so that it never needs to be kept anywhere."""
    jwk = ECAlgorithm.to_jwk(key.public_key(), as_dict=True)
    members = {name: str(jwk[name]) for name in ("crv", "kty", "x", "y")}
    canonical = json.dumps(members, sort_keys=True, separators=(",", ":"))
    thumbprint = base64.urlsafe_b64encode(hashlib.sha256(canonical.encode()).digest()).decode().rstrip("=")
    return {**members, "kid": thumbprint, "use": "sig", "alg": ALGORITHM}
