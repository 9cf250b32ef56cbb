"""A customer pays on the provider's page, which is HTML and knows nothing of us but where to go back to."""

import re
from urllib.parse import urlsplit
from uuid import uuid4

import httpx2
import pytest

from tests.journeys.shop import Customer, Json, Shop
from tests.journeys.test_buying import a_bestseller

GOOD, DECLINED, ASKED = "pm_card_visa", "pm_card_chargeDeclined", "pm_card_threeDSecure2Required"


def back(shop: Shop) -> str:
    """A page of this shop to return to."""
    return str(shop.client.base_url).rstrip("/") + "/back-from-paying"


def awaited(shop: Shop, ada: Customer, **quantities: int) -> Json:
    """An order that waits for its customer on the page."""
    ada.fill_cart(**(quantities or {a_bestseller(shop): 1}))
    quote = ada.quote()
    body = {**ada.order_body(quote, ""), "payment": {"hosted": {"return_url": back(shop)}}}
    noted = {"quote_hash": quote["quote_hash"], "quoted_total": quote["total"]}
    answer = ada.call("POST", "/api/v1/orders", body=body, key=str(uuid4()), noted=noted)
    assert answer.status_code == 202, answer.text
    ada.cart_id = ""
    order = ada.order_in(answer.json()["id"], "AWAITING_CUSTOMER")
    assert order["payment_url"]
    return order


def look(shop: Shop, url: str) -> httpx2.Response:
    return shop.client.get(urlsplit(url).path)


def press(shop: Shop, url: str, **button: str) -> str:
    """Press a button of that page, as a browser does; where it sends the customer."""
    answer = shop.client.post(urlsplit(url).path, data=button, follow_redirects=False)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def its_time_runs_out(shop: Shop, url: str) -> None:
    """Nobody comes to that page any more, and what it had left is over."""
    session = urlsplit(url).path.rpartition("/")[2]
    assert shop.door("POST", f"psp/sessions/{session}/expire").json()["status"] == "expired"


def captured(shop: Shop, order_id: str) -> int:
    """What the provider itself took for this order."""
    lines = shop.door("GET", "facts/psp").text.splitlines()
    return sum('"capture"' in line and order_id in line for line in lines)


def test_the_amount_is_on_the_page_and_paying_there_confirms_the_order(shop: Shop) -> None:
    ada = shop.customer()
    order = awaited(shop, ada)

    page = look(shop, order["payment_url"])
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert f"{order['total'] // 100}.{order['total'] % 100:02d} EUR" in page.text
    assert press(shop, order["payment_url"], card=GOOD) == back(shop) + "?payment=done"

    paid = ada.order_in(order["id"], "CONFIRMED")
    assert paid["payment_url"] is None
    assert "AWAITING_CUSTOMER" in [step["state"] for step in paid["history"]]
    assert captured(shop, order["id"]) == 1
    assert order["number"] in shop.mail(ada.email, "is confirmed")["text"]


def test_a_declined_card_leaves_the_page_open_for_another(shop: Shop) -> None:
    ada = shop.customer()
    order = awaited(shop, ada)

    again = press(shop, order["payment_url"], card=DECLINED)
    assert urlsplit(again).path == urlsplit(order["payment_url"]).path
    assert 'role="alert"' in look(shop, again).text
    assert ada.order(order["id"])["state"] == "AWAITING_CUSTOMER"
    assert press(shop, again, card=GOOD) == back(shop) + "?payment=done"

    ada.order_in(order["id"], "CONFIRMED")
    assert captured(shop, order["id"]) == 1


def test_who_closes_the_page_may_cancel_and_nothing_is_charged(shop: Shop) -> None:
    ada, staff = shop.customer(), shop.staff()
    sku = staff.something_new(stock=1)
    order = awaited(shop, ada, **{sku: 1})

    assert press(shop, order["payment_url"], card="close") == back(shop) + "?payment=closed"
    assert ada.order(order["id"])["state"] == "AWAITING_CUSTOMER"
    assert ada.cancel(order["id"]).status_code == 202

    over = ada.order_in(order["id"], "CANCELLED")
    assert (over["cancel_reason"], over["refunded"], over["payment_url"]) == ("CUSTOMER", 0, None)
    assert look(shop, order["payment_url"]).status_code == 410
    assert captured(shop, order["id"]) == 0
    assert "not been charged" in shop.mail(ada.email, "is cancelled")["text"]
    bob = shop.customer()
    assert bob.order_in(bob.checkout(**{sku: 1})["id"], "CONFIRMED")["lines"][0]["sku"] == sku


