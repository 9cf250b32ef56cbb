"""What one was told, and how one wants to be told."""

import asyncio
from contextlib import suppress

from fastapi import APIRouter
from starlette.responses import Response

from storefront.api import Away, Json, Refused
from storefront.doorway import FormDep, VisitDep
from storefront.visit import Visit

router = APIRouter()
FEED = "/api/v1/notifications"
PREFERENCES = "/api/v1/notification-preferences"
SHOWN = 20
KINDS = {
    "order_confirmed": ("An order is confirmed", "Paid, set aside, and soon on its way."),
    "order_cancelled": ("An order is cancelled", "Why, and what becomes of the money."),
    "order_shipped": ("A parcel is on its way", "With its number, to follow it."),
    "order_refunded": ("Money comes back", "How much, and to which card."),
    "security_alert": ("Something happened to your account", "A new password, or somebody signed out."),
}


@router.get("/account/messages")
async def messages(visit: VisitDep, cursor: str = "") -> Response:
    """Seen is read; what was new is marked on this one page still."""
    params: Json = {"limit": SHOWN} | ({"cursor": cursor} if cursor else {})
    feed = await visit.ask("GET", FEED, own=True, params=params)
    if feed["unread"] and feed["items"] and not cursor:
        await _read(visit, feed["newest"])
    return visit.page("account/messages.html", feed=feed, cursor=cursor)


async def _read(visit: Visit, up_to: int) -> None:
    """They are new once more next time if this does not come through."""
    with suppress(Refused, Away):
        await visit.ask("POST", f"{FEED}/read", own=True, body={"up_to": up_to})


@router.get("/account/preferences")
async def preferences_page(visit: VisitDep) -> Response:
    wishes, me = await asyncio.gather(
        visit.ask("GET", PREFERENCES, own=True),
        visit.ask("GET", "/api/v1/me", own=True),
    )
    return visit.page("account/preferences.html", wishes=wishes["items"], me=me, kinds=KINDS)


@router.post("/account/preferences")
async def change_preferences(visit: VisitDep, form: FormDep) -> Response:
    """All of them at once, as the page showed them."""
    wishes = (await visit.ask("GET", PREFERENCES, own=True))["items"]
    items = [_wish(each, form) for each in wishes]
    await visit.ask("PUT", PREFERENCES, own=True, body={"items": items})
    visit.say(good="Saved. It holds for everything that we tell you from now on.")
    return visit.go("/account/preferences")


def _wish(usual: Json, form: dict[str, str]) -> Json:
    kind = usual["kind"]
    by_mail = usual["must_be_mailed"] or form.get(f"email-{kind}") == "on"
    return {"kind": kind, "email": by_mail, "sms": form.get(f"sms-{kind}") == "on"}
