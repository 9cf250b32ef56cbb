"""Browsers before any rung: `MERCATO_URL`, or a demo of their own. At the end the invariants hold."""

import asyncio
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser
from testkit.verify.__main__ import settled
from testkit.verify.invariants import assert_holds

from tests.browser import visitors
from tests.browser.chromium import opened
from tests.browser.visitors import Visitor
from tests.journeys.conftest import QUIET_SECONDS, base_url, journal, shop
from tests.journeys.shop import Customer, Shop

__all__ = ["base_url", "journal", "shop"]


@pytest.fixture(scope="session", autouse=True)
def invariants_hold_after_all_browsers(base_url: str) -> Iterator[None]:
    """Without a journal: what a browser has asked for, nobody has written down."""
    yield
    facts = asyncio.run(settled(base_url, QUIET_SECONDS))
    assert facts.quiet, f"something is still under way {QUIET_SECONDS} s after the last browser"
    assert_holds(facts)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """No longer than a module: while it is open an event loop runs, and tests elsewhere want their own."""
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
        came.append(visitors.visitor(browser, base_url, **what))
        return came[-1]

    yield comes
    for each in came:
        each.close()


@pytest.fixture
def bea(shop: Shop) -> Customer:
    """A customer of this test alone."""
    return shop.customer()


@pytest.fixture
def visitor(somebody: Callable[..., Visitor], javascript: bool) -> Visitor:
    return somebody(javascript=javascript)


@pytest.fixture
def at_home(visitor: Visitor, bea: Customer) -> Visitor:
    """Signed in as Bea."""
    visitor.sign_in(bea.email)
    return visitor


@pytest.fixture(scope="session")
def sam(shop: Shop) -> Customer:
    """Somebody who works here, with an account of their own: the staff session of the door has no password."""
    sam = shop.customer()
    roles = {"roles": ["customer", "admin"]}
    assert shop.staff().call("PUT", f"/api/v1/users/{sam.user_id}/roles", body=roles).status_code == 200
    return sam


@pytest.fixture(scope="session")
def ada(shop: Shop) -> Customer:
    """A customer with an address, a card, an order and something in the cart: what pages look like in use."""
    ada = shop.customer()
    address = {"name": "Ada Example", "line1": "Example Street 1", "city": "Berlin", "postal_code": "10115"}
    ada.call("POST", "/api/v1/me/addresses", body={**address, "country": "DE", "default": True})
    sku = shop.staff().something_new(stock=20)
    order = ada.checkout(**{sku: 1})
    ada.order_in(order["id"], "CONFIRMED")
    ada.fill_cart(**{sku: 2})
    return ada


def a_thing(shop: Shop, *, pieces: int = 20) -> str:
    """The slug of something that nobody else buys."""
    staff = shop.staff()
    return staff.made[staff.something_new(stock=pieces)]["slug"]
