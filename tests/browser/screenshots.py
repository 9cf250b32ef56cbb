"""The pictures of docs/screenshots, taken from a demo that sells for a moment: `make screenshots`."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
from playwright.sync_api import Browser
from testkit.verify.journal import Journal

from tests.browser import buying
from tests.browser.chromium import opened
from tests.browser.visitors import Visitor, visitor
from tests.journeys.conftest import CHECKOUT, a_demo
from tests.journeys.shop import HOME, Customer, Shop

FOLDER = CHECKOUT / "docs" / "screenshots"
SAVED = "ending in 4242"
QUALITY = 82


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    with a_shop() as url, httpx2.Client(base_url=url, timeout=30) as client, opened() as browser:
        shop = Shop(client, Journal())
        _of_anybody(browser, url)
        order_id = _of_a_customer(browser, url, shop)
        _of_the_office(browser, url, shop, order_id)


@contextmanager
def a_shop() -> Iterator[str]:
    """The running one that MERCATO_URL names, or a demo."""
    if given := os.environ.get("MERCATO_URL"):
        yield given
        return
    with a_demo() as url:
        yield url


def _of_anybody(browser: Browser, url: str) -> None:
    someone = visitor(browser, url)
    _take(someone, "/", "home")
    _take(someone, "/categories/kitchen", "category")
    _take(someone, "/search?q=mug", "search")
    _take(someone, "/products/stone-mug", "product")
    someone.context.add_cookies([{"name": "learning", "value": "on", "url": url}])
    someone.go("/products/stone-mug")
    someone.page.locator(".learning").scroll_into_view_if_needed()
    _keep(someone, "learning")
    night = visitor(browser, url, color_scheme="dark")
    _take(night, "/", "home-by-night")
    phone = visitor(browser, url, width=390, color_scheme="light", device_scale_factor=2)
    _take(phone, "/products/stone-mug", "product-on-a-phone")


def _of_a_customer(browser: Browser, url: str, shop: Shop) -> str:
    ada = shop.customer()
    ada.call("POST", "/api/v1/me/addresses", body={**HOME, "default": True})
    ada.card()
    someone = visitor(browser, url)
    someone.sign_in(ada.email)
    for slug in ("stone-mug", "hearth-cast-iron-pan", "plain-sail-notebook"):
        buying.put_in(someone, slug)
    _take(someone, "/cart", "cart")
    buying.to_review(someone, pay=SAVED)
    _keep(someone, "review")
    buying.order(someone)
    order_id = buying.order_page(someone)
    buying.confirmed(someone)
    _keep(someone, "order")
    _take(someone, "/account", "account")
    return order_id


def _of_the_office(browser: Browser, url: str, shop: Shop, order_id: str) -> None:
    sam = shop.customer()
    roles = {"roles": ["customer", "admin"]}
    assert shop.staff().call("PUT", f"/api/v1/users/{sam.user_id}/roles", body=roles).status_code == 200
    _some_sales(shop)
    someone = visitor(browser, url)
    someone.sign_in(sam.email, at="/office/sign-in")
    _take(someone, "/office", "office")
    _take(someone, f"/office/orders/{order_id}/saga", "saga")


def _some_sales(shop: Shop) -> None:
    """So that the figures have something to show."""
    for card in shop.call("GET", "/api/v1/products?sort=popular&in_stock=true&limit=12").json()["items"]:
        product = shop.call("GET", f"/api/v1/products/{card['slug']}").json()
        sku = max(product["variants"], key=lambda each: each["available"])["sku"]
        buyer: Customer = shop.customer()
        order = buyer.checkout(**{sku: 2})
        buyer.order_in(order["id"], "CONFIRMED")


def _take(someone: Visitor, path: str, name: str) -> None:
    someone.go(path)
    _keep(someone, name)


def _keep(someone: Visitor, name: str) -> None:
    """What the window shows, once it is still."""
    someone.page.wait_for_load_state("networkidle")
    someone.page.evaluate("document.fonts.ready")
    someone.page.screenshot(path=FOLDER / f"{name}.jpg", type="jpeg", quality=QUALITY)
    print(Path("docs/screenshots") / f"{name}.jpg")


if __name__ == "__main__":
    main()
