"""Staff put something on the shelves, and fill them up again."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx2

from tests.faults.shop.street import Street

PRICES = dict.fromkeys(("EUR", "USD", "GBP", "JPY"), 1250)


async def put_on_shelves(street: Street, **stock: int) -> None:
    """A product with these SKUs as its variants: `put_on_shelves(street, **{"MUG-1": 5})`."""
    async with clerk(street) as staff:
        await staff.introduce(*stock)
        for sku, pieces in stock.items():
            await staff.restock(sku, pieces, delivery=f"first-delivery-of-{sku}")


@dataclass(frozen=True)
class Clerk:
    """A member of staff at work."""

    client: httpx2.AsyncClient

    async def introduce(self, *skus: str) -> None:
        """A new product, of which there is nothing yet."""
        categories = (await self.client.get("/api/v1/categories")).raise_for_status().json()["items"]
        body = _product(skus, categories[-1]["slug"])
        (await self.client.post("/api/v1/staff/products", json=body)).raise_for_status()

    async def restock(self, sku: str, pieces: int, *, delivery: str) -> None:
        body = {"kind": "restock", "quantity": pieces, "reason": "a delivery"}
        path = f"/api/v1/staff/stock/{sku}/adjustments"
        (await self.client.post(path, json=body, headers={"Idempotency-Key": delivery})).raise_for_status()


@asynccontextmanager
async def clerk(street: Street) -> AsyncGenerator[Clerk]:
    """Signed in for a few minutes."""
    session = await street.staff_session()
    badge = {"Authorization": f"Bearer {session['access_token']}"}
    async with httpx2.AsyncClient(base_url=street.url, headers=badge, timeout=20) as client:
        yield Clerk(client)


def _product(skus: tuple[str, ...], category: str) -> dict[str, Any]:
    return {
        "slug": skus[0].lower(),
        "name": f"Something called {skus[0]}",
        "brand": "Testwerk",
        "category": category,
        "description": "Made to be fought over.",
        "variants": [{"sku": sku, "options": {"label": sku}, "prices": PRICES} for sku in skus],
    }
