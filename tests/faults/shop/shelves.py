"""Staff put something new on the shelves."""

from typing import Any

import httpx2

from tests.faults.shop.street import Street

PRICE = 1250


async def put_on_shelves(street: Street, **stock: int) -> None:
    """A product with these SKUs as its variants: `put_on_shelves(street, **{"MUG-1": 5})`."""
    session = await street.staff_session()
    staff = {"Authorization": f"Bearer {session['access_token']}"}
    async with httpx2.AsyncClient(base_url=street.url, headers=staff, timeout=20) as client:
        categories = (await client.get("/api/v1/categories")).raise_for_status().json()["items"]
        body = _product(stock, categories[-1]["slug"])
        (await client.post("/api/v1/staff/products", json=body)).raise_for_status()
        for sku, pieces in stock.items():
            path, key = f"/api/v1/staff/stock/{sku}/adjustments", f"first-delivery-of-{sku}"
            body = {"kind": "restock", "quantity": pieces, "reason": "first delivery"}
            (await client.post(path, json=body, headers={"Idempotency-Key": key})).raise_for_status()


def _product(stock: dict[str, int], category: str) -> dict[str, Any]:
    first = next(iter(stock))
    prices = dict.fromkeys(("EUR", "USD", "GBP", "JPY"), PRICE)
    return {
        "slug": first.lower(),
        "name": f"Something called {first}",
        "brand": "Testwerk",
        "category": category,
        "description": "Made to be fought over.",
        "variants": [{"sku": sku, "options": {"label": sku}, "prices": prices} for sku in stock],
    }
