"""From a product to an order, as people do it: with scripts and without, by keyboard, twice, and with bad luck."""

import re
from collections.abc import Callable

import pytest

from tests.browser import buying
from tests.browser.conftest import a_thing
from tests.browser.visitors import Visitor
from tests.journeys.shop import PASSWORD, Customer, Shop

SAVED, HOSTED = "ending in 4242", "On the payment page"
ADDRESS = {
    "name": "Ada Example",
    "line1": "Example Street 1",
    "city": "Berlin",
    "postal_code": "10115",
    "country": "DE",
}


@pytest.fixture
def buyer(shop: Shop) -> Customer:
    """Somebody with an address and a card, and nothing ordered."""
    buyer = shop.customer()
    buyer.call("POST", "/api/v1/me/addresses", body={**ADDRESS, "default": True})
    buyer.card()
    return buyer


def orders_of(buyer: Customer) -> list[str]:
    return [each["id"] for each in buyer.call("GET", "/api/v1/orders").json()["items"]]


def test_a_saved_card_buys_and_the_page_tells_when_it_is_confirmed(
    somebody: Callable[..., Visitor], javascript: bool, shop: Shop, buyer: Customer
) -> None:
    visitor = somebody(javascript=javascript)
    visitor.sign_in(buyer.email)
    buying.put_in(visitor, a_thing(shop))
    buying.to_review(visitor, pay=SAVED)

    buying.order(visitor)

    order_id = buying.order_page(visitor)
    buying.confirmed(visitor)
    assert buyer.order_in(order_id, "CONFIRMED")
    assert orders_of(buyer) == [order_id]


def test_the_payment_page_takes_the_money_and_leads_back(
    somebody: Callable[..., Visitor], javascript: bool, shop: Shop, buyer: Customer
) -> None:
    visitor = somebody(javascript=javascript)
    visitor.sign_in(buyer.email)
    buying.put_in(visitor, a_thing(shop))
    buying.to_review(visitor, pay=HOSTED)

    buying.order(visitor)
    visitor.page.wait_for_url("**/dev/psp/**")
    visitor.page.get_by_role("button").first.click()

    order_id = buying.order_page(visitor)
    buying.confirmed(visitor)
    assert orders_of(buyer) == [order_id]


def test_a_cart_comes_along_to_whoever_signs_in_on_the_way(
    somebody: Callable[..., Visitor], javascript: bool, shop: Shop, buyer: Customer
) -> None:
    visitor = somebody(javascript=javascript)
    buying.put_in(visitor, a_thing(shop))

    visitor.page.get_by_role("link", name="Go to checkout").click()
    visitor.page.wait_for_url("**/sign-in*")
    visitor.page.get_by_label("E-mail").fill(buyer.email)
    visitor.page.get_by_label("Password", exact=True).fill(PASSWORD)
    visitor.page.locator("main").get_by_role("button", name="Sign in").click()

    visitor.page.wait_for_url("**/checkout/address")
    buying.to_review(visitor, pay=SAVED)
    buying.order(visitor)
    assert orders_of(buyer) == [buying.order_page(visitor)]


def test_a_double_click_a_reload_and_the_way_back_make_one_order(
    somebody: Callable[..., Visitor], javascript: bool, shop: Shop, buyer: Customer
) -> None:
    visitor = somebody(javascript=javascript)
    visitor.sign_in(buyer.email)
    buying.put_in(visitor, a_thing(shop))
    buying.to_review(visitor, pay=SAVED)

    visitor.page.get_by_role("button", name=re.compile("^Order and pay")).dblclick()
    order_id = buying.order_page(visitor)
    visitor.page.reload()
    visitor.page.go_back()
    again = visitor.page.get_by_role("button", name=re.compile("^Order and pay"))
    if again.count():
        again.click()

    visitor.page.wait_for_load_state()
    assert visitor.page.get_by_role("heading", level=1).is_visible()
    assert orders_of(buyer) == [order_id]


def test_reloading_while_paying_makes_one_order(somebody: Callable[..., Visitor], shop: Shop, buyer: Customer) -> None:
    visitor = somebody()
    visitor.sign_in(buyer.email)
    buying.put_in(visitor, a_thing(shop))
    buying.to_review(visitor, pay=HOSTED)
    buying.order(visitor)
    visitor.page.wait_for_url("**/dev/psp/**")

    visitor.page.reload()
    visitor.page.go_back()
    visitor.page.wait_for_load_state()
    [order_id] = orders_of(buyer)
    visitor.go(f"/orders/{order_id}/pay")
    visitor.page.wait_for_url("**/dev/psp/**")
    visitor.page.get_by_role("button").first.click()

    assert buying.order_page(visitor) == order_id
    buying.confirmed(visitor)
    assert orders_of(buyer) == [order_id]


