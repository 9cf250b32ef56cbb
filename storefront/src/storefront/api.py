"""The public interface of the shop, as the storefront asks it: through the gateway, like everybody else."""

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

import httpx2
from chassis import tracing
from chassis.http import trusting
from chassis.world import World

CONNECT_SECONDS = 0.5
ANSWER_SECONDS = 4.0
"""A little more than the gateway gives a checkout: it is the gateway that should answer."""
CONNECTIONS = 200
PLAIN = {"accept": "application/json", "accept-encoding": "identity"}
MAX_AGE = re.compile(r"\bpublic\b.*\bmax-age=(\d+)")

Json = dict[str, Any]
"""An answer in the interface's own words: gateway/openapi.json tells them."""


class Away(Exception):
    """Nobody answered in time, or whoever did cannot serve now. `path` is what was asked."""

    def __init__(self, path: str, why: str) -> None:
        super().__init__(f"{path}: {why}")
        self.path = path


class Refused(Exception):
    """The shop said no, with a problem. `fields` are messages by the name of the field that they are about."""

    def __init__(self, status: int, body: Json) -> None:
        self.status = status
        self.slug = str(body.get("type", "")).rpartition(":")[2]
        self.detail = str(body.get("detail", ""))
        self.body = body
        self.fields = {each["field"]: each["message"] for each in body.get("errors", [])}
        super().__init__(f"{status} {self.slug}: {self.detail}")

    @property
    def told(self) -> str:
        """In one line, for a page that has no place beside each field."""
        return "; ".join(f"{field}: {message}" for field, message in self.fields.items()) or self.detail


@dataclass(frozen=True, slots=True)
class Call:
    """One question that a page asked, for whoever wants to learn what a page is made of."""

    method: str
    path: str
    status: int
    milliseconds: float


@dataclass(frozen=True, slots=True)
class Answer:
    """`at` is when it was asked for, by the clock that only goes forward."""

    body: Json
    at: float
    fresh_seconds: float = 0
    """From then on: whoever shows it no longer shows nothing older than the gateway's cache may."""


class Api:
    """One a process. Every question has its deadline; which visitor it is asked for, the headers say.

    It is httpx2's transport without its client: redirects, cookies and ways to sign in are not wanted here, and are a
    third of what a question costs. Nor is compression wanted on the few metres to the gateway.
    """

    def __init__(self, base_url: str, world: World, *, transport: httpx2.AsyncBaseTransport | None = None) -> None:
        self._world = world
        self._base_url = base_url.rstrip("/")
        limits = httpx2.Limits(max_connections=CONNECTIONS, max_keepalive_connections=CONNECTIONS)
        self._transport = transport or httpx2.AsyncHTTPTransport(limits=limits, verify=trusting(base_url))

    async def close(self) -> None:
        await self._transport.aclose()

    async def ask(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        seconds: float = ANSWER_SECONDS,
        calls: list[Call] | None = None,
    ) -> Answer:
        """The answer's JSON, {} where it has none, and how long it is fresh. Raises Away and Refused.

        `path` is as it is meant: what has another meaning in an address is written so here. `calls` is told of the
        question.
        """
        request = self._request(method, path, params, body, headers or {}, seconds)
        began = self._world.clock.monotonic()
        try:
            async with asyncio.timeout(seconds):
                with tracing.step(f"{method} shop"):
                    answer = await self._answer(request)
        except (httpx2.HTTPError, TimeoutError) as fault:
            raise Away(path, type(fault).__name__) from fault
        if calls is not None:
            calls.append(Call(method, path, answer.status_code, 1000 * (self._world.clock.monotonic() - began)))
        if answer.status_code >= 500:
            raise Away(path, f"status {answer.status_code}")
        if answer.status_code >= 400:
            raise Refused(answer.status_code, _json(answer))
        return Answer(_json(answer), began, _fresh_seconds(answer.headers))

    def _request(
        self,
        method: str,
        path: str,
        params: Mapping[str, Any] | None,
        body: Any,
        headers: Mapping[str, str],
        seconds: float,
    ) -> httpx2.Request:
        url = self._base_url + quote(path) + (f"?{urlencode(params)}" if params else "")
        timeout = {"connect": CONNECT_SECONDS, "read": seconds, "write": seconds, "pool": seconds}
        return httpx2.Request(
            method, url, json=body, headers={**PLAIN, **_trace(), **headers}, extensions={"timeout": timeout}
        )

    async def _answer(self, request: httpx2.Request) -> httpx2.Response:
        """Read to its end, so that the connection can be used again."""
        answer = await self._transport.handle_async_request(request)
        try:
            await answer.aread()
        finally:
            await answer.aclose()
        return answer


def _trace() -> dict[str, str]:
    trace = tracing.current_traceparent()
    return {"traceparent": trace} if trace else {}


def _json(answer: httpx2.Response) -> Json:
    if not answer.content or "json" not in answer.headers.get("content-type", ""):
        return {}
    found = answer.json()
    return found if isinstance(found, dict) else {"items": found}


def _fresh_seconds(headers: Mapping[str, str]) -> float:
    """What is left of the time that the answer may be kept. Age tells whole seconds: the one that runs is over too."""
    lives = MAX_AGE.search(headers.get("cache-control", ""))
    if lives is None:
        return 0
    age = headers.get("age", "")
    return max(0, int(lives[1]) - (int(age) + 1 if age.isdecimal() else 0))
