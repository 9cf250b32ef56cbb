"""What belongs to the caller, over HTTP: sessions, password, address book; and what staff do with accounts."""

import httpx2
import pytest
from jsonschema import Draft202012Validator

PASSWORD = "a walk in the deep forest"
NEW = "eleven quiet lighthouses"
HOME = {
    "name": "Ada Example",
    "line1": "Example Street 1",
    "line2": None,
    "city": "Berlin",
    "postal_code": "10115",
    "country": "DE",
    "phone": None,
}
RESET_IS_COMING = {"detail": "If this address has an account, a mail is on its way to it."}


def slug(answer: httpx2.Response) -> str:
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.json()["type"].removeprefix("urn:mercato:problem:")


def fields(answer: httpx2.Response) -> list[str]:
    assert answer.status_code == 422
    return sorted(each["field"] for each in answer.json()["errors"])


@pytest.fixture
def ada(client, verified_user, sign_in):
    """Somebody signed in: calls with their token."""
    return caller(client, verified_user, sign_in, "ada@example.com")


@pytest.fixture
def bob(client, verified_user, sign_in):
    return caller(client, verified_user, sign_in, "bob@example.com")


@pytest.fixture
async def boss(client, service, sign_in):
    await service.bootstrap_admin(email="boss@example.com", name="Boss", password=NEW)
    return calls(client, (await sign_in("boss@example.com", NEW)).access_token)


def calls(client, token):
    async def call(method: str, path: str, **more) -> httpx2.Response:
        return await client.request(method, f"/api/v1{path}", headers={"Authorization": f"Bearer {token}"}, **more)

    return call


def caller(client, verified_user, sign_in, email):
    opened = []

    async def call(method: str, path: str, **more) -> httpx2.Response:
        if not opened:
            await verified_user(email)
            opened.append(calls(client, (await sign_in(email)).access_token))
        return await opened[0](method, path, **more)

    return call


async def test_sessions_are_listed_page_by_page_and_the_current_one_is_marked(ada, sign_in) -> None:
    await ada("GET", "/me")
    await sign_in()
    await sign_in()

    first = (await ada("GET", "/sessions", params={"limit": 2})).json()
    second = (await ada("GET", "/sessions", params={"limit": 2, "cursor": first["next_cursor"]})).json()

    assert [each["current"] for each in first["items"] + second["items"]] == [False, False, True]
    assert set(first["items"][0]) == {"id", "device", "started_at", "last_used_at", "current"}
    assert second["items"][0]["device"] == "a browser"
    assert second["next_cursor"] is None
    assert slug(await ada("GET", "/sessions", params={"cursor": "WyJzZXNzaW9ucyIsIngiXQ"})) == "invalid_cursor"


async def test_one_session_is_ended_by_its_id_and_a_foreign_one_is_not_found(ada, bob, sign_in) -> None:
    await ada("GET", "/me")
    await sign_in()
    [other, current] = [each["id"] for each in (await ada("GET", "/sessions")).json()["items"]]

    assert slug(await bob("DELETE", f"/sessions/{other}")) == "session_not_found"
    assert (await ada("DELETE", f"/sessions/{other}")).status_code == 204
    assert (await ada("DELETE", f"/sessions/{other}")).status_code == 404
    assert fields(await ada("DELETE", "/sessions/all")) == ["session_id"]
    assert [each["id"] for each in (await ada("GET", "/sessions")).json()["items"]] == [current]


async def test_signing_out_everywhere_ends_this_session_too(ada, sign_in, client) -> None:
    await ada("GET", "/me")
    elsewhere = calls(client, (await sign_in()).access_token)

    assert (await ada("DELETE", "/sessions")).status_code == 204

    for call in (ada, elsewhere):
        assert slug(await call("GET", "/me")) == "session_ended"


