"""One's own account: where one is signed in, a forgotten password, the places that goods go to."""

import re
from uuid import uuid4

from tests.journeys.shop import HOME, PASSWORD, Customer, Shop, eventually

NEW_PASSWORD = "two otters below the bridge"


def refused(somebody: Customer, path: str) -> bool | None:
    """True once the shop does not know this session any more."""
    return True if somebody.call("GET", path).status_code == 401 else None


def another_device(ada: Customer, password: str = PASSWORD) -> Customer:
    """The same person, signed in once more."""
    answer = ada.shop.call("POST", "/api/v1/sessions", body={"email": ada.email, "password": password})
    assert answer.status_code == 201, answer.text
    session = answer.json()
    return Customer(ada.shop, ada.email, session["access_token"], session["refresh_token"], ada.user_id)


def test_a_lost_device_is_found_in_the_list_and_sent_away(shop: Shop) -> None:
    ada = shop.customer()
    lost = another_device(ada)

    listed = ada.call("GET", "/api/v1/sessions").json()["items"]
    [strange] = [each for each in listed if not each["current"]]
    assert lost.call("GET", "/api/v1/orders").status_code == 200
    assert ada.call("DELETE", f"/api/v1/sessions/{strange['id']}").status_code == 204

    for path in ("/api/v1/me", "/api/v1/orders", "/api/v1/cart", "/api/v1/payment-methods"):
        eventually(lambda path=path: refused(lost, path), f"{path} to refuse the lost device")
        assert ada.call("GET", path).status_code == 200
    left = ada.call("GET", "/api/v1/sessions").json()["items"]
    assert [each["current"] for each in left] == [True]


def test_signing_out_everywhere_leaves_nobody_in_and_is_mailed(shop: Shop) -> None:
    ada = shop.customer()
    elsewhere = another_device(ada)

    assert ada.call("DELETE", "/api/v1/sessions").status_code == 204

    for each in (ada, elsewhere):
        assert refused(each, "/api/v1/me")
        eventually(lambda each=each: refused(each, "/api/v1/orders"), "order to refuse the ended session")
        renewed = shop.call("POST", "/api/v1/sessions/refresh", body={"refresh_token": each.refresh})
        assert renewed.status_code == 401
    mail = shop.mail(ada.email, "Something has happened")
    assert "signed out" in mail["text"]
    ada.sign_in()
    assert ada.call("GET", "/api/v1/orders").status_code == 200


def test_a_forgotten_password_is_replaced_by_a_mailed_link(shop: Shop) -> None:
    ada = shop.customer()

    asked = shop.call("POST", "/api/v1/users/password-resets", body={"email": ada.email})
    unknown = shop.call("POST", "/api/v1/users/password-resets", body={"email": f"nobody-{uuid4().hex}@example.org"})
    link = re.search(r"reset-password\?token=(\S+)", shop.mail(ada.email, "Choose a new password")["text"])
    assert link is not None
    body = {"token": link[1], "password": NEW_PASSWORD}
    done = shop.call("POST", "/api/v1/users/password-resets/confirm", body=body)
    again = shop.call("POST", "/api/v1/users/password-resets/confirm", body=body)

    assert (asked.status_code, asked.json()) == (unknown.status_code, unknown.json())
    assert (done.status_code, again.status_code) == (204, 422)
    assert refused(ada, "/api/v1/me")
    old = shop.call("POST", "/api/v1/sessions", body={"email": ada.email, "password": PASSWORD})
    assert old.status_code == 401
    assert another_device(ada, NEW_PASSWORD).call("GET", "/api/v1/me").status_code == 200
    assert "new password was chosen" in shop.mail(ada.email, "Something has happened")["text"]


def test_a_changed_password_keeps_this_device_and_sends_the_others_away(shop: Shop) -> None:
    ada = shop.customer()
    elsewhere = another_device(ada)

    body = {"current_password": PASSWORD, "new_password": NEW_PASSWORD}
    assert ada.call("POST", "/api/v1/me/password", body=body).status_code == 204
    assert ada.call("POST", "/api/v1/me/password", body=body).status_code == 422

    eventually(lambda: refused(elsewhere, "/api/v1/orders"), "order to refuse the other device")
    assert ada.call("GET", "/api/v1/orders").status_code == 200
    assert "password was changed" in shop.mail(ada.email, "Something has happened")["text"]


def test_an_address_of_the_book_is_what_an_order_takes(shop: Shop) -> None:
    ada, sam = shop.customer(), shop.staff()
    sku = sam.something_new(stock=3)

    first = ada.call("POST", "/api/v1/me/addresses", body={**HOME, "city": "Potsdam"}).json()
    second = ada.call("POST", "/api/v1/me/addresses", body={**HOME, "default": True}).json()
    book = ada.call("GET", "/api/v1/me/addresses").json()["items"]

    assert [(each["id"], each["default"]) for each in book] == [(first["id"], False), (second["id"], True)]
    chosen = {name: value for name, value in book[1].items() if name not in ("id", "default")}
    ada.fill_cart(**{sku: 1})
    quote = ada.quote()
    order = {**ada.order_body(quote, ada.card()), "address": chosen}
    noted = {"quote_hash": quote["quote_hash"], "quoted_total": quote["total"]}
    placed = ada.call("POST", "/api/v1/orders", body=order, key=str(uuid4()), noted=noted)
    assert placed.status_code == 202, placed.text
    ada.order_in(placed.json()["id"], "CONFIRMED")
    assert ada.call("DELETE", f"/api/v1/me/addresses/{second['id']}").status_code == 204
    assert [each["default"] for each in ada.call("GET", "/api/v1/me/addresses").json()["items"]] == [True]


def test_a_new_name_greets_in_the_next_mail(shop: Shop) -> None:
    ada = shop.customer()

    changed = ada.call("PATCH", "/api/v1/me", body={"name": "Countess Lovelace", "phone": "+4930123456"})
    assert changed.json()["phone"] == "+4930123456"
    assert ada.call("DELETE", "/api/v1/sessions").status_code == 204

    assert "Dear Countess Lovelace," in shop.mail(ada.email, "Something has happened")["text"]


def test_a_closed_account_lets_nobody_in_until_it_is_opened(shop: Shop) -> None:
    ada, sam = shop.customer(), shop.staff()
    credentials = {"email": ada.email, "password": PASSWORD}

    closed = sam.call("POST", f"/api/v1/users/{ada.user_id}/disable", body={"reason": "for a journey"})
    assert closed.json()["disabled_reason"] == "for a journey"
    shut = shop.call("POST", "/api/v1/sessions", body=credentials)
    assert (shut.status_code, shut.json()["type"]) == (403, "urn:mercato:problem:account_disabled")
    eventually(lambda: refused(ada, "/api/v1/orders"), "order to refuse the closed account")

    assert sam.call("POST", f"/api/v1/users/{ada.user_id}/enable", body={}).status_code == 200
    ada.sign_in()
    assert ada.call("GET", "/api/v1/orders").status_code == 200
