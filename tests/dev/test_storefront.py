"""An order's page through the real gateway: whoever serves it may go, and it tells each step once, and soon."""

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime

import httpx2

from tests.dev.conftest import Day
from tests.dev.rung import Rung
from tests.journeys.shop import PASSWORD, Customer
from tests.journeys.test_hosted import GOOD, awaited, press

REPLICAS = ("storefront-1", "storefront-2")
SOON_SECONDS = 1.0
PATIENCE_SECONDS = 60
AGAIN_SECONDS = 0.2


@dataclass
class Window:
    """Somebody's browser on an order's page: it comes back with the last number whatever happens to the stream."""

    client: httpx2.AsyncClient
    path: str
    steps: dict[int, float] = field(default_factory=dict)
    """When each was seen, in seconds since the epoch."""
    repeated: list[int] = field(default_factory=list)
    broken: int = 0
    over: bool = False

    async def look(self) -> None:
        """Until the stream says that it is at its end."""
        while not self.over:
            with suppress(httpx2.HTTPError):
                await self._once()
            self.broken += not self.over
            await asyncio.sleep(AGAIN_SECONDS)

    async def _once(self) -> None:
        headers = {"Last-Event-ID": str(max(self.steps))} if self.steps else {}
        async with self.client.stream("GET", self.path, headers=headers) as answer:
            answer.raise_for_status()
            said: dict[str, str] = {}
            async for line in answer.aiter_lines():
                name, _, value = line.partition(": ")
                if name:
                    said[name] = value
                elif not line:
                    self._hear(said)
                    said = {}

    def _hear(self, said: dict[str, str]) -> None:
        if said.get("event") == "step":
            number = int(said["id"])
            if number in self.steps:
                self.repeated.append(number)
            self.steps[number] = time.time()
        self.over = self.over or said.get("event") == "end"

    async def has_seen(self, count: int) -> None:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while len(self.steps) < count:
                await asyncio.sleep(0.02)


async def test_an_orders_page_goes_on_although_each_replica_of_the_storefront_is_killed(pairs: Rung, day: Day) -> None:
    ada = await asyncio.to_thread(day.shop.customer)
    order = await asyncio.to_thread(awaited, day.shop, ada)
    already = len(order["history"])

    async with window_of(ada, pairs, order["id"]) as window:
        looking = asyncio.create_task(window.look())
        await window.has_seen(already)
        for replica in REPLICAS:
            await asyncio.to_thread(pairs.lose, replica)
        await asyncio.to_thread(press, day.shop, order["payment_url"], card=GOOD)
        async with asyncio.timeout(PATIENCE_SECONDS):
            await looking

    assert window.broken, "no stream was broken: nobody was killed while somebody looked"
    history = (await asyncio.to_thread(ada.order, order["id"]))["history"]
    assert sorted(window.steps) == list(range(1, len(history) + 1))
    assert window.repeated == []
    late = [
        window.steps[number] - datetime.fromisoformat(step["at"]).timestamp()
        for number, step in enumerate(history, 1)
        if number > already
    ]
    print(f"steps seen {', '.join(f'{1000 * each:.0f}' for each in late)} ms after they were taken")
    assert history[-1]["state"] == "CONFIRMED"
    assert late[-1] <= SOON_SECONDS
    await asyncio.to_thread(day.ends_well)


@asynccontextmanager
async def window_of(customer: Customer, rung: Rung, order_id: str) -> AsyncGenerator[Window]:
    """Signed in by the form, as a browser is."""
    async with httpx2.AsyncClient(base_url=rung.url, timeout=httpx2.Timeout(10, read=None)) as client:
        answer = await client.post("/sign-in", data={"email": customer.email, "password": PASSWORD})
        assert answer.status_code == 303, answer.text
        yield Window(client, f"/orders/{order_id}/live")
