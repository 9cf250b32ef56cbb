"""Signing in, refreshing and signing out over HTTP."""

import httpx2
import jwt
import pytest
from chassis.health import Health
from chassis.world import World
from user_service.adapters.access_tokens import Es256Tokens, fixed_ring, new_signing_key
from user_service.api.caller import network_of
from user_service.domain.user import Role
from user_service.main import create_apps
from user_service.wiring import in_memory, settings_for_one_run

PASSWORD = "a walk in the deep forest"
CREDENTIALS = {"email": "ada@example.com", "password": PASSWORD}


def slug(answer: httpx2.Response) -> str:
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.json()["type"].removeprefix("urn:mercato:problem:")


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def test_signing_in_gives_both_tokens_and_the_user(client, verified_user) -> None:
    user = await verified_user()

    answer = await client.post("/api/v1/sessions", json={**CREDENTIALS, "email": "ADA@Example.com"})

    assert answer.status_code == 201
    assert answer.headers["cache-control"] == "no-store"
    body = answer.json()
    assert set(body) == {"access_token", "token_type", "expires_in", "refresh_token", "user"}
    assert (body["token_type"], body["expires_in"]) == ("Bearer", 300)
    assert body["user"]["id"] == str(user.id)
    assert (body["user"]["email"], body["user"]["name"]) == ("ada@example.com", "Ada")
    assert body["user"]["roles"] == ["customer"]


async def test_the_access_token_is_what_the_other_services_expect(client, verified_user, clock) -> None:
    user = await verified_user()
    token = (await client.post("/api/v1/sessions", json=CREDENTIALS)).json()["access_token"]
    keys = (await client.get("/.well-known/jwks.json")).json()["keys"]

    header = jwt.get_unverified_header(token)
    claims = jwt.decode(
        token, jwt.PyJWK(keys[0], algorithm="ES256"), algorithms=["ES256"], audience="shop-api", issuer="mercato"
    )

    assert header == {"alg": "ES256", "typ": "at+jwt", "kid": keys[0]["kid"]}
    assert set(claims) == {"iss", "aud", "sub", "sid", "roles", "sv", "iat", "nbf", "exp", "jti"}
    assert (claims["sub"], claims["roles"], claims["sv"]) == (str(user.id), ["customer"], 1)
    assert claims["exp"] - claims["iat"] == 300
    assert claims["iat"] == claims["nbf"] == int(clock.now().timestamp())


async def test_only_public_halves_are_published_and_may_be_cached(client) -> None:
    answer = await client.get("/.well-known/jwks.json")

    assert answer.headers["cache-control"] == "public, max-age=300"
    assert [set(key) for key in answer.json()["keys"]] == [{"kty", "crv", "x", "y", "kid", "use", "alg"}]


async def test_several_keys_are_published_and_the_first_signs(world: World, verified_user, service) -> None:
    user = await verified_user()
    ring = fixed_ring(new_signing_key() + new_signing_key(), at=world.clock.now())
    both = Es256Tokens(lambda: ring, world)

    token = both.issue(user, world.ids.uuid7())

    kids = [key["kid"] for key in both.jwks()["keys"]]
    assert len(set(kids)) == 2
    assert jwt.get_unverified_header(token)["kid"] == kids[0]


async def test_wrong_unknown_and_unproven_are_refused(client, verified_user, register) -> None:
    await verified_user()
    await register("bob@example.com")

    wrong = await client.post("/api/v1/sessions", json={**CREDENTIALS, "password": "not this"})
    unknown = await client.post("/api/v1/sessions", json={**CREDENTIALS, "email": "nobody@example.com"})
    unproven = await client.post("/api/v1/sessions", json={**CREDENTIALS, "email": "bob@example.com"})

    assert (wrong.status_code, slug(wrong)) == (401, "invalid_credentials")
    assert (unknown.status_code, slug(unknown)) == (401, "invalid_credentials")
    assert {**wrong.json(), "trace": None} == {**unknown.json(), "trace": None}
    assert (unproven.status_code, slug(unproven)) == (403, "email_not_verified")


async def test_too_many_failures_are_told_when_to_come_back(client, verified_user) -> None:
    await verified_user()
    for _ in range(10):
        await client.post("/api/v1/sessions", json={**CREDENTIALS, "password": "not this"})

    answer = await client.post("/api/v1/sessions", json=CREDENTIALS)

    assert (answer.status_code, slug(answer)) == (429, "too_many_attempts")
    assert 1 <= int(answer.headers["retry-after"]) <= 900


