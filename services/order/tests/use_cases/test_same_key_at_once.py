"""The same request twice at once, where the second looks between the writes of the first."""

import asyncio
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from order_service.ports import Orders
from order_service.use_cases.place_order import PlaceOrder


@dataclass
class Held:
    """A store whose first answer to "is there an order with this key?" is on its way while others write."""

    inner: Orders
    asked: asyncio.Event = field(default_factory=asyncio.Event)
    go: asyncio.Event = field(default_factory=asyncio.Event)

    async def by_key(self, key: str, *, owner: UUID) -> Any:
        found = await self.inner.by_key(key, owner=owner)
        if not self.asked.is_set():
            self.asked.set()
            await self.go.wait()
        return found

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)


async def test_the_loser_gets_the_winners_order_and_not_a_refusal_of_its_cart(service, till) -> None:
    wish = await till.wish()
    held = Held(service.place_order.orders)
    slow: PlaceOrder = replace(service.place_order, orders=held)
    loser = asyncio.create_task(slow(wish))
    await held.asked.wait()

    winner = await service.place_order(wish)
    held.go.set()

    again = await loser
    assert again.replayed
    assert again.order.id == winner.order.id
