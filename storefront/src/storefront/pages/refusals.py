"""What a visitor sees when something cannot be: always a page, which says what still works."""

from chassis.logging import get_logger
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from storefront.api import Away, Refused
from storefront.guarding import Foreign
from storefront.log_events import EVENTS
from storefront.pages.rooms import rooms_of
from storefront.visit import OFFICE, SHOP, SignInNeeded, Visit

log = get_logger("storefront.refusals", EVENTS)
SIGN_IN = {SHOP: "/sign-in", OFFICE: "/office/sign-in"}


def install(app: FastAPI) -> None:
    """One handler for each way in which a page cannot be had."""
    app.add_exception_handler(SignInNeeded, sign_in_first)
    app.add_exception_handler(Away, away)
    app.add_exception_handler(Refused, refused)
    app.add_exception_handler(Foreign, foreign)
    app.add_exception_handler(HTTPException, not_here)
    app.add_exception_handler(RequestValidationError, not_here)
    app.add_exception_handler(Exception, failed)


async def sign_in_first(request: Request, _needed: Exception) -> Response:
    """Back to the same step afterwards. What was sent by a form is sent again by its page."""
    visit = _visit(request)
    back = visit.here if request.method == "GET" else request.headers.get("referer", "")
    if request.method != "GET":
        back = "/" + back.split("/", 3)[3] if back.count("/") >= 3 else "/account"
        visit.say(bad="Your session had ended. Sign in, and go on where you were.")
    return visit.go(SIGN_IN[visit.realm], next=back)


async def away(request: Request, fault: Exception) -> Response:
    log.warning("page.incomplete", fault=str(fault))
    answer = _visit(request).page("problems/away.html", status=503)
    answer.headers["Retry-After"] = "5"
    return answer


async def refused(request: Request, refusal: Exception) -> Response:
    """A refusal that no page has words of its own for."""
    assert isinstance(refusal, Refused)
    if refusal.status == 404:
        return await _missing(request, 404)
    if refusal.status == 429:
        answer = _visit(request).page("problems/slower.html", status=429)
        answer.headers["Retry-After"] = str(refusal.body.get("retry_after", 5))
        return answer
    return _visit(request).page("problems/refused.html", status=refusal.status, detail=refusal.detail)


async def foreign(request: Request, sent: Exception) -> Response:
    log.warning("form.foreign", why=str(sent))
    visit = Visit.of(request, request.app.state.front, realm=_realm(request))
    return visit.page("problems/foreign.html", status=403)


async def not_here(request: Request, refusal: Exception) -> Response:
    status = refusal.status_code if isinstance(refusal, HTTPException) else 404
    return await _missing(request, 405 if status == 405 else 404)


async def failed(request: Request, _fault: Exception) -> Response:
    """Noted, with its trace, by whoever called us."""
    return _visit(request).page("problems/failed.html", status=500)


async def _missing(request: Request, status: int) -> Response:
    """With every way out that a shop has."""
    visit = _visit(request)
    rooms = await rooms_of(visit)
    return visit.page("problems/missing.html", status=status, streets=rooms.departments, street="")


def _visit(request: Request) -> Visit:
    """The one that the route had, or one of its own where none came so far."""
    return getattr(request.state, "visit", None) or Visit.of(request, request.app.state.front, realm=_realm(request))


def _realm(request: Request) -> str:
    return OFFICE if request.url.path.startswith("/office") else SHOP
