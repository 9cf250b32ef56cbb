"""Carts and quotes: path, verb, who may, what happens."""

from typing import Annotated

from chassis.callers import MaybeSignedIn, SignedIn
from chassis.problems import refusals
from fastapi import APIRouter, Path, Query

from order_service.api.refusals import REFUSALS
from order_service.api.schemas import (
    CartMerge,
    CartView,
    Country,
    Currency,
    NewCart,
    Quantity,
    QuoteRequest,
    QuoteView,
    ShippingMethodList,
    ShippingMethodView,
    Sku,
)
from order_service.domain.address import UnknownCountry
from order_service.domain.cart import CartAlreadyOrdered, CartEmpty, CartFull, CartNotFound, CurrencyDiffers
from order_service.domain.quote import LinesNotForSale
from order_service.domain.shipping import UnknownShippingMethod, methods_for
from order_service.wiring import (
    CartIdsDep,
    CurrentCartDep,
    FindCartDep,
    LookAtCartDep,
    MakeQuoteDep,
    MergeCartDep,
    OpenCartDep,
    PutLineDep,
    RemoveLineDep,
)

router = APIRouter()
SignedId = Annotated[str, Path(max_length=100)]
LineSku = Annotated[Sku, Path()]


@router.post("/api/v1/carts", status_code=201)
async def open_cart(
    body: NewCart, caller: MaybeSignedIn, carts: OpenCartDep, ids: CartIdsDep, look: LookAtCartDep
) -> CartView:
    """A new cart: your own when signed in, otherwise of whoever knows its id."""
    cart = await carts(user_id=caller.user_id if caller else None, currency=body.currency)
    return CartView.from_seen(await look(cart), signed_id=ids.sign(cart.id))


@router.get("/api/v1/carts/{cart_id}", responses=refusals(REFUSALS, CartNotFound))
async def see_cart(
    cart_id: SignedId, caller: MaybeSignedIn, find: FindCartDep, ids: CartIdsDep, look: LookAtCartDep
) -> CartView:
    """A cart with today's prices."""
    cart = await find(ids.read(cart_id), user_id=caller.user_id if caller else None)
    return CartView.from_seen(await look(cart), signed_id=cart_id)


@router.put(
    "/api/v1/carts/{cart_id}/lines/{sku}",
    responses=refusals(REFUSALS, CartNotFound, CartAlreadyOrdered, CartFull, LinesNotForSale),
)
async def put_line(
    cart_id: SignedId,
    sku: LineSku,
    body: Quantity,
    caller: MaybeSignedIn,
    put: PutLineDep,
    ids: CartIdsDep,
    look: LookAtCartDep,
) -> CartView:
    """Set how many of a SKU."""
    user_id = caller.user_id if caller else None
    cart = await put(ids.read(cart_id), sku=sku, quantity=body.quantity, user_id=user_id)
    return CartView.from_seen(await look(cart), signed_id=cart_id)


@router.delete("/api/v1/carts/{cart_id}/lines/{sku}", responses=refusals(REFUSALS, CartNotFound, CartAlreadyOrdered))
async def remove_line(
    cart_id: SignedId,
    sku: LineSku,
    caller: MaybeSignedIn,
    remove: RemoveLineDep,
    ids: CartIdsDep,
    look: LookAtCartDep,
) -> CartView:
    """Take a SKU out."""
    cart = await remove(ids.read(cart_id), sku=sku, user_id=caller.user_id if caller else None)
    return CartView.from_seen(await look(cart), signed_id=cart_id)


@router.get("/api/v1/cart")
async def see_current_cart(caller: SignedIn, current: CurrentCartDep, ids: CartIdsDep, look: LookAtCartDep) -> CartView:
    """Your cart; made when there is none."""
    cart = await current(caller.user_id)
    return CartView.from_seen(await look(cart), signed_id=ids.sign(cart.id))


@router.post("/api/v1/cart/merge", responses=refusals(REFUSALS, CartNotFound, CartAlreadyOrdered, CurrencyDiffers))
async def merge_cart(
    body: CartMerge, caller: SignedIn, merge: MergeCartDep, ids: CartIdsDep, look: LookAtCartDep
) -> CartView:
    """Bring the lines of an anonymous cart into yours; asked again, nothing is added again."""
    cart = await merge(ids.read(body.cart_id), user_id=caller.user_id)
    return CartView.from_seen(await look(cart), signed_id=ids.sign(cart.id))


@router.get("/api/v1/shipping-methods", responses=refusals(REFUSALS, UnknownCountry))
async def list_shipping_methods(
    country: Annotated[Country, Query(description="ISO 3166-1 alpha-2.")], currency: Currency = "EUR"
) -> ShippingMethodList:
    """Ways to send a parcel there, cheapest first."""
    return ShippingMethodList(items=[ShippingMethodView.from_method(each, currency) for each in methods_for(country)])


@router.post(
    "/api/v1/quotes",
    responses=refusals(REFUSALS, CartNotFound, CartEmpty, LinesNotForSale, UnknownCountry, UnknownShippingMethod),
)
async def make_quote(body: QuoteRequest, caller: MaybeSignedIn, quote: MakeQuoteDep, ids: CartIdsDep) -> QuoteView:
    """What a cart costs, delivered. Its hash is what a checkout agrees to."""
    found = await quote(
        ids.read(body.cart_id),
        country=body.country,
        shipping_method=body.shipping_method,
        user_id=caller.user_id if caller else None,
    )
    return QuoteView.model_validate(found.shown())
