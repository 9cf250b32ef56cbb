"""One's own account: what it shows, and what doing a thing twice does."""

import json

import httpx2
import pytest

from .people import ME, problem, sign_in, token

BOOK = "/api/v1/me/addresses"
HOME = {
    "id": "0190a000-0000-7000-8000-0000000000aa",
    "name": "Ada",
    "line1": "Unter den Linden 1",
    "line2": None,
    "city": "Berlin",
    "postal_code": "10117",
    "country": "DE",
    "phone": None,
    "default": True,
}
CARD = {
    "id": "0190a000-0000-7000-8000-0000000000cc",
    "brand": "visa",
    "last4": "4242",
    "exp_month": 4,
    "exp_year": 2031,
}
SESSION = {"started_at": "2026-11-01T08:00:00Z", "last_used_at": "2026-11-29T08:00:00Z"}
HERE = SESSION | {"id": "0190a000-0000-7000-8000-0000000000d1", "device": "curl/8", "current": True}
THERE = SESSION | {"id": "0190a000-0000-7000-8000-0000000000d2", "device": "Mozilla Firefox Linux", "current": False}


async def test_the_account_shows_what_can_be_had_while_a_service_is_away(shop, visitor) -> None:
    await sign_in(shop, visitor)
    shop.tells(BOOK, {"items": [HOME]})
    shop.tells("/api/v1/payment-methods", {"items": [CARD]})
    shop.away.add("/api/v1/notifications")

    answer = await visitor.get("/account")

    assert answer.status_code == 200
    assert "Part of your account cannot be shown" in answer.text
    assert "Unter den Linden 1" in answer.text
    assert "4242" in answer.text


async def test_an_address_sent_twice_is_in_the_book_once(shop, visitor) -> None:
    await sign_in(shop, visitor)
    shop.tells(BOOK, {"items": [HOME]})
    form = {name: value or "" for name, value in HOME.items() if name not in {"id", "default"}}

    answer = await visitor.post("/account/addresses/new", data=form | {"_token": await token(visitor)})

    assert (answer.status_code, answer.headers["location"]) == (303, "/account/addresses")
    assert [each.method for each in shop.asked_at(BOOK)] == ["GET"]


async def test_an_address_that_is_refused_keeps_what_was_typed(shop, visitor) -> None:
    await sign_in(shop, visitor)
    shop.tells(BOOK, {"items": []})
    errors = [{"field": "line1", "message": "looks like a card number"}]
    shop.tells(BOOK, problem("card_number_in_address", errors=errors), method="POST", status=422)
    form = {"_token": await token(visitor), "name": "Ada", "line1": "4111 1111 1111 1111", "city": "Berlin"}

    answer = await visitor.post("/account/addresses/new", data=form | {"postal_code": "10117", "country": "DE"})

    assert answer.status_code == 422
    assert "Looks like a card number" in answer.text
    assert 'value="4111 1111 1111 1111"' in answer.text
    assert '<option value="DE" selected>' in answer.text


@pytest.mark.parametrize(
    ("page", "path"),
    [
        (f"/account/addresses/{HOME['id']}/remove", f"{BOOK}/{HOME['id']}"),
        (f"/account/cards/{CARD['id']}/remove", f"/api/v1/payment-methods/{CARD['id']}"),
        (f"/account/security/sessions/{THERE['id']}/end", f"/api/v1/sessions/{THERE['id']}"),
    ],
)
async def test_removing_what_is_gone_already_is_as_good(shop, visitor, page, path) -> None:
    await sign_in(shop, visitor)
    shop.tells(path, problem("not_found"), method="DELETE", status=404)

    answer = await visitor.post(page, data={"_token": await token(visitor)})

    assert answer.status_code == 303
    assert len(shop.asked_at(path)) == 1


