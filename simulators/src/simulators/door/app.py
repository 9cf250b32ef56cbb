"""`/dev/*`: caught mails and texts, a staff sign-in for this run, provider faults, and the facts of every store.

It never stands in a production image. It answers only to the names of this machine, and only to callers that send
a header of their own: no web page can do that to another origin without being asked first. Only the provider's pages
are for browsers, which send no such header: their addresses cannot be guessed.
"""

import json
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence

import httpx2
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse
from starlette.background import BackgroundTask
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

HEADER = "X-Mercato-Door"
LOCAL_NAMES = frozenset({"127.0.0.1", "localhost", "[::1]"})
PASSED_ON = ("content-type",)
PASSED_BACK = ("location", "content-security-policy", "referrer-policy", "x-content-type-options", "cache-control")
PAGE = re.compile(r"/dev/psp/(pay|act)/[A-Za-z0-9_]+")

SignIn = Callable[[], Awaitable[dict[str, object]]]
"""Makes a fresh staff session; answers what the user service answered."""
DeadLetters = Callable[[], Awaitable[Mapping[str, int]]]
"""Service -> how many messages the broker keeps for it that nobody could handle."""


def make_door(
    *,
    facts: Mapping[str, httpx2.AsyncClient],
    mail: httpx2.AsyncClient,
    psp: httpx2.AsyncClient,
    phone: httpx2.AsyncClient,
    staff: SignIn,
    dead_letters: DeadLetters,
    spans: httpx2.AsyncClient | None = None,
    names: frozenset[str] = LOCAL_NAMES,
) -> FastAPI:
    """The door as an app. `facts` are the services' internal ports; the other clients are the simulators."""
    door = FastAPI(title="Mercato development door", docs_url=None, redoc_url=None, openapi_url=None)
    sources = {
        **{name: (client, "/facts") for name, client in facts.items()},
        "psp": (psp, "/control/facts"),
        "mail": (mail, "/control/facts"),
        "phone": (phone, "/control/facts"),
        **({"spans": (spans, "/control/facts")} if spans is not None else {}),
    }

    door.add_middleware(OnlyFromHere, names=names)

    @door.get("/dev/facts/broker")
    async def tell_of_broker() -> Response:
        found = await dead_letters()
        lines = [json.dumps({"kind": "dead_letters", "service": name, "count": found[name]}) for name in found]
        return Response("".join(f"{line}\n" for line in lines), media_type="application/x-ndjson")

    @door.get("/dev/facts/{source}")
    async def tell(source: str) -> Response:
        if source not in sources:
            return _problem(404, "not_found", f"Known are: {', '.join(sorted({'broker', *sources}))}.")
        return await _stream(*sources[source])

    @door.post("/dev/staff-session", status_code=201)
    async def sign_in() -> dict[str, object]:
        return await staff()

    @door.api_route("/dev/psp/{path:path}", methods=["GET", "POST", "PUT", "DELETE"])
    async def provider(path: str, request: Request) -> Response:
        if _is_page(request.scope):
            return await _pass_on(psp, f"/{path}", request, back=PASSED_BACK)
        return await _pass_on(psp, f"/control/{path}", request)

    @door.api_route("/dev/mail/{path:path}", methods=["GET", "POST", "PUT", "DELETE"])
    async def mails(path: str, request: Request) -> Response:
        return await _pass_on(mail, f"/{path}", request)

    @door.api_route("/dev/sms/{path:path}", methods=["GET", "POST", "PUT", "DELETE"])
    async def texts(path: str, request: Request) -> Response:
        return await _pass_on(phone, f"/{path}", request)

    return door


class OnlyFromHere:
    """Refuses whoever calls by another name, or without the header.

    Not a decorated function: what Starlette makes of one ends a body that breaks off as if it were whole.
    """

    def __init__(self, app: ASGIApp, *, names: frozenset[str]) -> None:
        self._app = app
        self._names = names

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        host = headers.get("host", "").rsplit(":", 1)[0]
        if scope["type"] == "http" and (host not in self._names or not (HEADER in headers or _is_page(scope))):
            closed = _problem(403, "door_closed", f"Call by a local name and send the header {HEADER}.")
            await closed(scope, receive, send)
        else:
            await self._app(scope, receive, send)


def _is_page(scope: Scope) -> bool:
    """The whole path, so that no way leads from here to anything else."""
    return PAGE.fullmatch(scope["path"]) is not None


async def _stream(source: httpx2.AsyncClient, path: str) -> Response:
    """Passed on as it comes, with the status that it begins with."""
    answer = await source.send(source.build_request("GET", path), stream=True)
    kind = answer.headers.get("content-type")
    return StreamingResponse(
        answer.aiter_bytes(), answer.status_code, media_type=kind, background=BackgroundTask(answer.aclose)
    )


async def _pass_on(to: httpx2.AsyncClient, path: str, request: Request, *, back: Sequence[str] = ()) -> Response:
    headers = {name: request.headers[name] for name in PASSED_ON if name in request.headers}
    answer = await to.request(
        request.method, path, params=request.query_params, content=await request.body(), headers=headers
    )
    kept = {name: answer.headers[name] for name in back if name in answer.headers}
    return Response(answer.content, answer.status_code, headers=kept, media_type=answer.headers.get("content-type"))


def _problem(status: int, slug: str, detail: str) -> JSONResponse:
    body = {"type": f"urn:mercato:problem:{slug}", "title": slug, "status": status, "detail": detail}
    return JSONResponse(body, status, media_type="application/problem+json")
