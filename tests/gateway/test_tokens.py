"""A forged token gets no further than the edge; a good one is handed on for the service to check again."""

import asyncio
import base64
import hashlib
import hmac
import json
import time

import pytest
from chassis import auth
from cryptography.hazmat.primitives import serialization

from gateway import tokens

from .raw import Reply, get, send
from .street import Street
from .tokens import KID, bearer, claims, jwks, new_key, token

pytestmark = pytest.mark.asyncio(loop_scope="session")

REQUIRED, OPTIONAL, PUBLIC = "/api/v1/orders", "/api/v1/carts/c", "/api/v1/shipping-methods"


async def ask(shop: Street, path: str, text: str) -> Reply:
    return await get(shop.port, path, f"Authorization: {text}")


def unsigned(**header: str) -> str:
    parts = ({"typ": "at+jwt", "kid": KID, **header}, claims())
    return ".".join(base64.urlsafe_b64encode(json.dumps(each).encode()).decode().rstrip("=") for each in parts) + "."


def forged(good) -> dict[str, str]:
    """What an attacker would try, by name."""
    other, now = new_key(), int(time.time())
    public = good.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    whole = token(good)
    head, body, signature = whole.split(".")
    stolen = base64.urlsafe_b64encode(json.dumps(claims(roles=["admin"])).encode()).decode().rstrip("=")
    return {
        "expired": token(good, exp=now - 120),
        "not yet valid": token(good, nbf=now + 600),
        "no expiry": token(good, exp=None),
        "other issuer": token(good, iss="evil"),
        "no issuer": token(good, iss=None),
        "other audience": token(good, aud="admin-api"),
        "no audience": token(good, aud=None),
        "other key": token(other),
        "unknown key id": token(other, kid="k2"),
        "alg none": unsigned(alg="none"),
        "alg None": unsigned(alg="None"),
        "no alg": unsigned(),
        "HS256 with the public key": _hs256(public),
        "HS256 with nothing": _hs256(b""),
        "other claims": f"{head}.{stolen}.{signature}",
        "no signature": f"{head}.{body}.",
        "cut signature": whole[:-8],
        "key in the header": token(other, headers={"jwk": jwks(other)["keys"][0]}),
        "two parts": f"{head}.{body}",
        "garbage": "garbage",
    }


def _hs256(secret: bytes) -> str:
    signed = unsigned(alg="HS256").rstrip(".")
    mac = hmac.new(secret, signed.encode(), hashlib.sha256).digest()
    return f"{signed}.{base64.urlsafe_b64encode(mac).decode().rstrip('=')}"


async def test_we_expect_of_a_token_what_the_services_expect() -> None:
    ours = (tokens.ISSUER, tokens.AUDIENCE, tokens.LEEWAY_SECONDS)
    assert ours == (auth.ISSUER, auth.AUDIENCE, auth.LEEWAY_SECONDS)


@pytest.mark.parametrize("path", [REQUIRED, OPTIONAL])
async def test_a_good_token_is_handed_on(shop: Street, signing_key, path: str) -> None:
    text = bearer(token(signing_key))["authorization"]

    reply = await ask(shop, path, text)

    assert reply.status == 200
    assert json.loads(reply.body)["headers"]["authorization"] == text


@pytest.mark.parametrize("path", [REQUIRED, OPTIONAL])
async def test_no_forged_token_gets_in(shop: Street, signing_key, path: str) -> None:
    attempts = forged(signing_key)

    for name, text in attempts.items():
        reply = await ask(shop, path, f"Bearer {text}")
        assert (reply.status, reply.slug) == (401, "not_signed_in"), name
        assert reply.headers["www-authenticate"] == ["Bearer"]
        assert reply.headers["content-type"] == ["application/problem+json"]

    assert shop.standins["order"].asked == []


async def test_without_a_token_only_what_needs_none(shop: Street) -> None:
    assert (await get(shop.port, REQUIRED)).status == 401
    assert (await get(shop.port, OPTIONAL)).status == 200
    assert (await get(shop.port, PUBLIC)).status == 200


async def test_an_old_token_does_not_keep_anybody_from_signing_in(shop: Street, signing_key) -> None:
    stale = token(signing_key, exp=int(time.time()) - 3600)

    signed_in = await send(
        shop.port, "POST /api/v1/sessions HTTP/1.1", f"Authorization: Bearer {stale}", "Content-Length: 0"
    )

    assert signed_in.status == 200


@pytest.mark.parametrize("text", ["Bearer ", "Bearer", "Basic YTpi", "bearer", ""])
async def test_what_is_no_token_is_as_good_as_none(shop: Street, text: str) -> None:
    assert (await ask(shop, REQUIRED, text)).status == 401


async def test_a_token_in_the_address_is_no_token(shop: Street, signing_key) -> None:
    assert (await get(shop.port, f"{REQUIRED}?access_token={token(signing_key)}")).status == 401


async def test_the_last_good_keys_stay_while_user_is_away(tmp_street, signing_key) -> None:
    async with tmp_street(keys_seconds=1) as shop:
        before = shop.stat("http.public.jwt_authn.jwks_fetch_failed")
        await shop.standins["user"].stop()
        async with asyncio.timeout(20):
            while shop.stat("http.public.jwt_authn.jwks_fetch_failed") < before + 2:
                await asyncio.sleep(0.05)

        reply = await ask(shop, REQUIRED, bearer(token(signing_key))["authorization"])

    assert reply.status == 200


async def test_a_key_that_was_published_ahead_is_known_when_it_signs(tmp_street, signing_key) -> None:
    new = new_key()
    async with tmp_street(keys_seconds=1) as shop:
        shop.standins["user"].keys = {"keys": [*jwks(signing_key)["keys"], *jwks(new, "k2")["keys"]]}
        fetched = shop.stat("http.public.jwt_authn.jwks_fetch_success")
        async with asyncio.timeout(20):
            while shop.stat("http.public.jwt_authn.jwks_fetch_success") < fetched + 2:
                await asyncio.sleep(0.05)

        replies = [await ask(shop, REQUIRED, f"Bearer {each}") for each in (token(signing_key), token(new, kid="k2"))]

    assert [reply.status for reply in replies] == [200, 200]
