"""The account at a glance, and who one is."""

import asyncio
import re

from fastapi import APIRouter
from starlette.responses import Response

from storefront.api import Away, Json, Refused
from storefront.doorway import FormDep, VisitDep
from storefront.visit import Visit
from storefront.wording import PROFILE, beside

router = APIRouter()
LOCALES = {
    "en": "English",
    "en-GB": "English (United Kingdom)",
    "en-US": "English (United States)",
    "de": "German",
    "fr": "French",
    "es": "Spanish",
    "it": "Italian",
    "nl": "Dutch",
    "pl": "Polish",
}


@router.get("/account")
async def overview(visit: VisitDep) -> Response:
    """What cannot be had now is left out."""
    await visit.signed_in()
    news, addresses, cards = await asyncio.gather(
        _part(visit, "/api/v1/notifications", limit=1),
        _part(visit, "/api/v1/me/addresses"),
        _part(visit, "/api/v1/payment-methods"),
    )
    home = next((each for each in addresses["items"] if each["default"]), None) if addresses else None
    whole = news is not None and addresses is not None and cards is not None
    return visit.page("account/overview.html", news=news, home=home, addresses=addresses, cards=cards, whole=whole)


async def _part(visit: Visit, path: str, **params: object) -> Json | None:
    try:
        return await visit.ask("GET", path, own=True, params=params)
    except Away:
        return None


@router.get("/account/profile")
async def profile_page(visit: VisitDep) -> Response:
    me = await visit.ask("GET", "/api/v1/me", own=True)
    return visit.page(
        "account/profile.html",
        email=me["email"],
        locales=_locales(me["locale"]),
        typed=me | {"phone": me["phone"] or ""},
        wrong={},
    )


@router.post("/account/profile")
async def change_profile(visit: VisitDep, form: FormDep) -> Response:
    phone = re.sub(r"[\s()/.-]", "", form.get("phone", ""))
    body = {"name": form.get("name", ""), "locale": form.get("locale", "en"), "phone": phone or None}
    try:
        me = await visit.ask("PATCH", "/api/v1/me", own=True, body=body)
    except Refused as refused:
        if refused.status != 422:
            raise
        facts = {"email": (await visit.signed_in()).email, "locales": _locales(body["locale"])}
        wrong = beside(refused, PROFILE)
        return visit.page("account/profile.html", status=422, typed=form, wrong=wrong, **facts)
    visit.rename(me["name"])
    visit.say(good="Saved.")
    return visit.go("/account/profile")


def _locales(chosen: str) -> dict[str, str]:
    """The usual ones, and the one that is chosen already."""
    return LOCALES if chosen in LOCALES else {**LOCALES, chosen: chosen}
