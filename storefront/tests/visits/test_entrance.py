"""Signing up, signing in, leaving, and a forgotten password."""

import json

import httpx2
import pytest

from .people import CART, EMAIL, PASSWORD, bearer, grant, problem, sign_in, token

SESSIONS = "/api/v1/sessions"


async def test_a_wrong_password_and_an_unknown_address_are_told_the_same(shop, visitor) -> None:
    shop.tells(SESSIONS, problem("invalid_credentials"), method="POST", status=401)

    answer = await visitor.post("/sign-in", data={"email": EMAIL, "password": PASSWORD, "next": "/cart"})

    assert answer.status_code == 422
    assert "We know no account with this address and this password" in answer.text
    assert f'value="{EMAIL}"' in answer.text
    assert 'name="next" value="/cart"' in answer.text
    assert PASSWORD not in answer.text


async def test_too_many_tries_are_told_when_the_next_one_is(shop, visitor) -> None:
    shop.tells(SESSIONS, problem("too_many_attempts", retry_after=600), method="POST", status=429)

    answer = await visitor.post("/sign-in", data={"email": EMAIL, "password": PASSWORD})

    assert answer.status_code == 429
    assert "the next one is possible in 10 minutes" in answer.text


async def test_an_address_that_is_not_confirmed_can_have_its_mail_again(shop, visitor) -> None:
    shop.tells(SESSIONS, problem("email_not_verified"), method="POST", status=403)

    answer = await visitor.post("/sign-in", data={"email": EMAIL, "password": PASSWORD})

    assert 'action="/verify-email/again"' in answer.text


async def test_while_nobody_can_be_recognised_what_was_typed_is_kept(shop, visitor) -> None:
    shop.away.add(SESSIONS)

    answer = await visitor.post("/sign-in", data={"email": EMAIL, "password": PASSWORD})

    assert answer.status_code == 503
    assert f'value="{EMAIL}"' in answer.text
    assert PASSWORD not in answer.text


async def test_blanks_around_a_password_belong_to_it(shop, visitor) -> None:
    shop.tells(SESSIONS, grant(), method="POST", status=201)

    await visitor.post("/sign-in", data={"email": f" {EMAIL} ", "password": "  four otters "})

    [asked] = shop.asked_at(SESSIONS)
    assert json.loads(asked.content) == {"email": EMAIL, "password": "  four otters "}


async def test_signing_in_leads_back_and_brings_the_cart(shop, visitor) -> None:
    shop.tells(SESSIONS, grant(), method="POST", status=201)
    shop.tells("/api/v1/cart", CART | {"lines": [{"quantity": 2}, {"quantity": 1}]})

    answer = await visitor.post("/sign-in", data={"email": EMAIL, "password": PASSWORD, "next": "/checkout/address"})

    assert (answer.status_code, answer.headers["location"]) == (303, "/checkout/address")
    assert "3 in it" in (await visitor.get("/account/security/password")).text


async def test_who_passes_on_what_a_visitor_is_says_who_it_is_for(shop, visitor) -> None:
    shop.tells(SESSIONS, grant(), method="POST", status=201)
    headers = {"user-agent": "Firefox", "x-forwarded-for": "192.0.2.7"}

    await visitor.post("/sign-in", data={"email": EMAIL, "password": PASSWORD}, headers=headers)

    [asked] = shop.asked_at(SESSIONS)
    assert (asked.headers["user-agent"], asked.headers["x-forwarded-for"]) == ("Firefox", "192.0.2.7")
    assert bearer(asked) == ""


async def test_leaving_ends_the_session_there_and_here(shop, visitor) -> None:
    await sign_in(shop, visitor)

    answer = await visitor.post("/sign-out", data={"_token": await token(visitor)})

    assert answer.status_code == 303
    assert [each.method for each in shop.asked_at(f"{SESSIONS}/current")] == ["DELETE"]
    assert not {"session", "cart"} & set(visitor.cookies)


async def test_leaving_works_while_the_shop_is_away(shop, visitor) -> None:
    await sign_in(shop, visitor)
    word = await token(visitor)
    shop.away.add("/api/v1/")

    assert (await visitor.post("/sign-out", data={"_token": word})).status_code == 303

    assert "session" not in visitor.cookies


