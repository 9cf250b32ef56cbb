"""The last look, and the order itself. One press or ten: it is ordered once."""

import re
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.responses import Response

from storefront import carts
from storefront.api import Away, Json, Refused
from storefront.choosing import HOSTED, Choices
from storefront.countries import name_of
from storefront.doorway import FormDep, VisitDep
from storefront.pages.checkout import address_page, go_to, nothing_to_order
from storefront.visit import Visit

router = APIRouter()
PLACE_SECONDS = 6.0
HASH = re.compile(r"[0-9a-f]{64}")
CART = re.compile(r"[0-9a-f.]{1,100}")
UNKNOWN_SHIPPING = {"unknown_shipping_method", "unknown_country"}


@router.get("/checkout/review")
async def review(visit: VisitDep) -> Response:
    choices = Choices.of(visit)
    await visit.signed_in()
    cart = await carts.look_into(visit)
    if not cart["lines"]:
        return nothing_to_order(visit, choices)
    lacking = choices.lacking("review")
    if lacking is not None:
        return go_to(visit, lacking)
    return await _review(visit, choices, cart, key=str(visit.front.world.ids.uuid7()))


@router.post("/checkout/review")
async def order(visit: VisitDep, form: FormDep) -> Response:
    """Order what was shown. All that decides what is ordered comes with the form or lies in the sealed choices."""
    key, cart_id = _key(form), form.get("cart", "")
    choices = Choices.of(visit)
    if key in choices.placed:
        return visit.go(f"/orders/{choices.placed[key]}")
    if choices.lacking("review") is not None or choices.payment is None:
        return go_to(visit, choices.lacking("review"))
    if not CART.fullmatch(cart_id) or not HASH.fullmatch(form.get("quote_hash", "")):
        return visit.go("/checkout/review")
    body = _body(visit, choices, key=key, cart_id=cart_id, quote_hash=form["quote_hash"])
    hosted = choices.payment["id"] == HOSTED
    try:
        placed = await visit.ask("POST", "/api/v1/orders", own=True, key=key, body=body, seconds=PLACE_SECONDS)
    except Away:
        return visit.page("checkout/unsure.html", status=503, form=form, wait="")
    except Refused as refused:
        return await _said_no(visit, choices, form, refused)
    return _placed(visit, choices, key, placed["id"], to="pay" if hosted else "thanks")


@router.get("/checkout/return")
async def come_back(visit: VisitDep, key: str = "", payment: str = "") -> Response:
    """From the payment page, which knows no order of ours: the key of the order, or else the last one, tells which."""
    choices = Choices.of(visit)
    order_id = choices.placed.get(key) or choices.last_order
    if order_id is None:
        newest = await visit.ask("GET", "/api/v1/orders", own=True, params={"limit": 1})
        order_id = next((each["id"] for each in newest["items"]), None)
    if order_id is None:
        return visit.go("/account/orders")
    hint = {"payment": payment} if payment in {"done", "closed"} else {}
    return visit.go(f"/orders/{order_id}", **hint)


def _body(visit: Visit, choices: Choices, *, key: str, cart_id: str, quote_hash: str) -> Json:
    """The same for the same key: a repeat must be the very same question."""
    assert choices.shipping is not None
    assert choices.payment is not None
    way: Json = {"method_id": choices.payment["id"]}
    if choices.payment["id"] == HOSTED:
        way = {"hosted": {"return_url": f"{visit.front.public_url}/checkout/return?key={key}"}}
    return {
        "cart_id": cart_id,
        "address": choices.address,
        "shipping_method": choices.shipping["code"],
        "payment": way,
        "quote_hash": quote_hash,
    }


def _placed(visit: Visit, choices: Choices, key: str, order_id: str, *, to: str) -> Response:
    choices.ordered(key, order_id)
    choices.keep(visit)
    visit.put_cart_away()
    return visit.go(f"/orders/{order_id}/{to}")


