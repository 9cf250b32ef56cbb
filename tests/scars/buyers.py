"""Somebody who buys, over HTTP, from the cart to the order."""

import asyncio
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import httpx2

from tests.scars.houses import Houses
from tests.scars.size import PATIENCE_SECONDS

ORDERS = "/api/v1/orders"
HOME = {
    "name": "Ada Lovelace",
    "line1": "Unter den Linden 1",
    "city": "Berlin",
    "postal_code": "10117",
    "country": "DE",
    "phone": "+49 30 123456",
}


@dataclass(frozen=True)
class Buyer:
    """One customer with a card; asked for by many hands at once when that is the test."""

    id: UUID
    card: UUID
    client: httpx2.AsyncClient

    @classmethod
    async def of(cls, houses: Houses, *, card: str = "pm_card_visa") -> "Buyer":
        id_ = uuid4()
        saved = await houses.payment.add_payment_method(id_, provider_token=card)
        return cls(id_, saved.id, houses.client("order", Authorization=f"Bearer {id_}"))

    async def choose(self, sku: str, quantity: int = 1) -> dict[str, Any]:
        """A filled cart, agreed as quoted: what is sent to buy it."""
        cart = (await self._ask("POST", "/api/v1/carts", {}))["id"]
        await self._ask("PUT", f"/api/v1/carts/{cart}/lines/{sku}", {"quantity": quantity})
        quote = await self._ask(
            "POST", "/api/v1/quotes", {"cart_id": cart, "country": "DE", "shipping_method": "standard"}
        )
        return {
            "cart_id": cart,
            "address": HOME,
            "shipping_method": "standard",
            "payment": {"method_id": str(self.card)},
            "quote_hash": quote["quote_hash"],
        }

    async def order(self, choice: dict[str, Any], *, key: str | None = None) -> httpx2.Response:
        key = key or f"a-key-for-{uuid4()}"
        return await self._send("POST", ORDERS, json=choice, headers={"Idempotency-Key": key})

    async def look(self, order_id: str) -> httpx2.Response:
        return await self._send("GET", f"{ORDERS}/{order_id}")

    async def _ask(self, method: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
        answer = await self._send(method, path, json=body)
        assert answer.is_success, answer.text
        return answer.json()

    async def _send(self, method: str, path: str, **what: Any) -> httpx2.Response:
        """A shop that is too busy just now says so, and is asked again."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while (answer := await self.client.request(method, path, **what)).status_code == 503:
                await asyncio.sleep(0.1)
        return answer
