"""The three houses that an order walks through, in one process and on real stores, with the provider at their door."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from typing import Any

import httpx2
from chassis.bounds import App
from chassis.memory_broker import MemoryBroker
from chassis.messages import Contract, seal
from chassis.world import World
from order_service.wiring import OrderService
from payment_service.wiring import PaymentService
from product_service.domain.product import CURRENCIES, Category, Product, Variant
from product_service.wiring import ProductService
from testkit.verify.facts import Facts, gather
from testkit.verify.invariants import AT_REST

from tests.scars.provider import Provider
from tests.scars.size import PATIENCE_SECONDS, PAUSE_SECONDS

HERE = ("I1", "I2", "I3", "I4", "I4a", "I5", "I6", "I7", "I8", "I10", "I13", "I15")
"""The invariants that these three houses can keep without the others."""


@dataclass(frozen=True)
class Houses:
    product: ProductService
    order: OrderService
    payment: PaymentService
    provider: Provider
    doors: Mapping[str, App]
    broker: MemoryBroker
    world: World

    async def put_on_shelf(self, sku: str, pieces: int) -> None:
        """A product of one variant, which can be bought."""
        made = Product(
            id=self.world.ids.uuid7(),
            slug=sku.lower(),
            name=f"A {sku}",
            brand="Testwerk",
            category="scars",
            description="To be fought over.",
            attributes={},
            tags=(),
            variants=(Variant(sku, {"size": "M"}, dict.fromkeys(CURRENCIES, 1250)),),
        )
        async with self.product.catalogue.transaction() as tx:
            if not await tx.has_category("scars"):
                await tx.put_category(Category("scars", "Scars", "What went wrong elsewhere.", None, 1))
            await tx.add(made, initial={sku: pieces})

    def tell(self, service: str, message: Contract) -> None:
        """A message comes to a service, as the broker would bring it: again, perhaps."""
        self.broker.deliver(service, seal(message, world=self.world).body)

    def client(self, service: str, **headers: str) -> httpx2.AsyncClient:
        transport = httpx2.ASGITransport(self.doors[service])
        return httpx2.AsyncClient(transport=transport, base_url=f"http://{service}", headers=headers, timeout=20)

    async def facts(self) -> Facts:
        async def of_provider() -> AsyncGenerator[dict[str, Any]]:
            for each in self.provider.psp.facts():
                yield each

        own = {"product": self.product.facts, "order": self.order.facts, "payment": self.payment.facts}
        return await gather({**own, "psp": of_provider})

    async def at_rest(self) -> Facts:
        """What there is once nothing is under way; it is all as it must be."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not (facts := await self.facts()).quiet or self.provider.psp.pending_webhooks():
                await asyncio.sleep(PAUSE_SECONDS)
        assert [f"{name}: {each}" for name in HERE for each in AT_REST[name](facts)] == []
        return facts