async def _said_no(visit: Visit, choices: Choices, form: dict[str, str], refused: Refused) -> Response:
    """Nothing was ordered, or it was ordered before: in words, and at the step where something can be done."""
    key = form["key"]
    wrong = {name.removeprefix("address."): because for name, because in refused.fields.items()}
    match refused.slug:
        case "price_changed":
            cart = await carts.look_into(visit)
            return _page(visit, choices, cart, refused.body["quote"], key=key, before=_before(form), status=409)
        case "cart_already_ordered" if refused.body.get("order_id"):
            visit.say(good="You have ordered this already. Here it is.")
            return _placed(visit, choices, key, refused.body["order_id"], to="thanks")
        case "idempotency_key_reused":
            visit.say(good="You have ordered this already. Here is what you bought.")
            return visit.go("/account/orders")
        case "lines_not_for_sale":
            return await _not_for_sale(visit, refused)
        case "cart_empty" | "cart_not_found" | "cart_already_ordered":
            return visit.go("/checkout/review")
        case slug if slug in UNKNOWN_SHIPPING:
            return _unknown_shipping(visit, choices)
        case "too_many_checkouts":
            wait = f"That was a lot of orders at once. Wait {refused.body.get('retry_after', 10)} seconds, then go on."
            return visit.page("checkout/unsure.html", status=429, form=form, wait=wait)
        case _ if any(name.startswith("address.") for name in refused.fields):
            cart = await carts.look_into(visit)
            return address_page(visit, cart, [], typed=choices.address or {}, wrong=wrong, status=422)
    raise refused


async def _review(visit: Visit, choices: Choices, cart: Json, *, key: str) -> Response:
    assert choices.address is not None
    assert choices.shipping is not None
    wish = {
        "cart_id": cart["id"],
        "country": choices.address["country"],
        "shipping_method": choices.shipping["code"],
    }
    try:
        quote = await visit.ask("POST", "/api/v1/quotes", own=True, body=wish)
    except Refused as refused:
        match refused.slug:
            case "lines_not_for_sale":
                return await _not_for_sale(visit, refused)
            case slug if slug in UNKNOWN_SHIPPING:
                return _unknown_shipping(visit, choices)
        raise
    return _page(visit, choices, cart, quote, key=key)


def _page(
    visit: Visit,
    choices: Choices,
    cart: Json,
    quote: Json,
    *,
    key: str,
    before: int | None = None,
    status: int = 200,
) -> Response:
    """`before` is the sum that somebody had agreed to, when it is not that sum any more."""
    assert choices.address is not None
    shown = {line["sku"]: line for line in cart["lines"]}
    facts: dict[str, Any] = {
        "lines": [{**line, "shown": shown.get(line["sku"])} for line in quote["lines"]],
        "changed": [line for line in cart["lines"] if line["previous_unit_price"] is not None],
    }
    return visit.page(
        "checkout/review.html",
        status=status,
        cart=cart,
        quote=quote,
        choices=choices,
        country=name_of(choices.address["country"]),
        short=carts.short(cart),
        key=key,
        before=before,
        hosted=choices.payment is not None and choices.payment["id"] == HOSTED,
        **facts,
    )


async def _not_for_sale(visit: Visit, refused: Refused) -> Response:
    """Named as people know it; nothing was ordered."""
    gone = {name.removeprefix("lines.") for name in refused.fields}
    cart = await carts.look_into(visit)
    names = " and ".join(line["name"] for line in cart["lines"] if line["sku"] in gone) or "Something in it"
    visit.say(bad=f"{names} cannot be bought any more. Take it out, and order the rest. Nothing was ordered so far.")
    return visit.go("/cart")


def _unknown_shipping(visit: Visit, choices: Choices) -> Response:
    choices.shipping = None
    choices.keep(visit)
    visit.say(bad="It cannot travel like that any more. Choose another way. Nothing was ordered so far.")
    return visit.go("/checkout/shipping")


def _key(form: dict[str, str]) -> str:
    """Drawn when the page was made; what is none was sent by no page of ours."""
    try:
        return str(UUID(form.get("key", "")))
    except ValueError:
        raise HTTPException(404) from None


def _before(form: dict[str, str]) -> int | None:
    total = form.get("total", "")
    return int(total) if total.isdecimal() else None
