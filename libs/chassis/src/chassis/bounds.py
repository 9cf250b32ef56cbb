"""The limits of every public door: how many at once, how large, how deep, and what kind of body."""

import asyncio
from collections.abc import Awaitable, Callable, Generator, MutableMapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from starlette.datastructures import Headers

from chassis.problems import problem

MAX_BODY = 1024 * 1024
MAX_DEPTH = 32
MAX_HEADERS = 32 * 1024
BODY_SECONDS = 10.0
"""A body that trickles in more slowly than this holds a place that somebody else could use."""
PLACES_TO_REST = 10
"""How many may wait for something to happen, for each one that may be worked on."""
STREAMS = 10
"""How many answers may stay open, for each request that may be worked on."""
BOUNDS = "mercato.bounds"
JSON = "application/json"
FORM = "application/x-www-form-urlencoded"

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


SHED = {"Retry-After": "1", "x-shed": "1"}
"""Nothing was begun: the gateway may ask another replica, where asking twice changes nothing."""


class StreamsFull(Exception):
    """This process has as many open answers as it can bear."""

    def __init__(self) -> None:
        super().__init__("Too many streams at once.")
        self.retry_after = 5


REFUSALS: dict[type[Exception], tuple[int, str]] = {StreamsFull: (503, "overloaded")}


@dataclass(slots=True)
class Load:
    """What is in a process right now; `shed` hears of each that is sent away, and of which kind it was."""

    working: int = 0
    resting: int = 0
    streaming: int = 0
    shed: Callable[[str], None] = lambda _kind: None


class Bounds:
    """Refuses what is too much before any of our code sees it, and bodies that are not of its `kind`."""

    def __init__(
        self,
        app: App,
        *,
        max_in_flight: int,
        body_seconds: float = BODY_SECONDS,
        load: Load | None = None,
        kind: str = JSON,
    ) -> None:
        self._app = app
        self._kind = kind
        self._max = max_in_flight
        self._body_seconds = body_seconds
        self._load = load or Load()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif self._load.working >= self._max:
            self._load.shed("working")
            busy = problem(503, "overloaded", "Too many requests at once.", headers=SHED)
            await busy(scope, receive, send)
        else:
            scope[BOUNDS] = self
            self._load.working += 1
            try:
                await self._bounded(scope, receive, send)
            finally:
                self._load.working -= 1

    @contextmanager
    def rest(self) -> Generator[None]:
        if self._load.resting >= PLACES_TO_REST * self._max:
            yield
            return
        self._load.working -= 1
        self._load.resting += 1
        try:
            yield
        finally:
            self._load.resting -= 1
            self._load.working += 1

    @contextmanager
    def stream(self) -> Generator[None]:
        if self._load.streaming >= STREAMS * self._max:
            self._load.shed("streaming")
            raise StreamsFull
        self._load.working -= 1
        self._load.streaming += 1
        try:
            yield
        finally:
            self._load.streaming -= 1
            self._load.working += 1

    async def _bounded(self, scope: Scope, receive: Receive, send: Send) -> None:
        if sum(len(name) + len(value) for name, value in scope["headers"]) > MAX_HEADERS:
            await problem(431, "headers_too_large", f"Headers may have {MAX_HEADERS} bytes.")(scope, receive, send)
            return
        if scope["method"] not in {"POST", "PUT", "PATCH", "DELETE"}:
            await self._app(scope, receive, send)
            return
        try:
            async with asyncio.timeout(self._body_seconds):
                body = await _read(receive)
        except TimeoutError:
            await problem(408, "request_timeout", "The body took too long.")(scope, receive, send)
            return
        refusal = _refusal(body, Headers(scope=scope), kind=self._kind)
        if refusal is not None:
            await refusal(scope, receive, send)
        elif body is not None:
            await self._app(scope, _replay(body, receive), send)


@contextmanager
def resting(scope: Scope) -> Generator[None]:
    """While a request only waits for something to happen, it gives its place to one that can be worked on."""
    bounds = scope.get(BOUNDS)
    if not isinstance(bounds, Bounds):
        yield
        return
    with bounds.rest():
        yield


@contextmanager
def streaming(scope: Scope) -> Generator[None]:
    """An answer that stays open has a place among the streams, and none among the requests. Raises StreamsFull."""
    bounds = scope.get(BOUNDS)
    if not isinstance(bounds, Bounds):
        yield
        return
    with bounds.stream():
        yield


async def _read(receive: Receive) -> bytes | None:
    """The whole body; one byte too many when it is too large; None when the client left."""
    body = bytearray()
    while len(body) <= MAX_BODY:
        event = await receive()
        if event["type"] == "http.disconnect":
            return None
        body += event.get("body", b"")
        if not event.get("more_body", False):
            break
    return bytes(body[: MAX_BODY + 1])


def _refusal(body: bytes | None, headers: Headers, *, kind: str) -> App | None:
    if not body:
        return None
    if len(body) > MAX_BODY:
        return problem(413, "body_too_large", f"A body may have {MAX_BODY} bytes.")
    if headers.get("content-type", "").split(";")[0].strip().lower() != kind:
        return problem(415, "unsupported_media_type", f"Send {kind}.")
    if kind == JSON and _depth(body) > MAX_DEPTH:
        deep = f"JSON may be {MAX_DEPTH} levels deep."
        return problem(422, "invalid_request", deep, errors=[{"field": "body", "message": deep}])
    return None


def _depth(body: bytes) -> int:
    """An upper bound of the nesting: brackets inside of texts count too, which only a hostile text notices."""
    if body.count(b"[") + body.count(b"{") <= MAX_DEPTH:
        return 0
    depth = deepest = 0
    for byte in body:
        if byte in b"[{":
            depth += 1
            deepest = max(deepest, depth)
            if deepest > MAX_DEPTH:
                break
        elif byte in b"]}":
            depth -= 1
    return deepest


def _replay(body: bytes, receive: Receive) -> Receive:
    sent = False

    async def replayed() -> MutableMapping[str, Any]:
        nonlocal sent
        if sent:
            return await receive()
        sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replayed