def test_a_keyboard_is_enough(somebody: Callable[..., Visitor], shop: Shop, buyer: Customer) -> None:
    """No mouse from the product's page on: Tab to what is wanted, and Enter or Space."""
    visitor = somebody()
    visitor.sign_in(buyer.email)
    visitor.go(f"/products/{a_thing(shop)}")

    _tab_to(visitor, "Put it in the cart", "Enter")
    visitor.page.wait_for_url("**/cart*")
    _tab_to(visitor, "Go to checkout", "Enter")
    visitor.page.wait_for_url("**/checkout/address")
    _tab_to(visitor, "Deliver here", "Enter")
    visitor.page.wait_for_url("**/checkout/shipping")
    _tab_to(visitor, "shipping", "Space")
    _tab_to(visitor, "Go on to payment", "Enter")
    visitor.page.wait_for_url("**/checkout/payment")
    _tab_to(visitor, "payment", "Space")
    _tab_to(visitor, "Go on to the last look", "Enter")
    visitor.page.wait_for_url("**/checkout/review")
    _tab_to(visitor, "Order and pay", "Enter")

    order_id = buying.order_page(visitor)
    buying.confirmed(visitor)
    assert orders_of(buyer) == [order_id]


def test_a_session_that_ended_meanwhile_comes_back_to_the_same_step(
    somebody: Callable[..., Visitor], javascript: bool, shop: Shop, buyer: Customer
) -> None:
    visitor = somebody(javascript=javascript)
    visitor.sign_in(buyer.email)
    buying.put_in(visitor, a_thing(shop))
    buying.to_review(visitor, pay=SAVED)

    assert buyer.call("DELETE", "/api/v1/sessions").status_code == 204
    visitor.page.wait_for_timeout(2_000)
    buying.order(visitor)
    visitor.page.wait_for_url("**/sign-in*")
    visitor.page.get_by_label("E-mail").fill(buyer.email)
    visitor.page.get_by_label("Password", exact=True).fill(PASSWORD)
    visitor.page.locator("main").get_by_role("button", name="Sign in").click()

    visitor.page.wait_for_url("**/checkout/review")
    buying.order(visitor)
    order_id = buying.order_page(visitor)
    buyer.sign_in()
    assert orders_of(buyer) == [order_id]


def test_on_a_slow_network_impatience_makes_one_order(
    somebody: Callable[..., Visitor], shop: Shop, buyer: Customer
) -> None:
    visitor = somebody()
    visitor.sign_in(buyer.email)
    buying.put_in(visitor, a_thing(shop))
    buying.to_review(visitor, pay=SAVED)
    wire = visitor.context.new_cdp_session(visitor.page)
    slow = {"offline": False, "latency": 800, "downloadThroughput": 40_000, "uploadThroughput": 40_000}
    wire.send("Network.emulateNetworkConditions", slow)

    visitor.page.get_by_role("button", name=re.compile("^Order and pay")).evaluate(
        "button => { for (let press = 0; press < 3; press++) button.click(); }"
    )

    order_id = buying.order_page(visitor)
    assert orders_of(buyer) == [order_id]


def test_offline_loses_nothing(somebody: Callable[..., Visitor], shop: Shop, buyer: Customer) -> None:
    visitor = somebody()
    visitor.sign_in(buyer.email)
    buying.put_in(visitor, a_thing(shop))
    buying.to_review(visitor, pay=SAVED)

    visitor.context.set_offline(True)
    buying.order(visitor)
    visitor.page.wait_for_timeout(500)
    assert orders_of(buyer) == []
    visitor.context.set_offline(False)
    visitor.go("/checkout/review")
    buying.order(visitor)

    assert orders_of(buyer) == [buying.order_page(visitor)]


def test_of_two_who_want_the_last_piece_one_gets_it_and_the_other_a_friendly_answer(
    somebody: Callable[..., Visitor], shop: Shop
) -> None:
    slug = a_thing(shop, pieces=1)
    visitors = []
    for _ in range(2):
        buyer = shop.customer()
        buyer.call("POST", "/api/v1/me/addresses", body={**ADDRESS, "default": True})
        buyer.card()
        visitor = somebody()
        visitor.sign_in(buyer.email)
        buying.put_in(visitor, slug)
        buying.to_review(visitor, pay=SAVED)
        visitors.append((visitor, buyer))

    for visitor, _ in visitors:
        visitor.page.get_by_role("button", name=re.compile("^Order and pay")).click(no_wait_after=True)

    ends = {}
    for visitor, buyer in visitors:
        order_id = buying.order_page(visitor)
        ends[buyer.order_in(order_id, "CONFIRMED", "CANCELLED")["state"]] = visitor
    assert set(ends) == {"CONFIRMED", "CANCELLED"}
    ends["CANCELLED"].page.get_by_text(re.compile("nothing (was|is) charged", re.IGNORECASE)).first.wait_for()
    buying.confirmed(ends["CONFIRMED"])


def _tab_to(visitor: Visitor, name: str, key: str) -> None:
    """Until what has the focus says so, or is a field of that name; then the key."""
    for _ in range(80):
        visitor.page.keyboard.press("Tab")
        focused = visitor.page.evaluate(
            "(() => { const it = document.activeElement; return `${it.innerText ?? ''} ${it.name ?? ''}`; })()"
        )
        if name in focused:
            visitor.page.keyboard.press(key)
            return
    raise AssertionError(f"Tab does not lead to {name} on {visitor.page.url}")