async def test_signing_up_says_what_is_wrong_beside_the_field_and_keeps_the_rest(shop, visitor) -> None:
    errors = [
        {"field": "name", "message": "String should match pattern"},
        {"field": "password", "message": "String should have at least 15 characters"},
    ]
    shop.tells("/api/v1/users", problem("invalid_request", errors=errors), method="POST", status=422)

    answer = await visitor.post("/sign-up", data={"email": EMAIL, "name": "<Ada>", "password": "too short"})

    assert answer.status_code == 422
    assert "A password has 15 to 128 characters" in answer.text
    assert "String should" not in answer.text
    assert 'value="&lt;Ada&gt;"' in answer.text
    assert "too short" not in answer.text


async def test_after_signing_up_the_sign_in_leads_to_where_one_came_from(shop, visitor) -> None:
    shop.tells("/api/v1/users", {"detail": "Look into your mail."}, method="POST", status=202)
    form = {"email": EMAIL, "name": "Ada", "password": PASSWORD, "next": "/checkout/address"}
    sent = await visitor.post("/sign-up", data=form)
    assert sent.headers["location"] == "/sign-up/sent"
    assert EMAIL in (await visitor.get("/sign-up/sent")).text

    page = await visitor.get("/sign-in")

    assert 'name="next" value="/checkout/address"' in page.text


@pytest.mark.parametrize("path", ["/verify-email", "/reset-password"])
async def test_a_link_that_a_mail_scanner_opens_is_not_used_up(shop, visitor, path) -> None:
    answer = await visitor.get(path, params={"token": "mailed-token"})

    assert answer.status_code == 200
    assert 'name="token" value="mailed-token"' in answer.text
    assert answer.headers["cache-control"] == "private, no-store"
    assert answer.headers["referrer-policy"] == "same-origin"
    assert shop.asked == []


async def test_pressing_twice_to_confirm_an_address_is_told_kindly(shop, visitor) -> None:
    path = "/api/v1/users/verification"
    shop.answers["POST", path] = lambda _request: httpx2.Response(204)
    first = await visitor.post("/verify-email", data={"token": "mailed-token"})
    shop.tells(path, problem("verification_token_invalid"), method="POST", status=422)

    second = await visitor.post("/verify-email", data={"token": "mailed-token"})

    assert (first.status_code, first.headers["location"]) == (303, "/sign-in")
    assert second.status_code == 422
    assert "If you have pressed it before, your address is confirmed" in second.text


async def test_a_forgotten_password_says_nothing_about_who_has_an_account(shop, visitor) -> None:
    shop.tells("/api/v1/users/password-resets", {"detail": "…"}, method="POST", status=202)

    answer = await visitor.post("/forgotten-password", data={"email": EMAIL})

    page = await visitor.get(answer.headers["location"])
    assert "If there is an account with" in page.text


async def test_a_new_password_that_is_refused_says_why_and_keeps_the_link(shop, visitor) -> None:
    reason = "The password repeats itself."
    errors = [{"field": "password", "message": reason}]
    shop.tells(
        "/api/v1/users/password-resets/confirm", problem("password_refused", errors=errors), method="POST", status=422
    )

    answer = await visitor.post("/reset-password", data={"token": "mailed-token", "password": "otter otter otter"})

    assert answer.status_code == 422
    assert reason in answer.text
    assert 'name="token" value="mailed-token"' in answer.text


async def test_a_customer_does_not_come_into_the_office(shop, visitor) -> None:
    shop.tells(SESSIONS, grant(), method="POST", status=201)

    answer = await visitor.post("/office/sign-in", data={"email": EMAIL, "password": PASSWORD})

    assert answer.status_code == 422
    assert "We know no account with this address and this password" in answer.text
    assert [each.method for each in shop.asked_at(f"{SESSIONS}/current")] == ["DELETE"]
    assert "office-session" not in visitor.cookies


async def test_the_offices_session_is_none_of_the_shops(shop, visitor) -> None:
    await sign_in(shop, visitor, door="/office/sign-in", roles=["support"])

    assert set(visitor.cookies) == {"office-session"}
    assert (await visitor.get("/sign-in")).status_code == 200
    assert (await visitor.get("/account")).headers["location"] == "/sign-in?next=%2Faccount"
