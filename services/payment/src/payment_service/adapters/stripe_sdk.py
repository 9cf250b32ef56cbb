"""The Stripe SDK, imported without the HTTP libraries that it would try on, over the one that we have."""

import asyncio
import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import ClassVar, override

import httpx2

CONNECT_SECONDS = 1.0
TOTAL_SECONDS = 10.0


@contextmanager
def _hidden(*modules: str) -> Generator[None]:
    """Make modules that nobody has imported yet look as if they were not installed."""
    absent = [name for name in modules if name not in sys.modules]
    for name in absent:
        sys.modules[name] = None  # type: ignore[assignment] # pyrefly: ignore  the import system's word for "is missing"
    try:
        yield
    finally:
        for name in absent:
            del sys.modules[name]


# On import the SDK loads each HTTP client that it could use: 280 ms and 15 MB for clients that it never uses here.
with _hidden("requests", "httpx", "aiohttp", "pycurl"):
    import stripe

# It would write an id into the home directory, and send it along.
stripe.enable_telemetry = False


TIMEOUT = httpx2.Timeout(TOTAL_SECONDS, connect=CONNECT_SECONDS)


class Httpx2Client(stripe.HTTPClient):
    """The SDK's HTTP, async only: one transport for the life of the process, and one deadline for a whole call.

    It is httpx2's transport without its client: redirects, cookies and ways to sign in are the SDK's or nobody's.
    """

    name: ClassVar[str] = "httpx2"

    def __init__(self, transport: httpx2.AsyncBaseTransport | None = None) -> None:
        super().__init__()
        self._transport = transport or httpx2.AsyncHTTPTransport()

    @override
    async def request_async(
        self, method: str, url: str, headers: Mapping[str, str], post_data: str | None = None
    ) -> tuple[bytes, int, Mapping[str, str]]:
        patience = {"timeout": TIMEOUT.as_dict()}
        asked = httpx2.Request(method.upper(), url, headers=headers, content=post_data, extensions=patience)
        try:
            async with asyncio.timeout(TOTAL_SECONDS):
                answer = await self._transport.handle_async_request(asked)
                try:
                    await answer.aread()
                finally:
                    await answer.aclose()
        except (httpx2.HTTPError, TimeoutError) as fault:
            raise stripe.APIConnectionError(type(fault).__name__) from fault
        return answer.content, answer.status_code, answer.headers

    @override
    async def close_async(self) -> None:
        await self._transport.aclose()