async def test_a_password_is_changed_by_who_knows_it(ada, client) -> None:
    changed = await ada("POST", "/me/password", json={"current_password": PASSWORD, "new_password": NEW})
    wrong = await ada("POST", "/me/password", json={"current_password": PASSWORD, "new_password": NEW})
    guessable = await ada("POST", "/me/password", json={"current_password": NEW, "new_password": "password password 1"})
    short = await ada("POST", "/me/password", json={"current_password": NEW, "new_password": "short"})

    assert (changed.status_code, changed.content) == (204, b"")
    assert (slug(wrong), fields(wrong)) == ("wrong_password", ["current_password"])
    assert slug(guessable) == "password_refused"
    assert fields(short) == ["new_password"]
    assert NEW not in wrong.text + guessable.text + short.text
    credentials = {"email": "ada@example.com", "password": NEW}
    assert (await client.post("/api/v1/sessions", json=credentials)).status_code == 201


async def test_asking_for_a_reset_is_always_answered_alike(client, verified_user, register) -> None:
    await verified_user()
    await register("bob@example.com")

    answers = [
        await client.post("/api/v1/users/password-resets", json={"email": email})
        for email in ["ada@example.com"] * 5 + ["bob@example.com", "nobody@example.com"]
    ]

    assert {(each.status_code, str(each.json())) for each in answers} == {(202, str(RESET_IS_COMING))}


async def test_a_reset_is_confirmed_once(client, verified_user, announced) -> None:
    await verified_user()
    await client.post("/api/v1/users/password-resets", json={"email": "ada@example.com"})
    body = {"token": announced()[-1].data["token"], "password": NEW}
    path = "/api/v1/users/password-resets/confirm"

    guessable = await client.post(path, json={**body, "password": "password password 1"})
    done = await client.post(path, json=body)
    again = await client.post(path, json=body)

    assert slug(guessable) == "password_refused"
    assert (done.status_code, done.content) == (204, b"")
    assert (slug(again), fields(again)) == ("reset_token_invalid", ["token"])
    assert fields(await client.post(path, json={"token": "a b", "password": "short"})) == ["password", "token"]


async def test_a_telephone_number_is_put_into_the_profile_and_taken_out(ada, announced) -> None:
    put = await ada("PATCH", "/me", json={"phone": "+4930123456"})
    kept = await ada("PATCH", "/me", json={"name": "Ada L."})
    taken = await ada("PATCH", "/me", json={"phone": None})

    assert [each.json()["phone"] for each in (put, kept, taken)] == ["+4930123456", "+4930123456", None]
    changes = [each for each in announced() if each.type == "ContactChanged.v1"]
    assert [(each.data["name"], each.data["phone"]) for each in changes] == [
        ("Ada", "+4930123456"),
        ("Ada L.", "+4930123456"),
        ("Ada L.", None),
    ]
    assert [each.seq for each in changes] == [4, 5, 6]
    assert all(each.data["verified"] for each in changes)


@pytest.mark.parametrize(
    "phone", ["", "030123456", "+0301234567", "+12", "+49 30 123456", "+1" + "0" * 15, 49301234567]
)
async def test_only_international_numbers_are_taken(ada, phone) -> None:
    assert fields(await ada("PATCH", "/me", json={"phone": phone})) == ["phone"]


async def test_a_profile_that_stays_as_it_is_is_told_to_nobody(ada, announced) -> None:
    await ada("GET", "/me")
    said = len(announced())

    assert (await ada("PATCH", "/me", json={"name": "Ada", "phone": None})).status_code == 200

    assert len(announced()) == said


async def test_addresses_are_added_changed_and_removed(ada) -> None:
    first = await ada("POST", "/me/addresses", json=HOME)
    second = await ada("POST", "/me/addresses", json={**HOME, "city": "Bern", "country": "CH", "default": True})
    path = f"/me/addresses/{first.json()['id']}"
    moved = await ada("PUT", path, json={**HOME, "city": "Potsdam", "phone": "+49 331 1234"})

    assert (first.status_code, first.json()) == (201, {**HOME, "id": first.json()["id"], "default": True})
    assert second.json()["default"] is True
    assert moved.json() == {
        **HOME,
        "id": first.json()["id"],
        "city": "Potsdam",
        "phone": "+49 331 1234",
        "default": False,
    }
    assert (await ada("GET", "/me/addresses")).json() == {"items": [moved.json(), second.json()]}
    assert (await ada("DELETE", f"/me/addresses/{second.json()['id']}")).status_code == 204
    assert (await ada("GET", path)).json() == {**moved.json(), "default": True}


