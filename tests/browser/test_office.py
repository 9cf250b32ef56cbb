"""The back office: who may come in, and that what is pressed there happens, once."""

import re
from collections.abc import Callable

import pytest

from tests.browser.visitors import Visitor
from tests.journeys.shop import Customer, Json, Shop


@pytest.fixture
def bought(shop: Shop) -> tuple[Customer, Json]:
    """Somebody, and what they have just bought."""
    buyer = shop.customer()
    order = buyer.checkout(**{shop.staff().something_new(stock=5): 2})
    return buyer, buyer.order_in(order["id"], "CONFIRMED")


@pytest.fixture
def office(somebody: Callable[..., Visitor], sam: Customer, javascript: bool) -> Visitor:
    visitor = somebody(javascript=javascript)
    visitor.sign_in(sam.email, at="/office/sign-in")
    return visitor


def test_a_customer_is_not_let_in(somebody: Callable[..., Visitor], ada: Customer) -> None:
    visitor = somebody()
    visitor.sign_in(ada.email)

    visitor.go("/office")

    assert "/office/sign-in" in visitor.page.url


def test_an_order_is_found_by_its_number_and_shipped(office: Visitor, bought: tuple[Customer, Json]) -> None:
    buyer, order = bought
    office.go("/office/orders")
    office.page.get_by_label("Number").fill(order["number"])
    office.press("Find")
    office.page.get_by_role("link", name=order["number"]).click()

    office.page.get_by_label("Carrier").fill("Postal Example")
    office.page.get_by_label("Tracking number").fill("TR-4711")
    office.press("It has left")

    office.page.get_by_text("It is on its way.").wait_for()
    shipped = buyer.order_in(order["id"], "SHIPPED")
    assert shipped["shipment"]["tracking"] == "TR-4711"


def test_a_parcel_that_arrived_is_noted(office: Visitor, bought: tuple[Customer, Json], shop: Shop) -> None:
    buyer, order = bought
    assert shop.staff().ship(order["id"]).is_success
    office.go(f"/office/orders/{order['id']}")

    office.press("It has arrived")
    office.page.locator(".said").first.wait_for()

    assert buyer.order_in(order["id"], "DELIVERED")["state"] == "DELIVERED"


def test_an_order_is_cancelled_for_its_customer(office: Visitor, bought: tuple[Customer, Json]) -> None:
    buyer, order = bought
    office.go(f"/office/orders/{order['id']}")

    office.press("Cancel the order")
    office.page.get_by_text("It is being cancelled").wait_for()

    assert buyer.order_in(order["id"], "CANCELLED")["cancel_reason"] == "STAFF"


def test_a_product_is_found_worded_anew_and_taken_out_of_the_shop(office: Visitor, shop: Shop) -> None:
    staff = shop.staff()
    sku = staff.something_new(stock=5)
    slug = staff.made[sku]["slug"]
    office.go("/office/products")
    office.page.get_by_label("Name or SKU").fill(sku)
    office.press("Find")
    office.page.locator("main table a[href^='/office/products/']").first.click()

    office.page.get_by_label("Name", exact=True).fill("Kettle, reworded")
    office.press("Save")
    office.page.locator(".said").first.wait_for()
    named = staff.call("GET", "/api/v1/staff/products", params={"q": sku}).json()["items"]
    assert [each["name"] for each in named] == ["Kettle, reworded"]
    office.press("Take it out of the shop")
    office.page.get_by_text("Not sold any more").first.wait_for()

    assert office.go(f"/products/{slug}?again").status == 404


def test_a_user_is_sent_away_let_in_again_and_given_a_role(office: Visitor, bea: Customer, shop: Shop) -> None:
    def user() -> Json:
        return shop.staff().call("GET", "/api/v1/users", params={"email": bea.email}).json()["items"][0]

    office.go("/office/users")
    office.page.get_by_label("Their e-mail address, whole").fill(bea.email)
    office.press("Find")
    office.page.get_by_label("Why they are sent away").fill("a card that was not theirs")
    office.press("Send away")
    office.page.get_by_text("They are signed out everywhere").wait_for()
    assert user()["disabled_reason"] == "a card that was not theirs"
    assert bea.call("GET", "/api/v1/me").status_code == 401

    office.press("Let them in again")
    office.page.get_by_label("Why they are sent away").wait_for()
    office.page.get_by_role("checkbox", name=re.compile("support", re.IGNORECASE)).check()
    office.press("Set roles")
    office.page.locator(".said").first.wait_for()

    assert user()["disabled_at"] is None
    assert set(user()["roles"]) == {"customer", "support"}


def test_whoever_leaves_the_office_is_out(office: Visitor) -> None:
    office.go("/office")

    office.page.get_by_role("button", name=re.compile("^Sign out")).first.click()
    office.page.wait_for_url("**/sign-in*")

    office.go("/office")
    assert "/office/sign-in" in office.page.url


def test_a_part_is_given_back_once_however_often_it_is_pressed(
    office: Visitor, bought: tuple[Customer, Json], shop: Shop
) -> None:
    _, order = bought
    office.go(f"/office/orders/{order['id']}")
    office.page.get_by_label(re.compile("^Give back")).fill("5.00")
    office.page.get_by_label("Why").fill("a scratch")
    office.page.get_by_role("button", name="Give back").dblclick()

    office.page.get_by_text("The refund is under way.").wait_for()
    refunds = shop.staff().order(order["id"])["refunds"]
    assert [each["amount"] for each in refunds] == [500]


def test_an_orders_life_is_drawn_across_the_services(office: Visitor, bought: tuple[Customer, Json]) -> None:
    _, order = bought

    office.go(f"/office/orders/{order['id']}/saga")

    table = office.page.get_by_role("table").first
    for said in ("ReserveStock", "StockReserved", "AuthorizePayment", "PaymentCaptured", "ledger"):
        assert table.get_by_text(said).count() > 0, said
    assert office.page.locator("svg.saga path.arrow").count() >= 8


def test_stock_is_booked_with_its_reason(office: Visitor, bought: tuple[Customer, Json]) -> None:
    _, order = bought
    sku = order["lines"][0]["sku"]
    office.go(f"/office/stock/{sku}")
    office.page.get_by_label("How many").fill("7")
    office.page.get_by_label("Why").fill("a delivery in the rain")
    office.press("Book it")

    office.page.get_by_text("Booked. On hand: 10").wait_for()
    assert office.page.get_by_role("cell", name="a delivery in the rain").is_visible()


def test_figures_count_what_was_bought(office: Visitor, bought: tuple[Customer, Json]) -> None:
    office.go("/office")

    assert office.page.get_by_role("img", name="Orders by hour").is_visible()
    assert office.page.get_by_role("link", name=bought[1]["number"]).is_visible()
