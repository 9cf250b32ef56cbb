"""The saga inspector: one order's life, drawn."""

import asyncio
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from storefront.api import Away, Json, Refused
from storefront.staff import StaffDep
from storefront.timeline import LANES, Told, moments
from storefront.visit import Visit

router = APIRouter()


@router.get("/office/orders/{order_id}/saga")
async def inspect(visit: StaffDep, order_id: UUID) -> Response:
    """Each service tells its own part; a part that cannot be had is named, and the rest is drawn."""
    order = await visit.ask("GET", f"/api/v1/staff/orders/{order_id}", own=True)
    of_order = {"order_id": str(order_id)}
    messages, hold, payments, deliveries = await asyncio.gather(
        _part(visit, f"/api/v1/staff/orders/{order_id}/messages"),
        _part(visit, f"/api/v1/staff/holds/{order_id}"),
        _part(visit, "/api/v1/staff/payments", **of_order),
        _part(visit, "/api/v1/staff/deliveries", **of_order),
    )
    parts = {"order's messages": messages, "payment": payments, "notification": deliveries}
    told = Told(order, _items(messages), hold or None, _items(payments), _items(deliveries))
    return visit.page(
        "office/saga.html",
        order=order,
        told=told,
        lanes=LANES,
        moments=moments(told),
        silent=[name for name, part in parts.items() if part is None] + (["product"] if hold is None else []),
    )


async def _part(visit: Visit, path: str, **params: str) -> Json | None:
    """{} where a service knows nothing of the order, None where it does not answer."""
    try:
        return await visit.ask("GET", path, own=True, params=params)
    except Refused as refused:
        if refused.status == 404:
            return {}
        raise
    except Away:
        return None


def _items(part: Json | None) -> list[Json]:
    return part.get("items", []) if part else []
