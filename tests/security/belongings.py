"""One of everything that a customer can have, and requests about it that are good in all but whose it is."""

import json
from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID, uuid4

import httpx2
from chassis.authz import Route
from simulators.visitor.shopping import ADDRESS, COUNTRY, fill_cart

from tests.security.callers import Callers
from tests.security.declared import PARAMETER

MERGE = ("POST", "/api/v1/cart/merge")
NAMES = ("order_id", "cart_id", "method_id", "address_id", "session_id")
"""What names a thing of somebody's."""


async def belongings(callers: Callers) -> dict[str, str]:
    """One of everything that a customer can have, by the name that paths and bodies have for it."""
    ready = await fill_cart(callers.shop, callers.tokens["owner"])
    bought = await callers.ask("POST", "/api/v1/orders", "owner", json=json.loads(ready.order_body))
    assert bought.status_code == 202, bought.text
    checkout = json.loads((await fill_cart(callers.shop, callers.tokens["owner"])).order_body)
    del callers.shop.headers["Authorization"]
    cart = (await callers.ask("GET", f"/api/v1/carts/{checkout['cart_id']}", "owner")).json()
    address = await callers.ask("POST", "/api/v1/me/addresses", "owner", json=ADDRESS)
    await callers.sign_in("owner")
    sessions = (await callers.ask("GET", "/api/v1/sessions", "owner")).json()["items"]
    return {
        "order_id": bought.json()["id"],
        "cart_id": cart["id"],
        "sku": cart["lines"][0]["sku"],
        "shipping_method": checkout["shipping_method"],
        "quote_hash": checkout["quote_hash"],
        "method_id": checkout["payment"]["method_id"],
        "address_id": address.json()["id"],
        "session_id": next(each["id"] for each in sessions if not each["current"]),
    }


def missing(mine: Mapping[str, str], *, sign: Callable[[UUID], str]) -> dict[str, str]:
    """The same names, for things that nobody has ever had; `sign` makes a cart's id what clients see."""
    return {**mine, **{name: str(uuid4()) for name in NAMES}, "cart_id": sign(uuid4())}


async def knock(callers: Callers, route: Route, who: str | None, things: Mapping[str, str]) -> httpx2.Response:
    """A request that is good in everything but, perhaps, whose thing it is about."""
    method, path = route
    agreed = {"cart_id": things["cart_id"], "shipping_method": things["shipping_method"]}
    bodies: dict[Route, Any] = {
        ("PUT", "/api/v1/me/addresses/{address_id}"): {**ADDRESS, "default": True},
        ("PUT", "/api/v1/carts/{cart_id}/lines/{sku}"): {"quantity": 2},
        MERGE: {"cart_id": things["cart_id"]},
        ("POST", "/api/v1/quotes"): {**agreed, "country": COUNTRY},
        ("POST", "/api/v1/orders"): {
            **agreed,
            "address": ADDRESS,
            "payment": {"method_id": things["method_id"]},
            "quote_hash": things["quote_hash"],
        },
        ("POST", "/api/v1/orders/{order_id}/cancel"): {},
    }
    filled = PARAMETER.sub(lambda found: things[found[1]], path)
    return await callers.ask(method, filled, who, **({"json": bodies[route]} if route in bodies else {}))
