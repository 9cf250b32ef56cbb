"""A purchase, pressed through page by page."""

import re

from tests.browser.visitors import Visitor

ORDER = re.compile(r"/orders/[0-9a-f-]{36}")


def put_in(visitor: Visitor, slug: str) -> None:
    """From a product's page into the cart."""
    visitor.go(f"/products/{slug}")
    visitor.press("Put it in the cart")
    visitor.page.wait_for_url("**/cart*")


def to_review(visitor: Visitor, *, pay: str) -> None:
    """From the cart to the last look: the first address that is saved, the first way to travel, and this way to pay."""
    page = visitor.page
    visitor.go("/cart")
    page.get_by_role("link", name="Go to checkout").click()
    page.wait_for_url("**/checkout/address")
    page.get_by_role("button", name="Deliver here").first.click()
    page.wait_for_url("**/checkout/shipping")
    page.get_by_role("radio").first.check()
    visitor.press("Go on to payment")
    page.wait_for_url("**/checkout/payment")
    page.get_by_role("radio", name=re.compile(pay)).first.check()
    visitor.press("Go on to the last look")
    page.wait_for_url("**/checkout/review")


def order(visitor: Visitor) -> None:
    visitor.page.get_by_role("button", name=re.compile("^Order and pay")).click()


def order_page(visitor: Visitor) -> str:
    """The id of the order whose page this is, once it is one."""
    visitor.page.wait_for_url(ORDER)
    return visitor.page.url.partition("/orders/")[2][:36]


def confirmed(visitor: Visitor) -> None:
    """Returns once the page says so, by itself or by being loaded again."""
    visitor.page.get_by_role("heading", level=1, name=re.compile("It is yours")).wait_for()