async def test_a_busy_hasher_answers_503_with_retry_after(client, service, verified_user) -> None:
    await verified_user()
    service.sign_in.prove.hasher._room = 0

    answer = await client.post("/api/v1/sessions", json=CREDENTIALS)

    assert (answer.status_code, slug(answer), answer.headers["retry-after"]) == (503, "overloaded", "2")


async def test_refreshing_repeats_a_lost_reply_and_ends_after_theft(client, verified_user) -> None:
    await verified_user()
    first = (await client.post("/api/v1/sessions", json=CREDENTIALS)).json()

    second = await client.post("/api/v1/sessions/refresh", json={"refresh_token": first["refresh_token"]})
    repeat = await client.post("/api/v1/sessions/refresh", json={"refresh_token": first["refresh_token"]})
    await client.post("/api/v1/sessions/refresh", json={"refresh_token": second.json()["refresh_token"]})
    theft = await client.post("/api/v1/sessions/refresh", json={"refresh_token": first["refresh_token"]})
    me = await client.get("/api/v1/me", headers=bearer(second.json()["access_token"]))

    assert second.status_code == 200
    assert repeat.json()["refresh_token"] == second.json()["refresh_token"]
    assert (theft.status_code, slug(theft)) == (401, "session_ended")
    assert (me.status_code, slug(me)) == (401, "session_ended")


async def test_signing_out_ends_the_session_and_may_be_repeated(client, verified_user, sign_in) -> None:
    await verified_user()
    grant, other = await sign_in(), await sign_in()

    out = await client.delete("/api/v1/sessions/current", headers=bearer(grant.access_token))
    again = await client.delete("/api/v1/sessions/current", headers=bearer(grant.access_token))
    refreshed = await client.post("/api/v1/sessions/refresh", json={"refresh_token": grant.refresh_token})
    me = await client.get("/api/v1/me", headers=bearer(grant.access_token))
    elsewhere = await client.get("/api/v1/me", headers=bearer(other.access_token))

    assert (out.status_code, again.status_code) == (204, 204)
    assert (refreshed.status_code, me.status_code) == (401, 401)
    assert elsewhere.status_code == 200


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ({}, ["email", "password"]),
        ({**CREDENTIALS, "password": ""}, ["password"]),
        ({**CREDENTIALS, "password": "\x00"}, ["password"]),
        ({**CREDENTIALS, "password": "x" * 5000}, ["password"]),
        ({**CREDENTIALS, "email": "\x00"}, ["email"]),
        ({**CREDENTIALS, "email": {"$ne": None}}, ["email"]),
        ({**CREDENTIALS, "otp": "1"}, ["otp"]),
    ],
)
async def test_bad_sign_ins_are_refused_by_field(client, verified_user, body, wrong) -> None:
    await verified_user()

    answer = await client.post("/api/v1/sessions", json=body)

    assert (answer.status_code, slug(answer)) == (422, "invalid_request")
    assert [each["field"] for each in answer.json()["errors"]] == wrong


@pytest.mark.parametrize("header", ["Bearer", "Bearer x", "Basic abc", "Bearer " + "a" * 5000, "Bearer a.b.c"])
async def test_a_bad_token_is_refused(client, header) -> None:
    answer = await client.get("/api/v1/me", headers={"Authorization": header})

    assert (answer.status_code, slug(answer)) == (401, "not_signed_in")


async def test_a_token_of_another_key_is_refused(client, verified_user, world) -> None:
    user = await verified_user()
    ring = fixed_ring(new_signing_key(), at=world.clock.now())
    forged = Es256Tokens(lambda: ring, world).issue(user, world.ids.uuid7())

    assert (await client.get("/api/v1/me", headers=bearer(forged))).status_code == 401


async def test_the_profile_is_read_and_changed(client, verified_user, sign_in, announced) -> None:
    user = await verified_user()
    token = (await sign_in()).access_token
    said = len(announced())

    changed = await client.patch("/api/v1/me", headers=bearer(token), json={"name": "Ada L.", "locale": "de"})
    read = await client.get("/api/v1/me", headers=bearer(token))

    assert changed.json() == read.json()
    assert read.json() == {
        "id": str(user.id),
        "email": "ada@example.com",
        "name": "Ada L.",
        "locale": "de",
        "phone": None,
        "roles": ["customer"],
        "verified": True,
        "created_at": user.created_at.isoformat().replace("+00:00", "Z"),
    }
    assert [each.type for each in announced()[said:]] == ["ContactChanged.v1"]


