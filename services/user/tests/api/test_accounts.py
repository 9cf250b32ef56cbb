"""Accounts over HTTP."""

import httpx2
import pytest

PASSWORD = "a walk in the deep forest"
ADA = {"email": "ada@example.com", "name": "Ada", "password": PASSWORD}
MAIL_IS_COMING = {"detail": "If this address needs to be verified, a mail is on its way to it."}


def slug(answer: httpx2.Response) -> str:
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.json()["type"].removeprefix("urn:mercato:problem:")


def fields(answer: httpx2.Response) -> list[str]:
    assert answer.status_code == 422
    return sorted(each["field"] for each in answer.json()["errors"])


async def test_registering_answers_the_same_for_new_unproven_and_proven_addresses(client, mailed_token) -> None:
    new = await client.post("/api/v1/users", json=ADA)
    unproven = await client.post("/api/v1/users", json=ADA)
    await client.post("/api/v1/users/verification", json={"token": mailed_token()})
    proven = await client.post("/api/v1/users", json=ADA)
    again = await client.post("/api/v1/users/verification-requests", json={"email": "nobody@example.com"})

    for answer in (new, unproven, proven, again):
        assert (answer.status_code, answer.json()) == (202, MAIL_IS_COMING)


async def test_verifying_answers_without_a_body_and_only_once(client, mailed_token) -> None:
    await client.post("/api/v1/users", json=ADA)

    proven = await client.post("/api/v1/users/verification", json={"token": mailed_token()})
    again = await client.post("/api/v1/users/verification", json={"token": mailed_token()})

    assert (proven.status_code, proven.content) == (204, b"")
    assert slug(again) == "verification_token_invalid"
    assert fields(again) == ["token"]


async def test_every_bad_field_of_a_registration_is_named_and_nothing_happens(client, announced) -> None:
    answer = await client.post(
        "/api/v1/users",
        json={"email": "ada@", "name": "Ada\nBcc: all", "password": "short", "locale": "english", "roles": ["admin"]},
    )

    assert fields(answer) == ["email", "locale", "name", "password", "roles"]
    assert slug(answer) == "invalid_request"
    assert "short" not in answer.text
    assert announced() == []


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ({}, ["email", "name", "password"]),
        ({**ADA, "email": None}, ["email"]),
        ({**ADA, "email": 7}, ["email"]),
        ({**ADA, "email": "a" * 300 + "@example.com"}, ["email"]),
        ({**ADA, "name": ""}, ["name"]),
        ({**ADA, "name": "  "}, ["name"]),
        ({**ADA, "name": "x" * 101}, ["name"]),
        ({**ADA, "name": "see http://evil.example"}, ["name"]),
        ({**ADA, "name": "nul\x00"}, ["name"]),
        ({**ADA, "password": ["a"]}, ["password"]),
        ({**ADA, "password": "x" * 14}, ["password"]),
        ({**ADA, "password": "0a1b2c3d4e" * 13}, ["password"]),
        ({**ADA, "password": "x" * 2000}, ["password"]),
        ({**ADA, "password": "password password"}, ["password"]),
        ({**ADA, "locale": ""}, ["locale"]),
        ({**ADA, "locale": "en-us"}, ["locale"]),
    ],
)
async def test_bad_registrations_are_refused_by_field(client, announced, body, wrong) -> None:
    assert fields(await client.post("/api/v1/users", json=body)) == wrong
    assert announced() == []


@pytest.mark.parametrize(
    ("content", "type_", "status", "expected"),
    [
        ("{", "application/json", 400, "malformed_json"),
        ("[]", "application/json", 422, "invalid_request"),
        ('{"email": "\\ud800"}', "application/json", 422, "invalid_request"),
        ('{"\\ud800": 1}', "application/json", 422, "invalid_request"),
        ("a=1", "application/x-www-form-urlencoded", 415, "unsupported_media_type"),
        ('"' + "x" * 1024 * 1024 + '"', "application/json", 413, "body_too_large"),
        ("[" * 40 + "]" * 40, "application/json", 422, "invalid_request"),
    ],
)
async def test_garbage_is_refused_before_anything_happens(client, announced, content, type_, status, expected) -> None:
    answer = await client.post("/api/v1/users", content=content, headers={"content-type": type_})

    assert (answer.status_code, slug(answer)) == (status, expected)
    assert announced() == []


@pytest.mark.parametrize("token", ["", " ", "a b", "x" * 201, "ü", 7, None])
async def test_a_garbled_token_is_named(client, token) -> None:
    assert fields(await client.post("/api/v1/users/verification", json={"token": token})) == ["token"]
    assert fields(await client.post("/api/v1/sessions/refresh", json={"refresh_token": token})) == ["refresh_token"]


async def test_an_unknown_query_parameter_is_named(client) -> None:
    assert fields(await client.post("/api/v1/users?debug=1", json=ADA)) == ["debug"]


async def test_the_internal_door_shows_facts_without_secrets(client, internal, verified_user, sign_in) -> None:
    user = await verified_user()
    grant = await sign_in()

    answer = await internal.get("/facts")

    assert f'"kind": "user", "id": "{user.id}", "verified": true, "roles": ["customer"]' in answer.text
    assert '"kind": "refresh_token"' in answer.text
    assert '"type": "EmailVerified.v1"' in answer.text
    for secret in (grant.refresh_token, "ada@example.com", "argon2"):
        assert secret not in answer.text
    assert (await client.get("/facts")).status_code == 404
