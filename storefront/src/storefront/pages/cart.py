"""The cart: what goes in, what comes out, and what it costs today."""

import re

from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.responses import Response

from storefront import carts
from storefront.api import Json, Refused
from storefront.doorway import FormDep, VisitDep
from storefront.visit import Visit, way_back

router = APIRouter()
SKU = re.compile(r"[A-Z0-9-]{3,32}")
MOST = 99
"""So many choices a line offers; what the shop really takes, it says itself."""
SAID_NO = {
    "lines_not_for_sale": "This is not for sale any more.",
    "cart_full": "Your cart is full: take something out, or order it first.",
}


@router.get("/cart")
async def see_cart(visit: VisitDep) -> Response:
    return _page(visit, await carts.look_into(visit))


@router.post("/cart/lines")
async def put_in(visit: VisitDep, form: FormDep) -> Response:
    """The cart then holds `quantity` of `sku`, however often this is sent. None of it takes it out."""
    sku, quantity = _sku(form), form.get("quantity", "1")
    try:
        if quantity == "0":
            await carts.take_out(visit, sku)
        elif not quantity.isdecimal():
            raise Refused(422, {"errors": [{"field": "quantity", "message": "a whole number"}]})
        else:
            await carts.put(visit, sku, int(quantity))
    except Refused as refused:
        if refused.status != 422:
            raise
        because = SAID_NO.get(refused.slug, f"You can have between 1 and {MOST} of it.")
        return _page(visit, await carts.look_into(visit), status=422, sku=sku, because=because, typed=quantity)
    where = way_back(form.get("next"), otherwise="/cart")
    if where != "/cart":
        visit.say(good="It is in your cart.")
    return visit.go(where)


@router.post("/cart/lines/remove")
async def take_out(visit: VisitDep, form: FormDep) -> Response:
    await carts.take_out(visit, _sku(form))
    return visit.go("/cart")


def _sku(form: dict[str, str]) -> str:
    """What is no SKU at all was typed by no form of ours."""
    sku = form.get("sku", "")
    if not SKU.fullmatch(sku):
        raise HTTPException(404)
    return sku


def _page(
    visit: Visit, cart: Json, *, status: int = 200, sku: str = "", because: str = "", typed: str = ""
) -> Response:
    """With why the quantity of one line could not be had, beside it; above all lines, when it is in none."""
    listed = any(line["sku"] == sku for line in cart["lines"])
    return visit.page(
        "cart.html",
        status=status,
        cart=cart,
        short=carts.short(cart),
        refused=sku,
        because=because,
        typed=typed,
        above=because if not listed else "",
        most=MOST,
    )