@pytest.mark.parametrize(
    "body", [{}, {"name": ""}, {"roles": ["admin"]}, {"email": "x@example.com"}, {"verified": True}]
)
async def test_a_profile_change_cannot_change_more(client, verified_user, sign_in, service, body) -> None:
    user = await verified_user()

    answer = await client.patch("/api/v1/me", headers=bearer((await sign_in()).access_token), json=body)

    assert answer.status_code == 422
    assert await service.find_user(email="ada@example.com") == user


async def test_admins_find_users_and_give_roles(client, service, verified_user, sign_in) -> None:
    user = await verified_user()
    await service.bootstrap_admin(email="boss@example.com", name="Boss", password="eleven quiet lighthouses")
    boss = bearer((await sign_in("boss@example.com", "eleven quiet lighthouses")).access_token)

    found = await client.get("/api/v1/users", params={"email": "ADA@example.com"}, headers=boss)
    nobody = await client.get("/api/v1/users", params={"email": "nobody@example.com"}, headers=boss)
    given = await client.put(f"/api/v1/users/{user.id}/roles", json={"roles": ["support", "customer"]}, headers=boss)

    assert [each["id"] for each in found.json()["items"]] == [str(user.id)]
    assert (nobody.status_code, nobody.json()) == (200, {"items": [], "next_cursor": None})
    assert (given.status_code, given.json()["roles"]) == (200, ["customer", "support"])


async def test_customers_and_strangers_neither_find_users_nor_give_roles(
    client, service, verified_user, sign_in
) -> None:
    user = await verified_user()
    ada = bearer((await sign_in()).access_token)
    path = f"/api/v1/users/{user.id}/roles"

    for headers, status in ((ada, 403), ({}, 401)):
        found = await client.get("/api/v1/users", params={"email": "ada@example.com"}, headers=headers)
        given = await client.put(path, json={"roles": ["admin"]}, headers=headers)
        assert (found.status_code, given.status_code) == (status, status)
    stored = await service.find_user(email="ada@example.com")
    assert stored.roles == {Role.CUSTOMER}


async def test_bad_admin_requests_are_refused(client, service, sign_in, world) -> None:
    boss = await service.bootstrap_admin(email="boss@example.com", name="Boss", password="eleven quiet lighthouses")
    headers = bearer((await sign_in("boss@example.com", "eleven quiet lighthouses")).access_token)

    async def put(user_id: object, roles: object) -> httpx2.Response:
        return await client.put(f"/api/v1/users/{user_id}/roles", json={"roles": roles}, headers=headers)

    assert (await put(boss.id, ["king"])).json()["errors"][0]["field"] == "roles.0"
    assert (await put(boss.id, [])).status_code == 422
    assert (await put("me", ["admin"])).json()["errors"][0]["field"] == "user_id"
    assert slug(await put(world.ids.uuid7(), ["admin"])) == "user_not_found"
    assert slug(await put(boss.id, ["customer"])) == "last_admin"
    bad = await client.get("/api/v1/users", params={"email": "nothing"}, headers=headers)
    assert bad.json()["errors"][0]["field"] == "email"


@pytest.mark.parametrize(("hops", "status"), [(0, 429), (1, 401)])
async def test_what_a_client_says_about_its_address_counts_only_behind_trusted_proxies(world, hops, status) -> None:
    settings = settings_for_one_run(world, trusted_hops=hops, sign_in_failures=1)
    service = in_memory(settings, world)
    apps = create_apps(service, settings, verifier=service.verifier(world), health=Health(world))
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(apps.public), base_url="http://user") as client:

        async def fail(seen: str) -> int:
            forwarded = {"X-Forwarded-For": f"10.9.9.9, {seen}"}
            return (await client.post("/api/v1/sessions", json=CREDENTIALS, headers=forwarded)).status_code

        assert await fail("192.0.2.1") == 401
        assert await fail("198.51.100.1") == status


def test_neighbours_share_a_network() -> None:
    assert network_of("192.0.2.17") == "192.0.2.0/24"
    assert network_of("2001:db8:1:2:3::4") == "2001:db8:1:2::/64"
    assert network_of("not an address") == "not an address"
