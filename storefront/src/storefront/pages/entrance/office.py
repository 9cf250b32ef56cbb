"""The door of the back office: the same accounts, staff only, and a session that the shop's pages do not know."""

from fastapi import APIRouter
from starlette.responses import Response

from storefront.api import Away, Refused
from storefront.doorway import FormDep, VisitDep
from storefront.pages.entrance.sign_in import NO_MATCH, end_session, kept_out, open_session
from storefront.visit import way_back

router = APIRouter()
PAGE = "entrance/office.html"


@router.get("/office/sign-in")
async def office_page(visit: VisitDep, next: str = "") -> Response:  # noqa: A002 - the name that addresses show
    to = _inside(next)
    if visit.session is not None and visit.session.staff:
        return visit.go(to)
    return visit.page(PAGE, to=to, typed={}, wrong={}, unproven=False)


@router.post("/office/sign-in")
async def enter(visit: VisitDep, form: FormDep) -> Response:
    """A customer's account is told no more than a wrong password is."""
    to = _inside(form.get("next"))
    if visit.session is not None and visit.session.staff:
        return visit.go(to)
    try:
        visit.begin_session(await open_session(visit, form))
    except (Refused, Away) as fault:
        return kept_out(visit, fault, PAGE, form=form, to=to)
    if visit.session is None or not visit.session.staff:
        await end_session(visit)
        return visit.page(PAGE, status=422, to=to, typed=form, wrong={"email": NO_MATCH}, unproven=False)
    return visit.go(to)


@router.post("/office/sign-out")
async def leave(visit: VisitDep) -> Response:
    if visit.session is not None:
        await end_session(visit)
    return visit.go("/office/sign-in")


def _inside(asked: str | None) -> str:
    """A page of the office."""
    to = way_back(asked, otherwise="/office")
    return to if to == "/office" or to.startswith(("/office/", "/office?")) else "/office"
