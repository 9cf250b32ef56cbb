"""Calls to a neighbouring service: one client per process, short deadlines, one retry, on a budget."""

import asyncio
import ssl
from collections.abc import Mapping
from functools import cached_property
from typing import Any

import httpx2

from chassis import tracing
from chassis.faults import Unreachable
from chassis.world import World

CONNECT_SECONDS = 0.25
TOTAL_SECONDS = 0.8
TIMEOUT = httpx2.Timeout(TOTAL_SECONDS, connect=CONNECT_SECONDS)
RETRY_SHARE = 0.1
RETRY_BURST = 10.0


def trusting(base_url: str) -> ssl.SSLContext:
    """What TLS needs to know for this address: whom the world trusts, or for plain HTTP nobody.

    The world's authorities are 3 MiB in each process, and neighbours are asked by plain HTTP.
    """
    if base_url.startswith("https:"):
        return httpx2.create_ssl_context()
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


class RetryBudget:
    """A bucket that every call fills by a tenth and every retry empties by one."""

    def __init__(self) -> None:
        self._tokens = RETRY_BURST

    def called(self) -> None:
        self._tokens = min(RETRY_BURST, self._tokens + RETRY_SHARE)

    def may_retry(self) -> bool:
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True


class ServiceClient:
    """Reads from one neighbour. Raises Unreachable for no answer in time and for its 5xx.

    The time is for the whole question: a second attempt has what the first has left. It is httpx2's transport without
    its client: redirects, cookies and ways to sign in are not wanted between neighbours.
    """

    def __init__(
        self,
        service: str,
        base_url: str,
        *,
        world: World,
        transport: httpx2.AsyncBaseTransport | None = None,
    ) -> None:
        self._service = service
        self._base_url = base_url.rstrip("/")
        self._world = world
        self._transport = transport
        self._budget = RetryBudget()

    async def get(self, path: str) -> httpx2.Response:
        return await self._ask("GET", path, None)

    async def post(self, path: str, body: Mapping[str, Any]) -> httpx2.Response:
        """For questions that need a body and change nothing: it may be asked twice."""
        return await self._ask("POST", path, body)

    async def close(self) -> None:
        if "_open" in vars(self):
            await self._open.aclose()

    @cached_property
    def _open(self) -> httpx2.AsyncBaseTransport:
        """Made for the first question: a worker, which is wired like its API, may have none."""
        return self._transport or httpx2.AsyncHTTPTransport(verify=trusting(self._base_url))

    async def _ask(self, method: str, path: str, body: Mapping[str, Any] | None) -> httpx2.Response:
        try:
            # The client's own limits are for each read: a neighbour that dribbles would never reach them.
            async with asyncio.timeout(TOTAL_SECONDS):
                return await self._twice(method, path, body)
        except TimeoutError:
            raise Unreachable(self._service, f"no answer within {TOTAL_SECONDS} s") from None

    async def _twice(self, method: str, path: str, body: Mapping[str, Any] | None) -> httpx2.Response:
        self._budget.called()
        try:
            return await self._once(method, path, body)
        except Unreachable:
            if not self._budget.may_retry():
                raise
        await self._world.clock.sleep(self._world.jitter(base=0.05, attempt=1, cap=0.1))
        return await self._once(method, path, body)

    async def _once(self, method: str, path: str, body: Mapping[str, Any] | None) -> httpx2.Response:
        try:
            with tracing.step(f"{method} {self._service}", peer_service=self._service):
                trace = tracing.current_traceparent()
                asked = httpx2.Request(
                    method,
                    self._base_url + path,
                    json=body,
                    headers={"traceparent": trace} if trace else None,
                    extensions={"timeout": TIMEOUT.as_dict()},
                )
                answer = await self._open.handle_async_request(asked)
                try:
                    await answer.aread()
                finally:
                    await answer.aclose()
        except httpx2.HTTPError as fault:
            raise Unreachable(self._service, type(fault).__name__) from fault
        if answer.status_code >= 500:
            raise Unreachable(self._service, f"status {answer.status_code}")
        return answer
