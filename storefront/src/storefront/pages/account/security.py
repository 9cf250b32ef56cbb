"""Where one is signed in, and the password."""

from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from storefront.api import Json, Refused
from storefront.devices import device_name
from storefront.doorway import FormDep, VisitDep
from storefront.visit import Visit
from storefront.wording import PROFILE, beside, pause

router = APIRouter()
SECURITY = "/account/security"
PATH = "/api/v1/sessions"
MOST_PAGES = 10
GUESSES = "These were many tries. The next one is possible in {pause}."


@router.get(SECURITY)
async def security(visit: VisitDep, cursor: str = "") -> Response:
    page = await visit.ask("GET", PATH, own=True, params={"cursor": cursor} if cursor else None)
    sessions = [each | {"device": device_name(each["device"])} for each in page["items"]]
    return visit.page("account/security.html", sessions=sessions, next_cursor=page.get("next_cursor"))


@router.post(SECURITY + "/sessions/{session_id}/end")
async def end_one(visit: VisitDep, session_id: UUID) -> Response:
    await _end(visit, str(session_id))
    visit.say(good="That device is signed out.")
    return visit.go(SECURITY)


@router.post(f"{SECURITY}/sessions/end-others")
async def end_others(visit: VisitDep) -> Response:
    for each in await _others(visit):
        await _end(visit, each["id"])
    visit.say(good="You are signed in here only.")
    return visit.go(SECURITY)


@router.get(f"{SECURITY}/password")
async def password_page(visit: VisitDep) -> Response:
    await visit.signed_in()
    return visit.page("account/password.html", wrong={})


@router.post(f"{SECURITY}/password")
async def change_password(visit: VisitDep, form: FormDep) -> Response:
    body = {name: form.get(name, "") for name in ("current_password", "new_password")}
    try:
        await visit.ask("POST", "/api/v1/me/password", own=True, body=body)
    except Refused as refused:
        if refused.status not in {422, 429}:
            raise
        return visit.page("account/password.html", status=refused.status, wrong=_wrong(refused))
    visit.say(good="Your password is changed. Every other device is signed out.")
    return visit.go(SECURITY)


def _wrong(refused: Refused) -> dict[str, str]:
    if refused.status == 429:
        return {"current_password": GUESSES.format(pause=pause(refused))}
    if refused.slug == "wrong_password":
        return {"current_password": "This is not the password that you have now."}
    found = beside(refused, PROFILE)
    return {"new_password" if name == "password" else name: message for name, message in found.items()}


async def _others(visit: Visit) -> list[Json]:
    found: list[Json] = []
    cursor: str | None = None
    for _ in range(MOST_PAGES):
        page = await visit.ask("GET", PATH, own=True, params={"cursor": cursor} if cursor else None)
        found += [each for each in page["items"] if not each["current"]]
        cursor = page.get("next_cursor")
        if cursor is None:
            break
    return found


async def _end(visit: Visit, session_id: str) -> None:
    """One that has ended already is as good."""
    try:
        await visit.ask("DELETE", f"{PATH}/{session_id}", own=True)
    except Refused as refused:
        if refused.status != 404:
            raise
