"""An account, with and without scripts: cards, devices, addresses, orders that are called off, and leaving."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.soundness import is_sound_here
from tests.browser.visitors import Visitor
from tests.journeys.shop import Customer, Json, Shop


@pytest.fixture
def order(bea: Customer, shop: Shop) -> Json:
    """Something that Bea has bought."""
    order = bea.checkout(**{shop.staff().something_new(stock=5): 1})
    return bea.order_in(order["id"], "CONFIRMED")


def cards_of(customer: Customer) -> list[Json]:
    return customer.call("GET", "/api/v1/payment-methods").json()["items"]


def test_a_card_is_saved_and_removed(at_home: Visitor, bea: Customer) -> None:
    page = at_home.page
    at_home.go("/account/cards")
    page.locator("form[action='/account/cards'] button").first.click()
    page.locator(".said").first.wait_for()
    assert len(cards_of(bea)) == 1
    is_sound_here(at_home)

    page.get_by_role("button", name=re.compile("^Remove")).click()
    page.get_by_text("No card is saved.").wait_for()

    assert cards_of(bea) == []


def test_another_address_is_offered_first(at_home: Visitor, bea: Customer) -> None:
    address = {"name": "Bea Example", "city": "Berlin", "postal_code": "10115", "country": "DE"}
    for line1, first in (("Example Street 1", True), ("Other Street 2", False)):
        bea.call("POST", "/api/v1/me/addresses", body={**address, "line1": line1, "default": first})

    at_home.go("/account/addresses")
    at_home.page.get_by_role("button", name=re.compile("^Offer first.*Other Street 2")).click()
    at_home.page.get_by_role("button", name=re.compile("^Offer first.*Example Street 1")).wait_for()

    found = bea.call("GET", "/api/v1/me/addresses").json()["items"]
    assert {each["line1"]: each["default"] for each in found} == {"Example Street 1": False, "Other Street 2": True}


def test_one_other_device_is_signed_out(at_home: Visitor, bea: Customer) -> None:
    assert bea.call("GET", "/api/v1/me").status_code == 200
    at_home.go("/account/security")

    others = at_home.page.get_by_role("button", name=re.compile(r"^Sign out\s*:"))
    others.first.click()
    expect(others).to_have_count(0)

    assert bea.call("GET", "/api/v1/me").status_code == 401
    assert "/sign-in" not in at_home.go("/account").url


def test_whoever_signs_out_is_out(at_home: Visitor) -> None:
    at_home.go("/account")

    at_home.press("Sign out")
    at_home.page.get_by_role("link", name="Sign in").first.wait_for()

    assert "/sign-in" in at_home.go("/account").url


def test_a_link_that_is_none_leads_to_a_new_one(visitor: Visitor, bea: Customer) -> None:
    visitor.go("/verify-email?token=no-token-at-all")
    visitor.press("Yes, this address is mine")
    visitor.page.get_by_role("heading", name="This link does not work any more").wait_for()
    is_sound_here(visitor, status=422)

    visitor.page.get_by_label("E-mail address").fill(bea.email)
    visitor.press("Send me a new link")

    visitor.page.get_by_role("heading", name="Look into your mail").wait_for()
    is_sound_here(visitor)


def test_an_order_is_called_off_and_told_of_among_the_messages(at_home: Visitor, bea: Customer, order: Json) -> None:
    at_home.go(f"/orders/{order['id']}")
    at_home.press("Cancel this order")
    bea.order_in(order["id"], "CANCELLED")

    at_home.go(f"/orders/{order['id']}")
    assert at_home.page.get_by_role("button", name="Cancel this order").count() == 0
    told = at_home.page.get_by_role("heading", name=re.compile(f"Order {order['number']} is cancelled"))
    for _ in range(20):
        at_home.go("/account/messages")
        if told.count():
            break
        at_home.page.wait_for_timeout(250)
    assert told.is_visible()
    is_sound_here(at_home)
