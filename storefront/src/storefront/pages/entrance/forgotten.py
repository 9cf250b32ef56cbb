"""A forgotten password, and a new one by the link in a mail."""

from fastapi import APIRouter
from starlette.responses import Response

from storefront.api import Refused
from storefront.doorway import FormDep, VisitDep
from storefront.wording import PROFILE, beside, pause

router = APIRouter()
MANY = "We have sent links already. Please look into your mail, or try again in {pause}."


@router.get("/forgotten-password")
async def forgotten_page(visit: VisitDep) -> Response:
    return visit.page("entrance/forgotten.html", typed={}, wrong={})


@router.post("/forgotten-password")
async def forgotten(visit: VisitDep, form: FormDep) -> Response:
    """The answer is the same whether the address is known or not."""
    try:
        await visit.ask("POST", "/api/v1/users/password-resets", body={"email": form.get("email", "")})
    except Refused as refused:
        if refused.status not in {422, 429}:
            raise
        many = refused.status == 429
        wrong = {"email": MANY.format(pause=pause(refused))} if many else beside(refused, PROFILE)
        return visit.page("entrance/forgotten.html", status=refused.status, typed=form, wrong=wrong)
    visit.say(mailed=form.get("email", ""))
    return visit.go("/forgotten-password/sent")


@router.get("/forgotten-password/sent")
async def link_is_mailed(visit: VisitDep) -> Response:
    return visit.page("entrance/link_sent.html", email=visit.said.get("mailed", ""))


@router.get("/reset-password")
async def reset_page(visit: VisitDep, token: str = "") -> Response:
    if not token:
        return visit.go("/forgotten-password")
    return visit.page("entrance/reset.html", mailed=token, wrong={})


@router.post("/reset-password")
async def reset(visit: VisitDep, form: FormDep) -> Response:
    """Ends every session, this browser's too."""
    token = form.get("token", "")
    body = {"token": token, "password": form.get("password", "")}
    try:
        await visit.ask("POST", "/api/v1/users/password-resets/confirm", body=body)
    except Refused as refused:
        if refused.status != 422:
            raise
        wrong = beside(refused, PROFILE)
        if refused.slug == "reset_token_invalid" or "token" in wrong:
            return visit.page("entrance/spent.html", status=422)
        return visit.page("entrance/reset.html", status=422, mailed=token, wrong=wrong)
    if visit.session is not None:
        visit.session_ended()
        visit.put_cart_away()
    visit.say(good="Your new password is set. Everybody who was signed in to your account is signed out.")
    return visit.go("/sign-in")
