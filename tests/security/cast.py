"""Everybody who knocks at the shop's doors: people with sessions, and tokens that only look like theirs."""

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx2
import jwt
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key
from demo.street import Street
from simulators.visitor.people import Person, make_customer
from user_service.adapters.access_tokens import new_signing_key

from tests.security.callers import Callers

PATIENCE_SECONDS = 20
ROLES = {
    "owner": frozenset({"customer"}),
    "other customer": frozenset({"customer"}),
    "support": frozenset({"customer", "support"}),
    "admin": frozenset({"customer", "admin"}),
}
"""Who has a session that is good, and the roles that the token says."""


@dataclass(kw_only=True)
class Cast(Callers):
    street: Street
    bad: dict[str, str] = field(default_factory=dict)
    """What nobody may come in with."""


async def gather(street: Street, shop: httpx2.AsyncClient, key: str) -> Cast:
    """Everybody, registered and signed in; two of them sent away again."""
    names = [*ROLES, "disabled", "revoked"]
    people = {name: Person(f"{name.replace(' ', '-')}@example.org", name, uuid4().hex) for name in names}
    cast = Cast(street=street, shop=shop, people=people)
    admin = people["admin"]
    await street.user.bootstrap_admin(email=admin.email, name=admin.name, password=admin.password)
    for name in names:
        if name != "admin":
            await make_customer(shop, people[name], mailed=street.mailed)
    sessions = {name: await cast.sign_in(name) for name in names}

    async def as_admin(method: str, who: str, what: str, body: Any) -> None:
        answer = await cast.ask(method, f"/api/v1/users/{sessions[who]['user']['id']}/{what}", "admin", json=body)
        assert answer.is_success, answer.text

    await as_admin("PUT", "support", "roles", {"roles": ["customer", "support"]})
    await as_admin("POST", "disabled", "disable", {"reason": "to see what a closed account may do"})
    assert (await cast.ask("DELETE", "/api/v1/sessions/current", "revoked")).status_code == 204
    await as_admin("PUT", "admin", "roles", {"roles": ["customer", "admin"]})
    await cast.sign_in("support")
    await cast.sign_in("admin")
    cast.bad = {name: cast.tokens.pop(name) for name in ("disabled", "revoked")}
    await _known_everywhere(street, cast.bad.values())
    for name, roles in ROLES.items():
        assert frozenset(_claims(cast.tokens[name])["roles"]) == roles
    # An admin's, because nobody could do more with it if it were believed.
    cast.bad |= _forgeries(cast.tokens["admin"], key)
    cast.bad["refresh token as access token"] = str((await cast.sign_in("admin"))["refresh_token"])
    return cast


async def _known_everywhere(street: Street, tokens: Iterable[str]) -> None:
    gone = [UUID(_claims(token)["sid"]) for token in tokens]
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not all(each in house.revoked for house in street.houses.values() for each in gone):
            await asyncio.sleep(0.02)


def _claims(token: str) -> dict[str, Any]:
    return jwt.decode(token, options={"verify_signature": False})


def _forgeries(good: str, key: str) -> dict[str, str]:
    """By what is wrong with them: tokens that differ from a good one in this alone."""
    head, said, now = jwt.get_unverified_header(good), _claims(good), datetime.now(UTC)

    def signed(by: str = key, **changed: Any) -> str:
        return jwt.encode({**said, **changed}, by, algorithm="ES256", headers={"typ": head["typ"], "kid": head["kid"]})

    def raw(algorithm: str) -> str:
        return f"{_part({**head, 'alg': algorithm})}.{_part(said)}"

    public = load_pem_private_key(key.encode(), password=None).public_key()
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    hs256 = raw("HS256")
    mac = base64.urlsafe_b64encode(hmac.new(pem, hs256.encode(), hashlib.sha256).digest()).decode().rstrip("=")
    return {
        "expired": signed(exp=now - timedelta(minutes=1)),
        "not yet": signed(nbf=now + timedelta(minutes=5)),
        "bad signature": signed(by=new_signing_key()),
        "alg=none": raw("none") + ".",
        "HS256 with the public key": f"{hs256}.{mac}",
        "wrong issuer": signed(iss="somebody"),
        "wrong audience": signed(aud="another-api"),
    }


def _part(content: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")
