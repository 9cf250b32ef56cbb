"""Orders: path, verb, who may, what happens."""

from contextlib import nullcontext
from typing import Annotated
from uuid import UUID

from chassis.bounds import resting
from chassis.callers import SignedIn
from chassis.idempotency import REFUSALS as KEY_REFUSALS
from chassis.idempotency import (
    REPLAYED,
    IdempotencyKeyMissing,
    IdempotencyKeyReused,
    fingerprint,
    required_key,
)
from chassis.paging import BadCursor, Cursor, Limit, decode_cursor, encode_cursor
from chassis.problems import refusals
from chassis.schemas import Page
from fastapi import APIRouter, Depends, Query, Request, Response

from order_service.api.refusals import REFUSALS
from order_service.api.schemas import CheckoutBody, Nothing, OrderView
from order_service.domain.address import CardNumberInAddress, UnknownCountry
from order_service.domain.cart import CartAlreadyOrdered, CartEmpty, CartNotFound
from order_service.domain.hosted import ReturnUrlNotOurs
from order_service.domain.order import OrderNotFound, OrderOver
from order_service.domain.quote import LinesNotForSale, PriceChanged
from order_service.domain.shipping import UnknownShippingMethod
from order_service.use_cases.checkout_gate import ShopIsFull, TooManyCheckouts
from order_service.use_cases.place_order import Checkout
from order_service.wiring import CancelOrderDep, CartIdsDep, ListOrdersDep, PlaceOrderDep, SeeOrderDep

router = APIRouter()
SAID_NO = {**REFUSALS, **KEY_REFUSALS}
RequiredKey = Annotated[str, Depends(required_key)]


@router.post(
    "/api/v1/orders",
    status_code=202,
    responses=refusals(
        SAID_NO,
        IdempotencyKeyMissing,
        IdempotencyKeyReused,
        CartNotFound,
        CartAlreadyOrdered,
        CartEmpty,
        LinesNotForSale,
        PriceChanged,
        UnknownCountry,
        UnknownShippingMethod,
        CardNumberInAddress,
        ReturnUrlNotOurs,
        TooManyCheckouts,
        ShopIsFull,
    ),
)
async def place_order(
    body: CheckoutBody, caller: SignedIn, key: RequiredKey, place: PlaceOrderDep, ids: CartIdsDep, response: Response
) -> OrderView:
    """Buy a cart for exactly what was quoted. Stock and money are not certain yet: follow `Location`."""
    placed = await place(
        Checkout(
            user_id=caller.user_id,
            cart_id=ids.read(body.cart_id),
            address=body.address.to_address(),
            shipping_method=body.shipping_method,
            method_id=body.payment.method_id,
            return_url=body.payment.return_url,
            quote_hash=body.quote_hash,
            key=key,
            request_hash=fingerprint("POST", "orders", body.model_dump(mode="json", exclude_unset=True)),
        )
    )
    response.headers["Location"] = f"/api/v1/orders/{placed.order.id}"
    if placed.replayed:
        response.headers.update(REPLAYED)
    return OrderView.from_order(placed.order)


@router.get("/api/v1/orders", responses=refusals({BadCursor: (422, "invalid_cursor")}, BadCursor))
async def list_orders(
    caller: SignedIn, listed: ListOrdersDep, cursor: Cursor = None, limit: Limit = 20
) -> Page[OrderView]:
    """Your orders, newest first."""
    found, more = await listed(caller.user_id, before=_position(cursor), limit=limit)
    end = encode_cursor("orders", str(found[-1].id)) if more else None
    return Page(items=[OrderView.from_order(each) for each in found], next_cursor=end)


@router.get("/api/v1/orders/{order_id}", responses=refusals(REFUSALS, OrderNotFound))
async def see_order(
    order_id: UUID,
    caller: SignedIn,
    see: SeeOrderDep,
    request: Request,
    wait: Annotated[int, Query(ge=0, le=10, description="Seconds to wait for the order to be settled.")] = 0,
) -> OrderView:
    """One of your orders."""
    with resting(request.scope) if wait else nullcontext():
        return OrderView.from_order(await see(order_id, user_id=caller.user_id, wait=wait))


@router.post(
    "/api/v1/orders/{order_id}/cancel",
    status_code=202,
    responses=refusals(SAID_NO, IdempotencyKeyMissing, IdempotencyKeyReused, OrderNotFound, OrderOver),
)
async def cancel_order(
    order_id: UUID, _body: Nothing, caller: SignedIn, key: RequiredKey, cancel: CancelOrderDep, response: Response
) -> OrderView:
    """Ask for the end of an order; what was paid comes back."""
    cancelled = await cancel(order_id, user_id=caller.user_id, key=key)
    if cancelled.replayed:
        response.headers.update(REPLAYED)
    return OrderView.from_order(cancelled.order)


def _position(cursor: str | None) -> UUID | None:
    if cursor is None:
        return None
    (last,) = decode_cursor("orders", cursor, str)
    try:
        return UUID(str(last))
    except ValueError:
        raise BadCursor from None
