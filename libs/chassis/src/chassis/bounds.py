"""The limits of every public door: how many at once, how large, how deep, and what kind of body."""

import asyncio
from collections.abc import Awaitable, Callable, Generator, Mapping, MutableMapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

from starlette.datastructures import Headers

from chassis.admission import Admission, Worth
from chassis.problems import problem
from chassis.world import World

MAX_BODY = 1024 * 1024
MAX_DEPTH = 32
MAX_HEADERS = 32 * 1024
BODY_SECONDS = 10.0
"""A body that trickles in more slowly than this holds a place that somebody else could use."""
PLACES_TO_REST = 10
"""How many may wait for something to happen, for each one that may be worked on."""
STREAMS = 10
"""How many answers may stay open, for each request that may be worked on."""
PLACE = "mercato.place"
RETRY_WITHIN = 5
"""Seconds."""
JSON = "application/json"
FORM = "application/x-www-form-urlencoded"

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


class StreamsFull(Exception):
    """This process has as many open answers as it can bear."""

    def __init__(self) -> None:
        super().__init__("Too many streams at once.")
        self.retry_after = 5


REFUSALS: dict[type[Exception], tuple[int, str]] = {StreamsFull: (503, "overloaded")}


@dataclass(slots=True)
class Load:
    """What is in a process right now; `shed` hears of each that is sent away, and of which kind it was."""

    admission: Admission
    resting: int = 0
    streaming: int = 0
    shed: Callable[[str], None] = lambda _kind: None

    @property
    def working(self) -> int:
        return sum(self.admission.inside.values())


@dataclass(slots=True)
class Place:
    """One request's, while it is inside. What it only waits for is not counted as work."""

    load: Load
    worth: Worth
    at: float
    works: bool = True

    @contextmanager
    def rest(self) -> Generator[None]:
        """Its place is somebody else's meanwhile, but for those who are one too many to wait."""
        clock, began = self.load.admission.clock, self.load.admission.clock.monotonic()
        if self.load.resting >= PLACES_TO_REST * self.load.admission.most:
            yield
            self.at += clock.monotonic() - began
            return
        self.load.admission.leave(self.worth)
        self.load.resting += 1
        try:
            yield
        finally:
            self.load.resting -= 1
            self.load.admission.come_back(self.worth)
            self.at += clock.monotonic() - began

    @contextmanager
    def stream(self) -> Generator[None]:
        """It stays open, and has no place among those that are worked on. Raises StreamsFull."""
        if self.load.streaming >= STREAMS * self.load.admission.most:
            self.load.shed("streaming")
            raise StreamsFull
        self.works = False
        self.load.admission.leave(self.worth)
        self.load.streaming += 1
        try:
            yield
        finally:
            self.load.streaming -= 1
            self.load.admission.come_back(self.worth)


def too_many(headers: Mapping[str, str]) -> App:
    """What programs are told."""
    return problem(503, "overloaded", "Too many requests at once.", headers=headers)


class Bounds:
    """Refuses what is too much before any of our code sees it, and bodies that are not of its `kind`.

    `full` is what somebody is told who is sent away; it is given the headers that say when to come again.
    """

    def __init__(
        self,
        app: App,
        *,
        load: Load,
        world: World,
        worth_of: Callable[[str, str], Worth] = lambda _method, _path: Worth.OWN,
        full: Callable[[Mapping[str, str]], App] = too_many,
        body_seconds: float = BODY_SECONDS,
        kind: str = JSON,
    ) -> None:
        self._app = app
        self._load = load
        self._world = world
        self._worth_of = worth_of
        self._full = full
        self._body_seconds = body_seconds
        self._kind = kind

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        admission, worth = self._load.admission, self._worth_of(scope["method"], scope["path"])
        if not admission.enter(worth):
            self._load.shed(worth.name.lower())
            await self._full(self._come_again())(scope, receive, send)
            return
        try:
            await self._bounded(scope, receive, send, worth)
        finally:
            admission.leave(worth)

    def _come_again(self) -> dict[str, str]:
        """Not all at once. Nothing was begun: another replica may be asked, where asking twice does no harm."""
        return {"Retry-After": str(1 + int(RETRY_WITHIN * self._world.dice.fraction())), "x-shed": "1"}

    async def _work(self, scope: Scope, receive: Receive, send: Send, worth: Worth) -> None:
        """By our own code, on the clock. A body that comes slowly is not our doing, and not on it."""
        admission = self._load.admission
        place = scope[PLACE] = Place(self._load, worth, admission.clock.monotonic())
        await self._app(scope, receive, send)
        if place.works:
            admission.took(worth, admission.clock.monotonic() - place.at)

    async def _bounded(self, scope: Scope, receive: Receive, send: Send, worth: Worth) -> None:
        if sum(len(name) + len(value) for name, value in scope["headers"]) > MAX_HEADERS:
            await problem(431, "headers_too_large", f"Headers may have {MAX_HEADERS} bytes.")(scope, receive, send)
            return
        if scope["method"] not in {"POST", "PUT", "PATCH", "DELETE"}:
            await self._work(scope, receive, send, worth)
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
            await self._work(scope, _replay(body, receive), send, worth)


@contextmanager
def resting(scope: Scope) -> Generator[None]:
    """While a request only waits for something to happen, it gives its place to one that can be worked on."""
    place = scope.get(PLACE)
    with place.rest() if isinstance(place, Place) else nullcontext():
        yield


@contextmanager
def streaming(scope: Scope) -> Generator[None]:
    """An answer that stays open has a place among the streams, and none among the requests. Raises StreamsFull."""
    place = scope.get(PLACE)
    with place.stream() if isinstance(place, Place) else nullcontext():
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