async def test_somebody_elses_address_is_as_unknown_as_none(ada, bob, world) -> None:
    theirs = (await bob("POST", "/me/addresses", json=HOME)).json()["id"]

    for id_ in (theirs, world.ids.uuid7()):
        answers = [
            await ada("GET", f"/me/addresses/{id_}"),
            await ada("PUT", f"/me/addresses/{id_}", json=HOME),
            await ada("DELETE", f"/me/addresses/{id_}"),
        ]
        assert [slug(each) for each in answers] == ["address_not_found"] * 3
    assert (await ada("GET", "/me/addresses")).json() == {"items": []}
    assert (await bob("GET", f"/me/addresses/{theirs}")).status_code == 200


async def test_the_twenty_first_address_is_refused(ada) -> None:
    for _ in range(20):
        assert (await ada("POST", "/me/addresses", json=HOME)).status_code == 201

    full = await ada("POST", "/me/addresses", json=HOME)

    assert (full.status_code, slug(full)) == (409, "address_book_full")
    assert len((await ada("GET", "/me/addresses")).json()["items"]) == 20


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        ({"name": ""}, "name"),
        ({"line1": "x" * 201}, "line1"),
        ({"city": "nul\x00"}, "city"),
        ({"postal_code": "x" * 17}, "postal_code"),
        ({"country": "de"}, "country"),
        ({"phone": "call me"}, "phone"),
        ({"default": "perhaps"}, "default"),
        ({"id": "1"}, "id"),
        ({"line2": "4242 4242 4242 4242"}, "line2"),
    ],
)
async def test_bad_addresses_are_refused_by_field(ada, change, wrong) -> None:
    assert fields(await ada("POST", "/me/addresses", json={**HOME, **change})) == [wrong]
    assert (await ada("GET", "/me/addresses")).json() == {"items": []}


async def test_nothing_of_an_account_is_shown_to_a_stranger(client, world) -> None:
    id_ = world.ids.uuid7()
    for method, path in [
        ("GET", "/sessions"),
        ("DELETE", "/sessions"),
        ("DELETE", f"/sessions/{id_}"),
        ("POST", "/me/password"),
        ("GET", "/me/addresses"),
        ("POST", "/me/addresses"),
        ("GET", f"/me/addresses/{id_}"),
        ("PUT", f"/me/addresses/{id_}"),
        ("DELETE", f"/me/addresses/{id_}"),
        ("POST", f"/users/{id_}/disable"),
        ("POST", f"/users/{id_}/enable"),
    ]:
        assert slug(await client.request(method, f"/api/v1{path}", json={})) == "not_signed_in"


async def test_admins_close_and_open_accounts(ada, boss, client) -> None:
    user_id = (await ada("GET", "/me")).json()["id"]
    credentials = {"email": "ada@example.com", "password": PASSWORD}

    closed = await boss("POST", f"/users/{user_id}/disable", json={"reason": "asked for by phone"})
    shut = await client.post("/api/v1/sessions", json=credentials)
    found = (await boss("GET", "/users", params={"email": "ada@example.com"})).json()["items"][0]
    opened = await boss("POST", f"/users/{user_id}/enable", json={})

    assert closed.json()["disabled_reason"] == "asked for by phone"
    assert closed.json()["disabled_at"] is not None
    assert slug(await ada("GET", "/me")) == "session_ended"
    assert (shut.status_code, slug(shut)) == (403, "account_disabled")
    assert found == closed.json()
    assert (opened.json()["disabled_at"], opened.json()["disabled_reason"]) == (None, None)
    assert (await client.post("/api/v1/sessions", json=credentials)).status_code == 201


