"""Access tokens as the user service makes them, and as a forger would."""

import time
from typing import Any
from uuid import uuid4

import jwt
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, generate_private_key

KID = "k1"


def new_key() -> EllipticCurvePrivateKey:
    return generate_private_key(SECP256R1())


def jwks(key: EllipticCurvePrivateKey, kid: str = KID) -> dict[str, Any]:
    told = jwt.algorithms.ECAlgorithm.to_jwk(key.public_key(), as_dict=True)
    return {"keys": [{**told, "kid": kid, "alg": "ES256", "use": "sig"}]}


def claims(**other: Any) -> dict[str, Any]:
    now = int(time.time())
    told = {
        "iss": "mercato",
        "aud": "shop-api",
        "sub": str(uuid4()),
        "sid": str(uuid4()),
        "jti": str(uuid4()),
        "roles": ["customer"],
        "iat": now,
        "nbf": now,
        "exp": now + 300,
        **other,
    }
    return {name: value for name, value in told.items() if value is not None}


def token(key: Any, *, algorithm: str = "ES256", kid: str = KID, headers: Any = None, **other: Any) -> str:
    return jwt.encode(claims(**other), key, algorithm, headers={"typ": "at+jwt", "kid": kid, **(headers or {})})


def bearer(text: str) -> dict[str, str]:
    return {"authorization": f"Bearer {text}"}
