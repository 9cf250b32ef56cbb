"""The cart of a visitor: anybody's who knows its id, until they sign in; then it comes along into their own."""

from contextlib import suppress
from typing import Any

from storefront.api import Away, Json, Refused
from storefront.visit import Visit

CURRENCY = "EUR"
EMPTY: Json = {"id": "", "currency": CURRENCY, "lines": [], "subtotal": 0, "fresh": True}
NOT_THAT_ONE = {"cart_not_found", "cart_already_ordered"}
"""What is in the visitor's cookie may be old: they get another cart, and never hear of it."""


async def look_into(visit: Visit) -> Json:
    """The visitor's cart with today's prices, empty where nothing was put in. Raises Away, SignInNeeded."""
    if visit.session is None:
        return await _anonymous(visit)
    cart = await visit.ask("GET", "/api/v1/cart", own=True)
    if visit.cart is not None and visit.cart.id != cart["id"]:
        cart = await _brought(visit, visit.cart.id) or cart
    visit.carry(cart)
    return cart


async def bring_along(visit: Visit) -> None:
    """After a sign-in: what lies in the anonymous cart comes into their own.

    When nobody answers, nothing is lost: the next look into the cart does it.
    """
    with suppress(Away, Refused):
        await look_into(visit)


async def put(visit: Visit, sku: str, quantity: int) -> Json:
    """From now on the cart holds so many of it. Raises Away, Refused, SignInNeeded."""

    async def into(cart_id: str) -> Json:
        return await _ask(visit, "PUT", f"/api/v1/carts/{cart_id}/lines/{sku}", body={"quantity": quantity})

    try:
        cart = await into(visit.cart.id if visit.cart else await _opened(visit))
    except Refused as refused:
        if refused.slug not in NOT_THAT_ONE:
            raise
        cart = await into(await _opened(visit))
    visit.carry(cart)
    return cart


async def take_out(visit: Visit, sku: str) -> None:
    """It is not in the cart afterwards, whether or not it was. Raises Away, SignInNeeded."""
    if visit.cart is None:
        return
    try:
        visit.carry(await _ask(visit, "DELETE", f"/api/v1/carts/{visit.cart.id}/lines/{sku}"))
    except Refused as refused:
        if refused.slug not in NOT_THAT_ONE:
            raise
        visit.put_cart_away()


def short(cart: Json) -> list[Json]:
    """The lines of which there are fewer than somebody wants. What is not known now is not short."""
    return [line for line in cart["lines"] if line["available"] is not None and line["available"] < line["quantity"]]


async def _anonymous(visit: Visit) -> Json:
    if visit.cart is None:
        return EMPTY
    try:
        cart = await visit.ask("GET", f"/api/v1/carts/{visit.cart.id}")
    except Refused as refused:
        if refused.slug not in NOT_THAT_ONE:
            raise
        visit.put_cart_away()
        return EMPTY
    visit.carry(cart)
    return cart


async def _brought(visit: Visit, cart_id: str) -> Json | None:
    """None where there is nothing to bring: it was their own already, or its lines have come before."""
    try:
        return await visit.ask("POST", "/api/v1/cart/merge", body={"cart_id": cart_id}, own=True)
    except Refused:
        return None


async def _opened(visit: Visit) -> str:
    if visit.session is not None:
        return (await visit.ask("GET", "/api/v1/cart", own=True))["id"]
    return (await visit.ask("POST", "/api/v1/carts", body={"currency": CURRENCY}))["id"]


async def _ask(visit: Visit, method: str, path: str, **more: Any) -> Json:
    return await visit.ask(method, path, own=visit.session is not None, **more)
