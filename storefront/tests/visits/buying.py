"""What the tests of cart, checkout and orders have in common: somebody who is signed in, and answers of the shop."""

from typing import Any
from uuid import UUID

import httpx2
from storefront.front import Front
from storefront.session import LIVES, Session
from storefront.visit import NAME

from .conftest import Shop

Json = dict[str, Any]
CART_ID = "0af1.77"
ORDER_ID = UUID("01a2266b-c7f6-72b0-a613-c7805ff528b0")
ORDER = f"/api/v1/orders/{ORDER_ID}"
KEY = "01a2266b-c7f6-72b0-a613-c7805ff52800"
FORM_WORD = "the word of this session"
HOME = {
    "name": "Ada Example",
    "line1": "Example Street 1",
    "line2": None,
    "city": "Berlin",
    "postal_code": "10115",
    "country": "DE",
    "phone": None,
}
STANDARD = {"code": "standard", "name": "Standard", "price": 490, "min_days": 2, "max_days": 4}
CARD = {"id": "01a2266b-c7f6-72b0-a613-c7805ff528b1", "brand": "visa", "last4": "4242", "exp_month": 12, "exp_year": 34}
VISA = {"id": CARD["id"], "name": "Visa ending in 4242"}
HOSTED = {"id": "hosted", "name": "On the payment page"}


def sign_in(front: Front, browser: httpx2.AsyncClient, *, seconds: float = 300) -> None:
    """Ada, with a token that is fresh for so long."""
    now = front.world.clock.now().timestamp()
    ada = Session("at", "rt", now + seconds, "u-1", "Ada Lovelace", "ada@example.org", ("customer",), FORM_WORD)
    put_cookie(front, browser, "session", ada.to_seal())


def put_cookie(front: Front, browser: httpx2.AsyncClient, name: str, what: Json) -> None:
    browser.cookies.set(name, front.seal.close({NAME: name, **what}), domain="shop.test")


def kept(front: Front, browser: httpx2.AsyncClient, name: str) -> Json | None:
    found = front.seal.open(browser.cookies.get(name), within=LIVES)
    return None if found is None else {key: value for key, value in found.items() if key != NAME}


def a_cart(*lines: Json, cart_id: str = CART_ID, fresh: bool = True) -> Json:
    return {
        "id": cart_id,
        "currency": "EUR",
        "lines": list(lines),
        "subtotal": sum(line["total"] for line in lines),
        "fresh": fresh,
    }


def a_line(*, quantity: int = 1, price: int = 1650, available: int | None = 9, was: int | None = None) -> Json:
    return {
        "sku": "MUG-1",
        "name": "Stone mug",
        "options": {"colour": "stone"},
        "product_slug": "stone-mug",
        "picture": "/api/v1/pictures/stone-mug.svg",
        "quantity": quantity,
        "unit_price": price,
        "total": price * quantity,
        "available": available,
        "previous_unit_price": was,
    }


def a_quote(*, price: int = 1650, mark: str = "a") -> Json:
    line = {"sku": "MUG-1", "name": "Stone mug", "quantity": 1, "unit_price": price, "total": price, "tax": 0}
    return {
        "quote_hash": mark * 64,
        "currency": "EUR",
        "country": "DE",
        "shipping_method": "standard",
        "lines": [line],
        "subtotal": price,
        "shipping": 490,
        "tax": 0,
        "discount": 0,
        "total": price + 490,
    }


def an_order(*states: str, reason: str | None = None, payment_url: str | None = None) -> Json:
    """With these states behind it; the last one is where it stands."""
    return {
        "id": str(ORDER_ID),
        "number": "M-0001",
        "state": states[-1],
        "cancel_reason": reason,
        "cancel_requested": False,
        "placed_at": "2026-11-29T08:00:00Z",
        "currency": "EUR",
        "lines": [{"sku": "MUG-1", "name": "Stone mug", "quantity": 1, "unit_price": 1650, "total": 1650}],
        "subtotal": 1650,
        "shipping": 490,
        "tax": 0,
        "discount": 0,
        "total": 2140,
        "refunded": 0,
        "payment_url": payment_url,
        "shipment": None,
        "address": HOME,
        "shipping_method": "standard",
        "history": [{"state": each, "at": f"2026-11-29T08:00:0{at}Z"} for at, each in enumerate(states)],
    }


def problem(slug: str, **facts: Any) -> Json:
    return {"type": f"urn:mercato:problem:{slug}", "detail": slug, **facts}


def furnish(shop: Shop, *lines: Json) -> None:
    """A shop that answers all that a checkout asks, with this in the cart."""
    cart = a_cart(*(lines or (a_line(),)))
    shop.tells("/api/v1/cart", cart)
    shop.tells("/api/v1/me/addresses", {"items": []})
    shop.tells("/api/v1/shipping-methods", {"items": [STANDARD]})
    shop.tells("/api/v1/payment-methods", {"items": [CARD]})
    shop.tells("/api/v1/quotes", a_quote(), method="POST")
