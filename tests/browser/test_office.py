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
