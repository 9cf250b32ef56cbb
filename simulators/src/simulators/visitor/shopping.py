"""A cart that only waits to be bought, filled over the public interface."""

import json
from dataclasses import dataclass
from typing import Any

import httpx2

from simulators.visitor.people import VisitFailed

QUANTITY = 2
PLENTY = 10
COUNTRY = "DE"
ADDRESS = {
    "name": "Demo customer",
    "line1": "Example Street 1",
    "city": "Berlin",
    "postal_code": "10115",
    "country": COUNTRY,
}


@dataclass(frozen=True, slots=True)
class ReadyCart:
    described: str
    """Such as `2 of Stoneware mug, 45.20 EUR delivered`."""
    word: str
    """Finds the product by search."""
    order_body: str
    """JSON of the checkout that buys it."""


async def fill_cart(shop: httpx2.AsyncClient, access_token: str) -> ReadyCart:
    """Two of a popular thing, a saved card, and a quote: all that a checkout needs."""
    shop.headers["Authorization"] = f"Bearer {access_token}"
    product, variant = await _something_plentiful(shop)
    cart = await _ask(shop, "GET", "/api/v1/cart")
    await _ask(shop, "PUT", f"/api/v1/carts/{cart['id']}/lines/{variant['sku']}", {"quantity": QUANTITY})
    card = await _ask(shop, "POST", "/api/v1/payment-methods", {"provider_token": "pm_card_visa"})
    methods = await _ask(shop, "GET", f"/api/v1/shipping-methods?country={COUNTRY}")
    agreed = {"cart_id": cart["id"], "shipping_method": methods["items"][0]["code"]}
    quote = await _ask(shop, "POST", "/api/v1/quotes", {**agreed, "country": COUNTRY})
    order = {**agreed, "address": ADDRESS, "payment": {"method_id": card["id"]}, "quote_hash": quote["quote_hash"]}
    euros, cents = divmod(quote["total"], 100)
    return ReadyCart(
        described=f"{QUANTITY} of {product['name']}, {euros}.{cents:02} {quote['currency']} delivered",
        word=product["name"].split()[-1].lower(),
        order_body=json.dumps(order, separators=(",", ":")),
    )


async def _something_plentiful(shop: httpx2.AsyncClient) -> tuple[dict[str, Any], dict[str, Any]]:
    page = await _ask(shop, "GET", "/api/v1/products?sort=popular&in_stock=true")
    for card in page["items"]:
        product = await _ask(shop, "GET", f"/api/v1/products/{card['slug']}")
        for variant in product["variants"]:
            if variant["available"] >= PLENTY:
                return product, variant
    raise VisitFailed(f"nothing in the catalogue is there {PLENTY} times")


async def _ask(shop: httpx2.AsyncClient, method: str, path: str, body: Any = None) -> dict[str, Any]:
    answer = await shop.request(method, path, json=body)
    if not answer.is_success:
        raise VisitFailed(f"{method} {path}: {answer.status_code} {answer.text}")
    return answer.json()
