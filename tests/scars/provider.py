"""The card provider at the houses' door: it is called, and it calls back."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx2
from chassis.bounds import App
from simulators.psp import Psp

SECRET, KEY = "whsec_test", "sk_test_key"
DOOR = "http://payment/api/v1/webhooks/psp"


@dataclass
class Road(httpx2.AsyncBaseTransport):
    """To the provider. Closed, it lets nobody through who confirms: the customer's money is not set aside yet."""

    to: httpx2.AsyncBaseTransport
    open: asyncio.Event = field(default_factory=asyncio.Event)

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        if request.url.path.endswith("/confirm"):
            await self.open.wait()
        return await self.to.handle_async_request(request)


@dataclass
class Provider:
    psp: Psp = field(init=False)
    road: Road = field(init=False)
    door: App | None = None
    """Where webhooks go; nobody is there yet."""
    webhooks: list[int] = field(default_factory=list)
    """How each was answered."""

    def __post_init__(self) -> None:
        self.psp = Psp(webhook_secret=SECRET, deliver=self._deliver, api_key=KEY, sleep=_briefly)
        self.road = Road(httpx2.ASGITransport(self.psp.app))
        self.road.open.set()

    def intents(self) -> Counter[str]:
        """How many there are of each order."""
        return Counter(each.metadata["order_id"] for each in self.psp._store.intents.values())

    def captures(self) -> Counter[str]:
        """How often money was taken for each order."""
        return Counter(each["order_id"] for each in self.psp.facts() if each["kind"] == "capture")

    async def _deliver(self, body: bytes, signature: str) -> int:
        assert self.door is not None
        headers = {"Content-Type": "application/json", "Stripe-Signature": signature}
        # What our door throws is a 500 to whoever knocks.
        transport = httpx2.ASGITransport(self.door, raise_app_exceptions=False)
        async with httpx2.AsyncClient(transport=transport) as client:
            answer = await client.post(DOOR, content=body, headers=headers)
        self.webhooks.append(answer.status_code)
        return answer.status_code


@asynccontextmanager
async def provider() -> AsyncGenerator[Provider]:
    """At work."""
    opened = Provider()
    await opened.psp.start()
    try:
        yield opened
    finally:
        await opened.psp.stop()


async def _briefly(seconds: float) -> None:
    """It calls again sooner than it would."""
    await asyncio.sleep(min(seconds, 0.2))
