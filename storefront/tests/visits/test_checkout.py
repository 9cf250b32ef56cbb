"""The way to an order: each step can be entered late and gone back to, and nothing is ever ordered twice."""

import json
from typing import Any

import pytest

from .buying import (
    CART_ID,
    FORM_WORD,
    HOME,
    HOSTED,
    KEY,
    ORDER_ID,
    STANDARD,
    VISA,
    a_cart,
    a_line,
    a_quote,
    an_order,
    furnish,
    kept,
    problem,
    put_cookie,
    sign_in,
)

ORDERS = "/api/v1/orders"
REVIEWED = {"_token": FORM_WORD, "key": KEY, "cart": CART_ID, "quote_hash": "a" * 64, "total": "2140"}


def choose(front, visitor, **choices: Any) -> None:
    """What was chosen in the steps before."""
    sign_in(front, visitor)
    put_cookie(front, visitor, "checkout", choices)


def choose_all(front, visitor, payment: dict[str, str] = VISA, **more: Any) -> None:
    choose(front, visitor, address=HOME, shipping=STANDARD, payment=payment, **more)


async def test_who_is_not_signed_in_comes_back_to_the_step_after_it(visitor) -> None:
    answer = await visitor.get("/checkout/address")

    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?next=%2Fcheckout%2Faddress")


@pytest.mark.parametrize(
    ("step", "chosen", "first"),
    [
        ("shipping", {}, "address"),
        ("payment", {"address": HOME}, "shipping"),
        ("review", {"address": HOME, "shipping": STANDARD}, "payment"),
        ("review", {}, "address"),
    ],
)
async def test_a_step_that_is_entered_too_early_leads_to_the_first_that_lacks_something(
    shop, visitor, front, step: str, chosen: dict[str, Any], first: str
) -> None:
    furnish(shop)
    choose(front, visitor, **chosen)

    answer = await visitor.get(f"/checkout/{step}")

    assert (answer.status_code, answer.headers["location"]) == (303, f"/checkout/{first}")


async def test_an_address_that_lacks_something_keeps_what_was_typed(shop, visitor, front) -> None:
    furnish(shop)
    sign_in(front, visitor)

    typed = {"_token": FORM_WORD, "name": "Ada <Example>", "city": "Berlin", "postal_code": "10115", "country": "FR"}
    answer = await visitor.post("/checkout/address", data=typed)

    assert answer.status_code == 422
    assert "A street and a number." in answer.text
    assert 'value="Ada &lt;Example&gt;"' in answer.text
    assert '<option value="FR" selected>' in answer.text
    assert visitor.cookies.get("checkout") is None


async def test_an_address_is_carried_to_the_next_step_and_no_server_keeps_it(shop, visitor, front) -> None:
    furnish(shop)
    sign_in(front, visitor)

    answer = await visitor.post(
        "/checkout/address", data={**{k: v or "" for k, v in HOME.items()}, "_token": FORM_WORD}
    )

    assert (answer.status_code, answer.headers["location"]) == (303, "/checkout/shipping")
    assert kept(front, visitor, "checkout")["address"] == HOME
    assert [each.method for each in shop.asked if each.method != "GET"] == []


async def test_another_country_asks_again_how_it_travels(shop, visitor, front) -> None:
    furnish(shop)
    choose_all(front, visitor)

    there = {**{k: v or "" for k, v in HOME.items()}, "country": "JP", "_token": FORM_WORD}
    await visitor.post("/checkout/address", data=there)

    assert kept(front, visitor, "checkout")["shipping"] is None


async def test_what_is_offered_is_all_that_can_be_chosen(shop, visitor, front) -> None:
    furnish(shop)
    choose_all(front, visitor)

    shipping = await visitor.post("/checkout/shipping", data={"_token": FORM_WORD, "shipping": "by-owl"})
    payment = await visitor.post("/checkout/payment", data={"_token": FORM_WORD, "payment": "01a2266b"})

    assert (shipping.status_code, payment.status_code) == (422, 422)
    assert kept(front, visitor, "checkout")["payment"] == VISA


async def test_without_the_saved_cards_the_payment_page_is_still_there(shop, visitor, front) -> None:
    furnish(shop)
    choose(front, visitor, address=HOME, shipping=STANDARD)
    shop.away.add("/api/v1/payment-methods")

    answer = await visitor.get("/checkout/payment")

    assert answer.status_code == 200
    assert "cannot be shown at the moment" in answer.text
    assert 'value="hosted" required checked' in answer.text


async def test_the_last_look_shows_the_sum_and_carries_what_makes_a_repeat_the_same(shop, visitor, front) -> None:
    furnish(shop)
    choose_all(front, visitor)

    answer = await visitor.get("/checkout/review")

    assert "Order and pay € 21.40" in answer.text
    assert f'name="quote_hash" value="{"a" * 64}"' in answer.text
    assert f'name="cart" value="{CART_ID}"' in answer.text


async def test_an_order_leads_to_its_own_page_and_leaves_an_empty_cart(shop, visitor, front) -> None:
    choose_all(front, visitor)
    shop.tells(ORDERS, an_order("PENDING"), method="POST", status=202)

    answer = await visitor.post("/checkout/review", data=REVIEWED)

    assert (answer.status_code, answer.headers["location"]) == (303, f"/orders/{ORDER_ID}/thanks")
    asked = shop.asked_at(ORDERS)[0]
    assert asked.headers["idempotency-key"] == KEY
    assert json.loads(asked.content) == {
        "cart_id": CART_ID,
        "address": HOME,
        "shipping_method": "standard",
        "payment": {"method_id": VISA["id"]},
        "quote_hash": "a" * 64,
    }
    assert visitor.cookies.get("cart") is None