async def test_somebody_elses_address_answers_like_a_missing_one(shop, visitor) -> None:
    await sign_in(shop, visitor)

    assert (await visitor.get(f"/account/addresses/{HOME['id']}")).status_code == 404
    assert (await visitor.get("/account/addresses/not-an-id")).status_code == 404


async def test_everywhere_else_is_not_here(shop, visitor) -> None:
    await sign_in(shop, visitor)
    shop.tells("/api/v1/sessions", {"items": [HERE, THERE], "next_cursor": None})
    gone = f"/api/v1/sessions/{THERE['id']}"
    shop.answers["DELETE", gone] = lambda _request: httpx2.Response(204)

    await visitor.post("/account/security/sessions/end-others", data={"_token": await token(visitor)})

    assert [each.url.path for each in shop.asked if each.method == "DELETE"] == [gone]
    page = (await visitor.get("/account/security")).text
    assert "Firefox on Linux" in page


async def test_a_wrong_current_password_is_told_beside_its_field(shop, visitor) -> None:
    await sign_in(shop, visitor)
    shop.tells("/api/v1/me/password", problem("wrong_password"), method="POST", status=422)
    form = {"_token": await token(visitor), "current_password": "not mine", "new_password": "five herons over a weir"}

    answer = await visitor.post("/account/security/password", data=form)

    assert answer.status_code == 422
    assert "This is not the password that you have now." in answer.text
    assert "not mine" not in answer.text
    assert "five herons" not in answer.text


async def test_a_telephone_may_be_written_as_people_write_it(shop, visitor) -> None:
    await sign_in(shop, visitor)
    shop.tells("/api/v1/me", ME, method="PATCH")
    form = {"_token": await token(visitor), "name": "Ada", "locale": "en", "phone": "+49 (30) 123-456"}

    await visitor.post("/account/profile", data=form)

    [asked] = shop.asked_at("/api/v1/me")
    assert json.loads(asked.content) == {"name": "Ada", "locale": "en", "phone": "+4930123456"}


async def test_messages_that_were_looked_at_are_read(shop, visitor) -> None:
    await sign_in(shop, visitor)
    news = {"id": 7, "kind": "security_alert", "at": "2026-11-29T08:00:00Z", "order_id": None}
    feed = {"items": [news | {"facts": {"alert": "password_changed"}}], "unread": 1, "read": 6, "newest": 7}
    shop.tells("/api/v1/notifications", feed)

    answer = await visitor.get("/account/messages")

    assert "Your password was changed" in answer.text
    assert 'class="new"' in answer.text
    [read] = shop.asked_at("/api/v1/notifications/read")
    assert json.loads(read.content) == {"up_to": 7}


async def test_a_mail_about_money_stays_wanted_whatever_a_form_says(shop, visitor) -> None:
    await sign_in(shop, visitor)
    path = "/api/v1/notification-preferences"
    money = {"kind": "order_confirmed", "email": True, "sms": True, "must_be_mailed": True}
    parcel = {"kind": "order_shipped", "email": True, "sms": False, "must_be_mailed": False}
    shop.tells(path, {"items": [money, parcel]})
    shop.tells(path, {"items": []}, method="PUT")
    form = {"_token": await token(visitor), "sms-order_shipped": "on"}

    await visitor.post("/account/preferences", data=form)

    assert json.loads(shop.asked_at(path)[-1].content)["items"] == [
        {"kind": "order_confirmed", "email": True, "sms": False},
        {"kind": "order_shipped", "email": False, "sms": True},
    ]


async def test_a_shop_with_a_real_provider_takes_no_card_on_its_pages(shop, visitor) -> None:
    await sign_in(shop, visitor)
    shop.tells("/api/v1/payment-methods", {"items": []})
    form = {"_token": await token(visitor), "card": "pm_card_visa", "known": "0"}

    page = await visitor.get("/account/cards")
    await visitor.post("/account/cards", data=form)

    assert "Test cards" not in page.text
    assert [each.method for each in shop.asked_at("/api/v1/payment-methods")] == ["GET"]