@pytest.mark.parametrize("tried", [None, DECLINED, ASKED], ids=["nobody came", "a declined card", "a bank that asked"])
def test_a_page_that_is_left_alone_until_it_expires_cancels_the_order_and_nothing_is_charged(
    shop: Shop, tried: str | None
) -> None:
    ada, staff = shop.customer(), shop.staff()
    sku = staff.something_new(stock=1)
    order = awaited(shop, ada, **{sku: 1})
    if tried is not None:
        press(shop, order["payment_url"], card=tried)

    its_time_runs_out(shop, order["payment_url"])

    over = ada.order_in(order["id"], "CANCELLED")
    assert (over["cancel_reason"], over["refunded"], over["payment_url"]) == ("PAYMENT_DECLINED", 0, None)
    assert look(shop, order["payment_url"]).status_code == 410
    assert press(shop, order["payment_url"], card=GOOD).endswith(urlsplit(order["payment_url"]).path)
    assert captured(shop, order["id"]) == 0
    assert "not been charged" in shop.mail(ada.email, "is cancelled")["text"]
    bob = shop.customer()
    assert bob.order_in(bob.checkout(**{sku: 1})["id"], "CONFIRMED")["lines"][0]["sku"] == sku


def test_the_bank_may_ask_who_is_paying(shop: Shop) -> None:
    ada = shop.customer()
    order = awaited(shop, ada)

    question = press(shop, order["payment_url"], card=ASKED)
    assert re.search(r"is it you", look(shop, question).text)
    assert ada.order(order["id"])["state"] == "AWAITING_CUSTOMER"
    refused = press(shop, question, answer="refuse")
    assert urlsplit(refused).path == urlsplit(order["payment_url"]).path
    question = press(shop, refused, card=ASKED)
    assert press(shop, question, answer="approve") == back(shop) + "?payment=done"

    ada.order_in(order["id"], "CONFIRMED")
    assert captured(shop, order["id"]) == 1


def test_nobody_is_sent_to_another_site_afterwards(shop: Shop) -> None:
    ada = shop.customer()
    ada.fill_cart(**{a_bestseller(shop): 1})
    quote = ada.quote()
    for url in ("https://evil.example/", "//evil.example/", "https://127.0.0.1@evil.example/", "javascript:alert(1)"):
        body = {**ada.order_body(quote, ""), "payment": {"hosted": {"return_url": url}}}
        answer = ada.call("POST", "/api/v1/orders", body=body, key=str(uuid4()))
        assert answer.status_code == 422, url
        assert [each["field"] for each in answer.json()["errors"]] == ["payment.hosted.return_url"]
    assert ada.call("GET", "/api/v1/orders").json()["items"] == []


def test_a_saved_card_whose_bank_asks_waits_for_the_answer(shop: Shop) -> None:
    ada = shop.customer()
    order = ada.checkout(ada.card(ASKED), **{a_bestseller(shop): 1})
    order = ada.order_in(order["id"], "AWAITING_CUSTOMER")

    press(shop, order["payment_url"], answer="approve")

    ada.order_in(order["id"], "CONFIRMED")
    assert captured(shop, order["id"]) == 1


def test_a_saved_card_whose_owner_says_no_is_declined(shop: Shop) -> None:
    ada = shop.customer()
    order = ada.checkout(ada.card(ASKED), **{a_bestseller(shop): 1})
    order = ada.order_in(order["id"], "AWAITING_CUSTOMER")

    press(shop, order["payment_url"], answer="refuse")

    assert ada.order_in(order["id"], "CANCELLED")["cancel_reason"] == "PAYMENT_DECLINED"
    assert captured(shop, order["id"]) == 0