async def test_only_admins_close_accounts_and_never_the_last_of_them(ada, boss, world) -> None:
    me, staff = (await ada("GET", "/me")).json()["id"], (await boss("GET", "/me")).json()["id"]
    reason = {"reason": "because"}

    assert slug(await ada("POST", f"/users/{staff}/disable", json=reason)) == "forbidden"
    assert slug(await ada("POST", f"/users/{me}/enable", json={})) == "forbidden"
    assert slug(await boss("POST", f"/users/{staff}/disable", json=reason)) == "last_admin"
    assert slug(await boss("POST", f"/users/{world.ids.uuid7()}/disable", json=reason)) == "user_not_found"
    assert slug(await boss("POST", f"/users/{world.ids.uuid7()}/enable", json={})) == "user_not_found"
    assert fields(await boss("POST", f"/users/{me}/disable", json={})) == ["reason"]
    assert (await ada("GET", "/me")).status_code == 200


async def test_a_session_that_asks_for_one_token_after_the_other_is_told_to_wait(
    client, verified_user, sign_in
) -> None:
    await verified_user()
    token = (await sign_in()).refresh_token
    statuses = []

    for _ in range(31):
        answer = await client.post("/api/v1/sessions/refresh", json={"refresh_token": token})
        statuses.append(answer.status_code)
        token = answer.json().get("refresh_token", token)

    assert statuses == [200] * 29 + [429, 429]
    assert (slug(answer), answer.headers["retry-after"]) == ("too_many_attempts", "60")


def good_by_the_document(client: httpx2.AsyncClient, name: str, body: object) -> bool:
    document = client._transport.app.openapi()
    return Draft202012Validator({"$ref": f"#/components/schemas/{name}", **document}).is_valid(body)


@pytest.mark.parametrize(
    ("body", "good"),
    [
        ({}, False),
        ({"name": None}, False),
        ({"name": None, "locale": None}, False),
        ({"name": "  "}, False),
        ({"phone": None}, True),
        ({"name": "Ada", "locale": None}, True),
    ],
)
async def test_the_document_says_what_changes_something_of_a_profile(ada, client, body, good) -> None:
    answer = await ada("PATCH", "/me", json=body)

    assert answer.status_code == (200 if good else 422)
    assert good_by_the_document(client, "ProfileBody", body) == good


@pytest.mark.parametrize(("length", "good"), [(14, False), (15, True), (128, True), (129, False)])
async def test_the_document_says_how_long_a_password_is(client, length, good) -> None:
    body = {"token": "t", "password": (NEW * 6)[:length]}

    answer = await client.post("/api/v1/users/password-resets/confirm", json=body)

    assert slug(answer) == ("reset_token_invalid" if good else "invalid_request")
    assert good_by_the_document(client, "ResetBody", body) == good


@pytest.mark.parametrize(
    ("phone", "good"),
    [("+49 30 123456", True), ("(030) 12-34", True), ("12345", True), (" /000", False), ("1 2 ", False)],
)
async def test_the_document_knows_that_texts_are_trimmed(ada, client, phone, good) -> None:
    body = {**HOME, "phone": phone}

    answer = await ada("POST", "/me/addresses", json=body)

    assert answer.status_code == (201 if good else 422)
    assert good_by_the_document(client, "AddressBody", body) == good


async def test_admins_look_through_all_users_the_newest_first(ada, boss) -> None:
    newest = (await ada("GET", "/me")).json()["id"]

    first = (await boss("GET", "/users", params={"limit": 1})).json()
    rest = (await boss("GET", "/users", params={"limit": 1, "cursor": first["next_cursor"]})).json()

    assert [each["id"] for each in first["items"]] == [newest]
    assert ([each["email"] for each in rest["items"]], rest["next_cursor"]) == (["boss@example.com"], None)
    forged = await boss("GET", "/users", params={"cursor": "WyJ1c2VycyIsIngiXQ"})
    assert (slug(forged), fields(forged)) == ("invalid_cursor", ["cursor"])
    assert slug(await ada("GET", "/users")) == "forbidden"
