"""Opening an account, and proving its address. A link in a mail asks for one press: mail scanners open links too."""

from fastapi import APIRouter
from starlette.responses import Response

from storefront.api import Away, Refused
from storefront.doorway import FormDep, VisitDep
from storefront.pages.entrance.sign_in import NOT_NOW, WHERE_TO
from storefront.visit import Visit, way_back
from storefront.wording import PROFILE, beside, pause

router = APIRouter()
SENT = "/sign-up/sent"
MANY = "Too many accounts were opened from where you are. Please try again in {pause}."


@router.get("/sign-up")
async def sign_up_page(visit: VisitDep, next: str = "") -> Response:  # noqa: A002 - the name that addresses show
    to = way_back(next or None)
    if visit.session is not None:
        return visit.go(to)
    return visit.page("entrance/sign_up.html", to=to, typed={}, wrong={})


@router.post("/sign-up")
async def sign_up(visit: VisitDep, form: FormDep) -> Response:
    """The answer is the same whether the address is known or not. Sent twice, it only mails twice."""
    to = way_back(form.get("next"))
    if visit.session is not None:
        return visit.go(to)
    body = {name: form.get(name, "") for name in ("email", "name", "password")}
    try:
        await visit.ask("POST", "/api/v1/users", body=body)
    except (Refused, Away) as fault:
        status, wrong = _kept_out(fault)
        return visit.page("entrance/sign_up.html", status=status, to=to, typed=form, wrong=wrong)
    # The link in the mail is opened later, and leads back to the same step.
    visit.remember(WHERE_TO, to)
    return _mailed(visit, body["email"])


@router.get(SENT)
async def look_into_your_mail(visit: VisitDep) -> Response:
    return visit.page("entrance/sent.html", typed={"email": visit.said.get("mailed", "")}, wrong={})


@router.get("/verify-email")
async def verify_page(visit: VisitDep, token: str = "") -> Response:
    if not token:
        return visit.go("/verify-email/again")
    return visit.page("entrance/verify.html", mailed=token)


@router.post("/verify-email")
async def verify(visit: VisitDep, form: FormDep) -> Response:
    try:
        await visit.ask("POST", "/api/v1/users/verification", body={"token": form.get("token", "")})
    except Refused as refused:
        if refused.status != 422:
            raise
        return visit.page("entrance/again.html", status=422, spent=True, typed={}, wrong={})
    visit.say(good="Thank you, your address is confirmed. You can sign in now.")
    return visit.go("/sign-in")


@router.get("/verify-email/again")
async def again_page(visit: VisitDep) -> Response:
    return visit.page("entrance/again.html", spent=False, typed={}, wrong={})


@router.post("/verify-email/again")
async def verify_again(visit: VisitDep, form: FormDep) -> Response:
    """One more mail, also for whoever was shut out by guessers."""
    try:
        await visit.ask("POST", "/api/v1/users/verification-requests", body={"email": form.get("email", "")})
    except Refused as refused:
        if refused.status != 422:
            raise
        wrong = beside(refused, PROFILE)
        return visit.page("entrance/again.html", status=422, spent=False, typed=form, wrong=wrong)
    return _mailed(visit, form.get("email", ""))


def _kept_out(fault: Refused | Away) -> tuple[int, dict[str, str]]:
    if isinstance(fault, Away):
        return 503, {"email": NOT_NOW}
    if fault.status == 429:
        return 429, {"email": MANY.format(pause=pause(fault))}
    return 422, beside(fault, PROFILE)


def _mailed(visit: Visit, email: str) -> Response:
    visit.say(mailed=email)
    return visit.go(SENT)
