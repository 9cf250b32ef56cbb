"""Orders of everybody: found, shipped, delivered, cancelled, refunded."""

from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from storefront.api import Json, Refused
from storefront.doorway import FormDep
from storefront.staff import StaffDep
from storefront.visit import Visit

router = APIRouter()
STATES = (
    "PENDING",
    "RESERVED",
    "AWAITING_CUSTOMER",
    "AUTHORIZED",
    "COMMITTED",
    "CONFIRMED",
    "SHIPPED",
    "DELIVERED",
    "REFUNDING",
    "REFUNDED",
    "CANCELLING",
    "CANCELLED",
)
SHOWN = 25


@router.get("/office/orders")
async def find_orders(
    visit: StaffDep, number: str = "", state: str = "", attention: str = "", sort: str = "newest", cursor: str = ""
) -> Response:
    """A page of them; `attention` is `overdue` or `review`."""
    asked = {"number": number.strip().upper()[:20], "state": state if state in STATES else "", "cursor": cursor}
    params: dict[str, object] = {name: value for name, value in asked.items() if value}
    params |= {"limit": SHOWN, "sort": "oldest" if sort == "oldest" else "newest"}
    if attention == "overdue":
        params["overdue"] = "true"
    if attention == "review":
        params["needs_review"] = "true"
    wrong = ""
    found: Json = {"items": [], "next_cursor": None}
    try:
        found = await visit.ask("GET", "/api/v1/staff/orders", own=True, params=params)
    except Refused as refused:
        if refused.status != 422:
            raise
        wrong = "That is no number of an order: they look like M-7K2P-9QXA."
    return visit.page(
        "office/orders.html",
        found_orders=found["items"],
        next_cursor=found["next_cursor"],
        wrong=wrong,
        number=number,
        state=state,
        attention=attention,
        sort=sort,
        states=STATES,
    )


@router.get("/office/orders/{order_id}")
async def see_order(visit: StaffDep, order_id: UUID) -> Response:
    """Everything about one order, and what can be done with it now."""
    order = await visit.ask("GET", f"/api/v1/staff/orders/{order_id}", own=True)
    return visit.page("office/order.html", order=order, key=visit.front.world.ids.uuid7())


@router.post("/office/orders/{order_id}/ship")
async def ship(visit: StaffDep, form: FormDep, order_id: UUID) -> Response:
    body = {"carrier": form.get("carrier", ""), "tracking": form.get("tracking", "")}
    return await _act(visit, order_id, "ship", "It is on its way.", body=body)


@router.post("/office/orders/{order_id}/deliver")
async def deliver(visit: StaffDep, order_id: UUID) -> Response:
    return await _act(visit, order_id, "deliver", "Noted as delivered.", body={})


@router.post("/office/orders/{order_id}/cancel")
async def cancel(visit: StaffDep, form: FormDep, order_id: UUID) -> Response:
    """The form's key makes a second press the same wish."""
    said = "It is being cancelled: stock and money go back where they came from."
    return await _act(visit, order_id, "cancel", said, body={}, key=form.get("key", ""))


@router.post("/office/orders/{order_id}/refund")
async def refund(visit: StaffDep, form: FormDep, order_id: UUID) -> Response:
    """An amount as people write it, or all that is left; with `restock` the goods go back on the shelf."""
    order = await visit.ask("GET", f"/api/v1/staff/orders/{order_id}", own=True)
    body: dict[str, object] = {"reason": form.get("reason", "")}
    if form.get("amount"):
        amount = minor_units(form["amount"], order["currency"])
        if amount is None:
            visit.say(bad="Write the amount like 12.50.")
            return visit.go(f"/office/orders/{order_id}")
        body["amount"] = amount
    if form.get("restock"):
        body["restock"] = [{"sku": line["sku"], "quantity": line["quantity"]} for line in order["lines"]]
    return await _act(visit, order_id, "refunds", "The refund is under way.", body=body, key=form.get("key", ""))


def minor_units(text: str, currency: str) -> int | None:
    """`12.50` EUR is 1250. None for what is no amount, or finer than the currency is."""
    decimals = 0 if currency == "JPY" else 2
    whole, _, part = text.replace(",", ".").partition(".")
    if not whole.isascii() or not whole.isdigit() or len(whole) > 9 or len(part) > decimals:
        return None
    if part and not (part.isascii() and part.isdigit()):
        return None
    return int(whole) * 10**decimals + int(part.ljust(decimals, "0") or 0)


async def _act(visit: Visit, order_id: UUID, act: str, said: str, *, body: object, key: str | None = None) -> Response:
    """One wish about an order; a refusal is told on its page."""
    try:
        await visit.ask("POST", f"/api/v1/staff/orders/{order_id}/{act}", own=True, body=body, key=key)
        visit.say(good=said)
    except Refused as refused:
        if refused.status == 404:
            raise
        visit.say(bad=f"Not done. {refused.told}")
    return visit.go(f"/office/orders/{order_id}")
