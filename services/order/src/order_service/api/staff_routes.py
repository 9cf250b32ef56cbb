"""Orders, for staff: path, verb, who may, what happens."""

from datetime import UTC, datetime
from typing import Annotated, Literal
from uuid import UUID

from chassis.callers import SignedIn
from chassis.idempotency import REFUSALS as KEY_REFUSALS
from chassis.idempotency import REPLAYED, IdempotencyKeyMissing, IdempotencyKeyReused, fingerprint, required_key
from chassis.paging import BadCursor, Cursor, Limit, decode_cursor, encode_cursor
from chassis.problems import refusals
from chassis.schemas import Page
from fastapi import APIRouter, Depends, Query, Response

from order_service.api.refusals import REFUSALS
from order_service.api.schemas import Nothing, OrderView
from order_service.api.staff_schemas import (
    MessageList,
    MessageView,
    Number,
    Parcel,
    PlacedFrom,
    PlacedTo,
    RefundBody,
    RefundedView,
    RefundView,
    StaffOrderView,
)
from order_service.domain.order import OrderNotFound, OrderOver
from order_service.domain.refund import NotBought, NotShipped, RefundTooMuch
from order_service.domain.refunding import NotRefundable
from order_service.domain.states import State
from order_service.ports import OrderFilter, Place
from order_service.use_cases.after_the_sale import NotDeliverable, NotShippable
from order_service.use_cases.see_figures import OVERDUE_AFTER
from order_service.wiring import (
    CancelAnyOrderDep,
    DeliverOrderDep,
    FindOrdersDep,
    RefundOrderDep,
    SeeAnyOrderDep,
    SeeMessagesDep,
    ShipOrderDep,
    WorldDep,
)

router = APIRouter()
SAID_NO = {**KEY_REFUSALS, **REFUSALS, BadCursor: (422, "invalid_cursor")}
KEYED = (IdempotencyKeyMissing, IdempotencyKeyReused)
RequiredKey = Annotated[str, Depends(required_key)]
Sort = Literal["newest", "oldest"]


@router.get("/api/v1/staff/orders", responses=refusals(SAID_NO, BadCursor))
async def find_orders(
    _staff: SignedIn,
    find: FindOrdersDep,
    world: WorldDep,
    *,
    state: State | None = None,
    customer: UUID | None = None,
    number: Number = None,
    placed_from: PlacedFrom = None,
    placed_to: PlacedTo = None,
    overdue: Annotated[bool, Query(description="Those that nobody has answered in time.")] = False,
    needs_review: bool | None = None,
    sort: Sort = "newest",
    cursor: Cursor = None,
    limit: Limit = 20,
) -> Page[StaffOrderView]:
    """Orders of everybody, by the time they were placed."""
    wanted = OrderFilter(
        state=state,
        user_id=customer,
        number=number,
        placed_from=placed_from,
        placed_to=placed_to,
        due_before=world.clock.now() - OVERDUE_AFTER if overdue else None,
        needs_review=needs_review,
    )
    after = _place(cursor, sort)
    found, more = await find(wanted, after=after, oldest_first=sort == "oldest", limit=limit)
    return Page(
        items=[StaffOrderView.from_order(each) for each in found],
        next_cursor=_cursor(Place(found[-1].placed_at, found[-1].id), sort) if more else None,
    )


@router.get("/api/v1/staff/orders/{order_id}", responses=refusals(SAID_NO, OrderNotFound))
async def see_any_order(order_id: UUID, _staff: SignedIn, see: SeeAnyOrderDep) -> StaffOrderView:
    """An order with all its steps and refunds."""
    return StaffOrderView.from_order(await see(order_id))


@router.get("/api/v1/staff/orders/{order_id}/messages", responses=refusals(SAID_NO, OrderNotFound))
async def see_messages(order_id: UUID, _staff: SignedIn, see: SeeMessagesDep) -> MessageList:
    """What the order has said to others, and whether it has left. Answers that moved it are among its transitions.

    Of an order that waits for nobody, what left more than a day ago is not kept.
    """
    return MessageList(items=[MessageView.from_kept(each) for each in await see(order_id)])


@router.post("/api/v1/staff/orders/{order_id}/ship", responses=refusals(SAID_NO, OrderNotFound, NotShippable))
async def ship_order(order_id: UUID, body: Parcel, _staff: SignedIn, ship: ShipOrderDep) -> StaffOrderView:
    """The parcel has left. The same parcel again changes nothing."""
    return StaffOrderView.from_order(await ship(order_id, carrier=body.carrier, tracking=body.tracking))


@router.post("/api/v1/staff/orders/{order_id}/deliver", responses=refusals(SAID_NO, OrderNotFound, NotDeliverable))
async def deliver_order(order_id: UUID, _body: Nothing, _staff: SignedIn, deliver: DeliverOrderDep) -> StaffOrderView:
    """The parcel has arrived. Said again, nothing changes."""
    return StaffOrderView.from_order(await deliver(order_id))


@router.post(
    "/api/v1/staff/orders/{order_id}/refunds",
    status_code=202,
    responses=refusals(SAID_NO, *KEYED, OrderNotFound, NotRefundable, RefundTooMuch, NotBought, NotShipped),
)
async def refund_order(
    order_id: UUID, body: RefundBody, staff: SignedIn, key: RequiredKey, refund: RefundOrderDep, response: Response
) -> RefundedView:
    """Give money back, and say which goods go back on the shelf. The money is certain when the order says so."""
    request = fingerprint("POST", f"staff/orders/{order_id}/refunds", body.model_dump(mode="json", exclude_unset=True))
    done = await refund(order_id, body.to_wish(), by=staff.user_id, key=key, request_hash=request)
    if done.replayed:
        response.headers.update(REPLAYED)
    return RefundedView(refund=RefundView.from_refund(done.refund), order=OrderView.from_order(done.order))


@router.post(
    "/api/v1/staff/orders/{order_id}/cancel",
    status_code=202,
    responses=refusals(SAID_NO, *KEYED, OrderNotFound, OrderOver),
)
async def cancel_any_order(
    order_id: UUID, _body: Nothing, staff: SignedIn, key: RequiredKey, cancel: CancelAnyOrderDep, response: Response
) -> OrderView:
    """End an order that has not been shipped; what was paid comes back."""
    cancelled = await cancel(order_id, staff_id=staff.user_id, key=key)
    if cancelled.replayed:
        response.headers.update(REPLAYED)
    return OrderView.from_order(cancelled.order)


def _cursor(place: Place, sort: Sort) -> str:
    return encode_cursor(f"staff-orders-{sort}", round(place.placed_at.timestamp() * 1000), str(place.order_id))


def _place(cursor: str | None, sort: Sort) -> Place | None:
    if cursor is None:
        return None
    milliseconds, order_id = decode_cursor(f"staff-orders-{sort}", cursor, int, str)
    try:
        return Place(datetime.fromtimestamp(int(milliseconds) / 1000, UTC), UUID(str(order_id)))
    except (ValueError, OverflowError, OSError):
        raise BadCursor from None
