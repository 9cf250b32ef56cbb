"""The public interface of the shop, as the storefront asks it: through the gateway, like everybody else."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx2
from chassis import tracing
from chassis.world import World

CONNECT_SECONDS = 0.5
ANSWER_SECONDS = 4.0
"""A little more than the gateway gives a checkout: it is the gateway that should answer."""
CONNECTIONS = 200

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


@dataclass(frozen=True, slots=True)
class Call:
    """One question that a page asked, for whoever wants to learn what a page is made of."""

    method: str
    path: str
    status: int
    milliseconds: float


class Api:
    """One client a process. Every question has its deadline; which visitor it is asked for, the headers say."""

    def __init__(self, base_url: str, world: World, *, transport: httpx2.AsyncBaseTransport | None = None) -> None:
        self._world = world
        self._client = httpx2.AsyncClient(
            base_url=base_url,
            timeout=httpx2.Timeout(ANSWER_SECONDS, connect=CONNECT_SECONDS),
            limits=httpx2.Limits(max_connections=CONNECTIONS, max_keepalive_connections=CONNECTIONS),
            transport=transport,
        )

    async def close(self) -> None:
        await self._client.aclose()

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
    ) -> Json:
        """The answer's JSON, {} where it has none; `calls` is told of the question. Raises Away and Refused."""
        began = self._world.clock.monotonic()
        try:
            async with asyncio.timeout(seconds):
                with tracing.step(f"{method} shop"):
                    answer = await self._client.request(
                        method, path, params=params, json=body, headers={**_trace(), **(headers or {})}, timeout=seconds
                    )
        except (httpx2.HTTPError, TimeoutError) as fault:
            raise Away(path, type(fault).__name__) from fault
        if calls is not None:
            calls.append(Call(method, path, answer.status_code, 1000 * (self._world.clock.monotonic() - began)))
        if answer.status_code >= 500:
            raise Away(path, f"status {answer.status_code}")
        if answer.status_code >= 400:
            raise Refused(answer.status_code, _json(answer))
        return _json(answer)

    @asynccontextmanager
    async def stream(self, path: str, *, headers: Mapping[str, str]) -> AsyncGenerator[httpx2.Response]:
        """An answer that stays open. Raises Away and Refused."""
        timeout = httpx2.Timeout(ANSWER_SECONDS, read=None)
        try:
            async with self._client.stream("GET", path, headers={**_trace(), **headers}, timeout=timeout) as answer:
                if answer.status_code >= 400:
                    await answer.aread()
                    if answer.status_code >= 500:
                        raise Away(path, f"status {answer.status_code}")
                    raise Refused(answer.status_code, _json(answer))
                yield answer
        except httpx2.HTTPError as fault:
            raise Away(path, type(fault).__name__) from fault


def _trace() -> dict[str, str]:
    trace = tracing.current_traceparent()
    return {"traceparent": trace} if trace else {}


def _json(answer: httpx2.Response) -> Json:
    if not answer.content or "json" not in answer.headers.get("content-type", ""):
        return {}
    found = answer.json()
    return found if isinstance(found, dict) else {"items": found}
