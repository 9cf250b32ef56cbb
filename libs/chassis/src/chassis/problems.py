"""Every "no" over HTTP: RFC 9457 problem+json with a stable slug, naming the field where there is one."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from chassis import tracing
from chassis.faults import BrokerDown, StoreUnavailable, Unreachable, WriteConflict
from chassis.log_events import EVENTS
from chassis.logging import get_logger, pseudonym

if TYPE_CHECKING:
    from fastapi import FastAPI

Refusals = Mapping[type[Exception], tuple[int, str]]

log = get_logger("chassis.problems", EVENTS)

MEDIA_TYPE = "application/problem+json"
WATCHED = frozenset({401, 403, 429})
"""Refusals that whoever watches over the shop wants to see."""
MAX_ERRORS = 20
MAX_NAME = 64
MAX_PARTS = 8
STATUS_SLUGS = {
    400: "bad_request",
    401: "not_signed_in",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    408: "request_timeout",
    413: "body_too_large",
    415: "unsupported_media_type",
    422: "invalid_request",
    429: "too_many_requests",
    431: "headers_too_large",
    503: "unavailable",
}


class Problem(BaseModel):
    """The body of every error answer."""

    type: str
    """`urn:mercato:problem:<slug>`."""
    title: str
    status: int
    detail: str
    trace: str | None = None


class FieldProblem(BaseModel):
    field: str
    message: str


class ValidationProblem(Problem):
    """A request that could not be read: `errors` names each field."""

    errors: list[FieldProblem]


def problem(
    status: int, slug: str, detail: str, *, headers: Mapping[str, str] | None = None, **facts: Any
) -> JSONResponse:
    """A problem+json answer; `facts` become members of the body."""
    body = {
        **facts,
        "type": f"urn:mercato:problem:{slug}",
        "title": slug.replace("_", " ").capitalize(),
        "status": status,
        "detail": detail,
        "trace": tracing.current_trace_id(),
    }
    return JSONResponse(_plain(body) if facts else body, status, headers=headers, media_type=MEDIA_TYPE)


def _plain(body: Mapping[str, Any]) -> Any:
    from fastapi.encoders import jsonable_encoder  # here, so that a worker, whose problems have no facts, needs none

    return jsonable_encoder(body)


def refusals(table: Refusals, *exceptions: type[Exception]) -> dict[int | str, dict[str, Any]]:
    """The `responses=` of a route: which of the service's refusals it may answer with."""
    by_status: dict[int | str, list[str]] = {}
    for each in exceptions:
        status, slug = table[each]
        by_status.setdefault(status, []).append(slug)
    return {status: told(" or ".join(dict.fromkeys(slugs))) for status, slugs in by_status.items()}


def told(slugs: str, *, body: type[Problem] | tuple[type[Problem], ...] = Problem) -> dict[str, Any]:
    """A problem as an OpenAPI document tells of it; `chassis.openapi` puts the schemas there."""
    bodies = body if isinstance(body, tuple) else (body,)
    schemas = [{"$ref": f"#/components/schemas/{each.__name__}"} for each in bodies]
    schema = schemas[0] if len(schemas) == 1 else {"anyOf": schemas}
    return {"description": slugs, "content": {MEDIA_TYPE: {"schema": schema}}}


def install(app: "FastAPI", table: Refusals) -> None:
    """Translate refusals by `table`, and everything else that can go wrong, in one place."""

    from fastapi.exceptions import RequestValidationError

    async def refuse(request: Request, refusal: Exception) -> Response:
        status, slug = next(table[kind] for kind in type(refusal).__mro__ if kind in table)
        if status in WATCHED:
            _note(request, status, slug)
        facts = {name: fact for name, fact in vars(refusal).items() if not name.startswith("_")}
        headers = {"Retry-After": str(facts["retry_after"])} if "retry_after" in facts else {}
        if status == 401:
            headers["WWW-Authenticate"] = "Bearer"
        return problem(status, slug, str(refusal), headers=headers, **facts)

    for refusal in table:
        app.add_exception_handler(refusal, refuse)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    for fault in (StoreUnavailable, BrokerDown, Unreachable, WriteConflict):
        app.add_exception_handler(fault, _unavailable)


def route_of(scope: Mapping[str, Any]) -> str:
    """The template that a request was found by: its path may name a person."""
    return str(getattr(scope.get("route"), "path", "none"))


def _note(request: Request, status: int, slug: str) -> None:
    caller = getattr(request.state, "caller", None)
    who = {"user": pseudonym(caller.user_id)} if caller is not None else {}
    log.info("security.refused", status=status, why=slug, route=route_of(request.scope), **who)


async def _invalid(_request: Request, invalid: Exception) -> Response:
    from fastapi.exceptions import RequestValidationError

    if not isinstance(invalid, RequestValidationError):
        raise invalid
    found = invalid.errors()[:MAX_ERRORS]
    errors = [{"field": field_name(each["loc"]), "message": each["msg"]} for each in found]
    malformed = any(each["type"] == "json_invalid" for each in found)
    named = ", ".join(dict.fromkeys(error["field"] for error in errors))
    if malformed:
        return problem(400, "malformed_json", "The body is not valid JSON.", errors=errors)
    return problem(422, "invalid_request", f"Not acceptable: {named}.", errors=errors)


def field_name(location: Sequence[Any]) -> str:
    """`("body", "lines", 0, "quantity")` -> `lines.0.quantity`; a part of the request stays when it is all.

    Names of unknown fields are the client's own, and are cut.
    """
    parts = [str(part)[:MAX_NAME] for part in location[:MAX_PARTS]]
    return ".".join(parts[1:] if len(parts) > 1 else parts)


async def _http(_request: Request, refused: Exception) -> Response:
    if not isinstance(refused, HTTPException):
        raise refused
    slug = STATUS_SLUGS.get(refused.status_code, "refused")
    return problem(refused.status_code, slug, refused.detail, headers=refused.headers)


async def _unavailable(_request: Request, fault: Exception) -> Response:
    log.warning("request.unavailable", fault=str(fault))
    return problem(503, "unavailable", "Please try again in a moment.", headers={"Retry-After": "1"})
