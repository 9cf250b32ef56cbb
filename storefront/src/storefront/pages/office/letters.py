"""Dead letters: what nobody could handle, looked at, and given a new life."""

import asyncio

from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.responses import Response

from storefront.api import Away, Json, Refused
from storefront.doorway import FormDep
from storefront.staff import StaffDep
from storefront.visit import Visit

router = APIRouter()
SERVICES = ("user", "product", "order", "payment", "notification")
SHOWN = 20
MOST = 1_000


@router.get("/office/dead-letters")
async def dead_letters(visit: StaffDep) -> Response:
    """Of every service that answers."""
    found = await asyncio.gather(*(_of(visit, service) for service in SERVICES))
    return visit.page("office/letters.html", letters=dict(zip(SERVICES, found, strict=True)), shown=SHOWN)


@router.post("/office/dead-letters/{service}/redrive")
async def redrive(visit: StaffDep, form: FormDep, service: str) -> Response:
    """Put back at the end of the queue, once each: who has had its effect already is recognised by its id."""
    if service not in SERVICES:
        raise HTTPException(404)
    limit = form.get("limit", "")
    body = {"limit": min(int(limit), MOST) if limit.isdigit() else SHOWN}
    try:
        moved = await visit.ask("POST", f"/api/v1/staff/dead-letters/{service}/redrive", own=True, body=body)
        visit.say(good=f"{moved['moved']} put back for {service}.")
    except Refused as refused:
        visit.say(bad=f"Not done. {refused.detail}")
    return visit.go("/office/dead-letters")


async def _of(visit: Visit, service: str) -> Json | None:
    try:
        return await visit.ask("GET", f"/api/v1/staff/dead-letters/{service}", own=True, params={"limit": SHOWN})
    except (Away, Refused):
        return None
