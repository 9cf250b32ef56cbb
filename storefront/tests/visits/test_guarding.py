"""Forms that other websites send in somebody's name."""

import pytest

from .people import EMAIL, PASSWORD, grant, sign_in, token

PROFILE = "/api/v1/me"


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://shop.test.evil.example"},
        {"sec-fetch-site": "cross-site", "origin": "http://shop.test"},
    ],
    ids=str,
)
async def test_a_form_from_elsewhere_changes_nothing_even_with_the_right_token(shop, visitor, headers) -> None:
    await sign_in(shop, visitor)
    form = {"_token": await token(visitor), "name": "Mallory", "locale": "en"}

    answer = await visitor.post("/account/profile", data=form, headers=headers)

    assert answer.status_code == 403
    assert "This form was not ours" in answer.text
    assert shop.asked_at(PROFILE) == []


@pytest.mark.parametrize("given", [{}, {"_token": ""}, {"_token": "guessed"}, {"_token": "café"}], ids=str)
async def test_a_form_without_the_visitors_token_changes_nothing(shop, visitor, given) -> None:
    await sign_in(shop, visitor)

    answer = await visitor.post("/account/profile", data={"name": "Mallory", "locale": "en"} | given)

    assert answer.status_code == 403
    assert shop.asked_at(PROFILE) == []


async def test_a_form_of_our_own_page_is_taken(shop, visitor) -> None:
    await sign_in(shop, visitor)
    shop.tells(PROFILE, {"name": "Countess", "locale": "en", "phone": None}, method="PATCH")
    form = {"_token": await token(visitor), "name": "Countess", "locale": "en"}

    answer = await visitor.post("/account/profile", data=form, headers={"sec-fetch-site": "same-origin"})

    assert (answer.status_code, answer.headers["location"]) == (303, "/account/profile")
    assert len(shop.asked_at(PROFILE)) == 1


async def test_another_website_cannot_sign_somebody_in_as_somebody_else(shop, visitor) -> None:
    shop.tells("/api/v1/sessions", grant(), method="POST", status=201)

    answer = await visitor.post(
        "/sign-in", data={"email": EMAIL, "password": PASSWORD}, headers={"sec-fetch-site": "cross-site"}
    )

    assert answer.status_code == 403
    assert shop.asked == []
    assert "session" not in visitor.cookies


async def test_whoever_is_signed_in_is_led_on_and_stays_who_they_are(shop, visitor) -> None:
    await sign_in(shop, visitor)
    before = visitor.cookies["session"]

    answer = await visitor.post("/sign-in", data={"email": "eve@example.org", "password": PASSWORD, "next": "/cart"})

    assert (answer.status_code, answer.headers["location"]) == (303, "/cart")
    assert len(shop.asked_at("/api/v1/sessions")) == 1
    assert visitor.cookies["session"] == before


async def test_every_session_has_a_token_of_its_own(shop, visitor) -> None:
    await sign_in(shop, visitor)
    first = await token(visitor)
    await visitor.post("/sign-out", data={"_token": first})

    await sign_in(shop, visitor)

    assert len(first) >= 40
    assert await token(visitor) != first
