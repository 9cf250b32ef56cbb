"""Browsers before any rung: `MERCATO_URL`, or a demo of their own. At the end the invariants hold."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser

from tests.browser.chromium import opened
from tests.browser.visitors import Visitor, visitor
from tests.journeys.conftest import base_url, invariants_hold_after_all_journeys, journal, shop
from tests.journeys.shop import Customer, Shop

__all__ = ["base_url", "invariants_hold_after_all_journeys", "journal", "shop"]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with opened() as browser:
        yield browser


@pytest.fixture(params=[True, False], ids=["with scripts", "without scripts"])
def javascript(request: pytest.FixtureRequest) -> bool:
    return request.param


@pytest.fixture
def somebody(browser: Browser, base_url: str) -> Iterator[Callable[..., Visitor]]:
    """Makes visitors, who leave when the test has ended."""
    came: list[Visitor] = []

    def comes(**what: object) -> Visitor:
        came.append(visitor(browser, base_url, **what))
        return came[-1]

    yield comes
    for each in came:
        each.close()


@pytest.fixture(scope="session")
def ada(shop: Shop) -> Customer:
    """A customer with an address, a card, an order and something in the cart: what pages look like in use."""
    ada = shop.customer()
    address = {"name": "Ada Example", "line1": "Example Street 1", "city": "Berlin", "postal_code": "10115"}
    ada.call("POST", "/api/v1/me/addresses", body={**address, "country": "DE", "default": True})
    sku = bestseller(shop)
    order = ada.checkout(**{sku: 1})
    ada.order_in(order["id"], "CONFIRMED")
    ada.fill_cart(**{sku: 2})
    return ada


def bestseller(shop: Shop) -> str:
    """A SKU of which there are plenty."""
    for card in shop.call("GET", "/api/v1/products?sort=popular&in_stock=true&limit=12").json()["items"]:
        product = shop.call("GET", f"/api/v1/products/{card['slug']}").json()
        for variant in product["variants"]:
            if variant["available"] >= 20:
                return variant["sku"]
    raise AssertionError("nothing is there twenty times")