async def test_two_presses_at_once_are_one_question(shop, visitor, front) -> None:
    choose_all(front, visitor, payment=HOSTED)
    cookies = dict(visitor.cookies)
    shop.tells(ORDERS, an_order("PENDING"), method="POST", status=202)

    first = await visitor.post("/checkout/review", data=REVIEWED)
    visitor.cookies.clear()
    second = await visitor.post("/checkout/review", data=REVIEWED, headers={"Cookie": _header(cookies)})

    assert first.headers["location"] == second.headers["location"] == f"/orders/{ORDER_ID}/pay"
    one, other = shop.asked_at(ORDERS)
    assert (one.content, one.headers["idempotency-key"]) == (other.content, other.headers["idempotency-key"])


async def test_pressing_again_on_an_old_page_finds_the_order_and_asks_for_none(shop, visitor, front) -> None:
    choose_all(front, visitor, placed={KEY: str(ORDER_ID)})

    answer = await visitor.post("/checkout/review", data=REVIEWED)

    assert answer.headers["location"] == f"/orders/{ORDER_ID}"
    assert shop.asked_at(ORDERS) == []


async def test_going_back_into_a_checkout_that_was_ordered_finds_the_order(shop, visitor, front) -> None:
    shop.tells("/api/v1/cart", a_cart())
    choose(front, visitor, address=HOME, shipping=STANDARD, placed={KEY: str(ORDER_ID)})

    answer = await visitor.get("/checkout/review")

    assert answer.headers["location"] == f"/orders/{ORDER_ID}"


async def test_a_shop_that_does_not_answer_is_asked_again_with_the_same_key(shop, visitor, front) -> None:
    choose_all(front, visitor)
    shop.away.add(ORDERS)

    answer = await visitor.post("/checkout/review", data=REVIEWED)

    assert answer.status_code == 503
    assert "it cannot be ordered twice" in answer.text
    for name in ("key", "cart", "quote_hash"):
        assert f'name="{name}" value="{REVIEWED[name]}"' in answer.text


async def test_a_changed_price_is_told_and_nothing_is_ordered_before_it_is_agreed_to(shop, visitor, front) -> None:
    furnish(shop, a_line(price=1900, was=1650))
    choose_all(front, visitor)
    changed = problem("price_changed", quote=a_quote(price=1900, mark="b"))
    shop.tells(ORDERS, changed, method="POST", status=409)

    answer = await visitor.post("/checkout/review", data=REVIEWED)

    assert answer.status_code == 409
    assert "It comes to € 23.90 now, and was € 21.40." in answer.text
    assert "Stone mug costs € 19.00 now; it was € 16.50" in answer.text
    assert f'name="quote_hash" value="{"b" * 64}"' in answer.text
    assert kept(front, visitor, "checkout")["payment"] == VISA


async def test_what_is_not_for_sale_any_more_is_named(shop, visitor, front) -> None:
    furnish(shop)
    choose_all(front, visitor)
    gone = problem("lines_not_for_sale", errors=[{"field": "lines.MUG-1", "message": "not for sale any more"}])
    shop.tells(ORDERS, gone, method="POST", status=422)

    answer = await visitor.post("/checkout/review", data=REVIEWED)
    told = await visitor.get(answer.headers["location"])

    assert answer.headers["location"] == "/cart"
    assert "Stone mug cannot be bought any more" in told.text


async def test_a_cart_that_another_tab_has_ordered_leads_to_that_order(shop, visitor, front) -> None:
    choose_all(front, visitor)
    shop.tells(ORDERS, problem("cart_already_ordered", order_id=str(ORDER_ID)), method="POST", status=409)

    answer = await visitor.post("/checkout/review", data=REVIEWED)

    assert answer.headers["location"] == f"/orders/{ORDER_ID}/thanks"


async def test_an_address_that_the_shop_refuses_is_asked_for_again(shop, visitor, front) -> None:
    furnish(shop)
    choose_all(front, visitor)
    refused = problem("card_number_in_address", errors=[{"field": "address.line1", "message": "looks like a card"}])
    shop.tells(ORDERS, refused, method="POST", status=422)

    answer = await visitor.post("/checkout/review", data=REVIEWED)

    assert answer.status_code == 422
    assert "looks like a card" in answer.text
    assert 'value="Example Street 1"' in answer.text


async def test_a_session_that_ended_meanwhile_comes_back_to_the_last_look(shop, visitor, front) -> None:
    choose_all(front, visitor)
    shop.tells(ORDERS, problem("not_signed_in"), method="POST", status=401)
    shop.tells("/api/v1/sessions/refresh", problem("not_signed_in"), method="POST", status=401)

    referer = {"Referer": "http://shop.test/checkout/review"}
    answer = await visitor.post("/checkout/review", data=REVIEWED, headers=referer)

    assert answer.headers["location"] == "/sign-in?next=%2Fcheckout%2Freview"
    assert kept(front, visitor, "checkout")["payment"] == VISA


async def test_whoever_comes_back_from_the_payment_page_finds_the_order_of_that_key(shop, visitor, front) -> None:
    choose(front, visitor, placed={KEY: str(ORDER_ID), "later": "01a2266b-c7f6-72b0-a613-c7805ff528ff"})

    answer = await visitor.get("/checkout/return", params={"key": KEY, "payment": "done"})
    odd = await visitor.get("/checkout/return", params={"key": KEY, "payment": "//evil.example"})

    assert answer.headers["location"] == f"/orders/{ORDER_ID}?payment=done"
    assert odd.headers["location"] == f"/orders/{ORDER_ID}"


def _header(cookies: dict[str, str]) -> str:
    return "; ".join(f"{name}={value}" for name, value in cookies.items())
