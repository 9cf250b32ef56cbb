"""What goes along with every request: clean log facts, a word for caches, and an answer whatever happens."""

from collections.abc import MutableMapping
from typing import Any

from chassis import logging
from chassis.bounds import App, Receive, Scope, Send
from chassis.log_events import EVENTS
from chassis.problems import problem, route_of

CACHE_CONTROL = b"cache-control"
NO_STORE = (CACHE_CONTROL, b"no-store")

log = logging.get_logger("chassis.app", EVENTS)


class Accompany:
    """The outermost of our own layers. Plain ASGI: the convenient kind of middleware costs more than a handler."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        logging.unbind()
        answer = _Answer(send)
        try:
            await self._app(scope, receive, answer)
        except Exception as fault:  # whatever nobody has a name for: told once, here, with its trace
            log.error("request.failed", route=route_of(scope), exc_info=fault)
            if not answer.begun:
                failed = problem(500, "internal_error", "Something went wrong on our side. It has been noted.")
                await failed(scope, receive, answer)


class _Answer:
    """Keeps answers out of shared caches, unless they say themselves how long they may live."""

    __slots__ = ("_send", "begun")

    def __init__(self, send: Send) -> None:
        self._send = send
        self.begun = False

    async def __call__(self, event: MutableMapping[str, Any]) -> None:
        if event["type"] == "http.response.start":
            self.begun = True
            headers = event["headers"]
            if not any(name == CACHE_CONTROL for name, _ in headers):
                event["headers"] = [*headers, NO_STORE]
        await self._send(event)
