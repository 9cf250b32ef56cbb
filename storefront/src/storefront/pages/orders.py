"""One's orders: the list, one of them with its life, and the way to the payment page."""

from collections.abc import Awaitable, Callable
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header, Query
from starlette.responses import Response

from storefront import carts, telling
from storefront.api import Away, Json, Refused
from storefront.countries import name_of
from storefront.doorway import VisitDep
from storefront.live import LiveResponse, follow
from storefront.visit import Visit

router = APIRouter()
SHOWN = 10
LOOK_SECONDS = 3
MARGIN_SECONDS = 2.0
MAX_STEP = 10_000


@router.get("/account/orders")
async def list_orders(visit: VisitDep, cursor: str | None = None) -> Response:
    params = {"limit": SHOWN, **({"cursor": cursor} if cursor else {})}
    try:
        found = await visit.ask("GET", "/api/v1/orders", own=True, params=params)
    except Refused as refused:
        if refused.slug != "invalid_cursor":
            raise
        return visit.go("/account/orders")
    orders = [
        {**each, "mark": telling.mark_of(each), "told": telling.name_of(each["state"])} for each in found["items"]
    ]
    return visit.page("orders/list.html", orders=orders, next_cursor=found["next_cursor"], first=cursor is None)


@router.get("/account/orders/{order_id}")
async def see_order_of_account(visit: VisitDep, order_id: UUID) -> Response:
    return visit.go(f"/orders/{order_id}")


@router.get("/orders/{order_id}")
async def see_order(visit: VisitDep, order_id: UUID, payment: str = "") -> Response:
    """`payment` is what the payment page has said: a hint, and proof of nothing."""
    return await _page(visit, order_id, hint=payment)


@router.get("/orders/{order_id}/thanks")
async def thank(visit: VisitDep, order_id: UUID) -> Response:
    return await _page(visit, order_id)


@router.get("/orders/{order_id}/pay")
async def go_and_pay(visit: VisitDep, order_id: UUID) -> Response:
    """To the payment page, as soon as there is one. Not by a redirect: this follows a form of ours, and browsers hold
    whatever follows a form to the addresses that forms may go to."""
    path = f"/api/v1/orders/{order_id}"
    order = await visit.ask("GET", path, own=True, params={"wait": LOOK_SECONDS}, seconds=LOOK_SECONDS + MARGIN_SECONDS)
    if order["state"] not in {"PENDING", "RESERVED", "AWAITING_CUSTOMER"}:
        return visit.go(f"/orders/{order_id}")
    return visit.page("orders/pay.html", order=order)


@router.post("/orders/{order_id}/cancel")
async def cancel(visit: VisitDep, order_id: UUID) -> Response:
    """One key for each order: it can be cancelled once, from however many pages."""
    path = f"/api/v1/orders/{order_id}/cancel"
    try:
        await visit.ask("POST", path, own=True, body={}, key=f"cancel-{order_id}")
    except Refused as refused:
        if refused.slug != "order_over":
            raise
        visit.say(bad="It is too late to cancel this one. See below how far it is.")
    return visit.go(f"/orders/{order_id}")


@router.get("/orders/{order_id}/live")
async def watch(
    visit: VisitDep,
    order_id: UUID,
    after: Annotated[int, Query(ge=0, le=MAX_STEP)] = 0,
    last_event_id: Annotated[str, Header()] = "",
    payment: str = "",
) -> Response:
    """Server-sent events: each step after `Last-Event-ID`, or `after`, and what the page shows then."""
    known = int(last_event_id) if last_event_id.isdecimal() else after
    ask = await _asker(visit)
    path = f"/api/v1/orders/{order_id}"
    order = await ask(path)
    if order["state"] not in telling.UNDER_WAY and known >= len(order["history"]):
        return visit.sent(Response(status_code=204))  # which tells a browser not to come back

    async def look() -> Json:
        return await ask(path)

    async def show(order: Json) -> str:
        facts = await facts_of(visit, order, hint=payment, ask=ask)
        return visit.front.renderer.render("parts/life.html", {"visit": visit, **facts})

    fresh_until = visit.session.fresh_until if visit.session else 0.0
    events = follow(order, known=known, look=look, show=show, front=visit.front, until=fresh_until)
    return visit.sent(LiveResponse(events))


async def facts_of(visit: Visit, order: Json, *, hint: str = "", ask: Callable[[str], Awaitable[Json]]) -> Json:
    """What `parts/life.html` tells of an order. A page that stays open asks by its own `ask`."""
    sold_out: tuple[str, ...] = ()
    if order["cancel_reason"] == "OUT_OF_STOCK":
        sold_out = await _sold_out(order, ask)
    name = visit.session.name.split()[0] if visit.session and visit.session.name else "you"
    state = order["state"]
    return {
        "order": order,
        "hint": hint,
        "headline": telling.headline(order, name=name, hint=hint, sold_out=sold_out),
        "timeline": telling.timeline(order),
        "under_way": state in telling.UNDER_WAY,
        "cancellable": state in telling.CANCELLABLE and not order["cancel_requested"],
        "retry": state == "CANCELLED" and order["cancel_reason"] in {"PAYMENT_DECLINED", "OUT_OF_STOCK", "TIMED_OUT"},
    }


async def _page(visit: Visit, order_id: UUID, *, hint: str = "") -> Response:
    async def ask(path: str) -> Json:
        return await visit.ask("GET", path, own=True)

    order = await ask(f"/api/v1/orders/{order_id}")
    facts = await facts_of(visit, order, hint=hint, ask=ask)
    return visit.page("orders/order.html", country=name_of(order["address"]["country"]), **facts)


async def _sold_out(order: Json, ask: Callable[[str], Awaitable[Json]]) -> tuple[str, ...]:
    """The cart has come back, and knows what there is less of than it wants."""
    try:
        cart = await ask("/api/v1/cart")
    except Away:
        return ()
    bought = {line["sku"] for line in order["lines"]}
    return tuple(line["name"] for line in carts.short(cart) if line["sku"] in bought)


async def _asker(visit: Visit) -> Callable[[str], Awaitable[Json]]:
    """Asks as who is signed in, and never renews the session: an answer that has begun can set no cookie."""
    headers = await visit.stream_headers()

    async def ask(path: str) -> Json:
        return (await visit.front.api.ask("GET", path, headers=headers)).body

    return ask
