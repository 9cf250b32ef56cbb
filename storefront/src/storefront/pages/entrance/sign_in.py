"""Coming in and going out."""

from contextlib import suppress

from fastapi import APIRouter
from starlette.responses import Response

from storefront import carts
from storefront.api import Away, Json, Refused
from storefront.doorway import FormDep, VisitDep
from storefront.visit import SignInNeeded, Visit, way_back
from storefront.wording import pause

router = APIRouter()
NO_MATCH = "We know no account with this address and this password. Look at both, or choose a new password."
CLOSED = "This account was closed. If you do not know why, write to us."
UNPROVEN = "This address has to be confirmed first, by the link in the mail that we have sent to it."
NOT_NOW = "We cannot look this up at the moment. Your cart is kept: please try again in a minute."
LATER = "These were many tries. To keep guessers out, the next one is possible in {pause}."
WHERE_TO = "next"


@router.get("/sign-in")
async def sign_in_page(visit: VisitDep, next: str = "") -> Response:  # noqa: A002 - the name that addresses show
    """Whoever is signed in already is led on."""
    to = way_back(next or visit.request.cookies.get(visit.cookie(WHERE_TO)))
    if visit.session is not None:
        return visit.go(to)
    return visit.page("entrance/sign_in.html", to=to, typed={}, wrong={}, unproven=False)


@router.post("/sign-in")
async def sign_in(visit: VisitDep, form: FormDep) -> Response:
    to = way_back(form.get("next"))
    if visit.session is not None:
        return visit.go(to)
    try:
        grant = await open_session(visit, form)
    except (Refused, Away) as fault:
        return kept_out(visit, fault, "entrance/sign_in.html", form=form, to=to)
    visit.begin_session(grant)
    visit.forget(WHERE_TO)
    await carts.bring_along(visit)
    return visit.go(to)


@router.post("/sign-out")
async def sign_out(visit: VisitDep) -> Response:
    """Here it works even while the shop cannot be asked; there the session then ends by itself."""
    if visit.session is not None:
        await end_session(visit)
        visit.put_cart_away()
    visit.say(good="You are signed out. Until soon.")
    return visit.go("/")


async def open_session(visit: Visit, form: dict[str, str]) -> Json:
    """What the shop grants to whoever knows address and password. Raises Refused, Away."""
    body = {"email": form.get("email", ""), "password": form.get("password", "")}
    return await visit.ask("POST", "/api/v1/sessions", body=body)


async def end_session(visit: Visit) -> None:
    with suppress(Refused, Away, SignInNeeded):
        await visit.ask("DELETE", "/api/v1/sessions/current", own=True)
    visit.session_ended()


def kept_out(visit: Visit, fault: Refused | Away, template: str, *, form: dict[str, str], to: str) -> Response:
    """The same words for an unknown address and for a wrong password."""
    status, because, unproven = 422, NO_MATCH, False
    if isinstance(fault, Away):
        status, because = 503, NOT_NOW
    elif fault.slug == "email_not_verified":
        because, unproven = UNPROVEN, True
    elif fault.slug == "account_disabled":
        because = CLOSED
    elif fault.status == 429:
        status, because = 429, LATER.format(pause=pause(fault))
    return visit.page(template, status=status, to=to, typed=form, wrong={"email": because}, unproven=unproven)
