"""What the order service asks, on the internal port."""

import httpx2
import pytest
from product_service.adapters.seed_catalogue import seed_catalogue
from product_service.domain.product import Product
from product_service.wiring import ProductService

from .answers import fields

FIRST, SECOND = (product for product, _ in seed_catalogue().products[:2])


def asked(*skus: str, currency: str = "EUR") -> dict[str, object]:
    return {"currency": currency, "lines": [{"sku": each, "quantity": 1} for each in skus]}


def sku_of(product: Product) -> str:
    return product.variants[0].sku


async def test_lines_are_priced_in_their_order(internal: httpx2.AsyncClient) -> None:
    answer = await internal.post("/internal/quote", json=asked(sku_of(SECOND), sku_of(FIRST), currency="USD"))

    assert answer.status_code == 200
    assert [each["sku"] for each in answer.json()["lines"]] == [sku_of(SECOND), sku_of(FIRST)]
    line, variant = answer.json()["lines"][1], FIRST.variants[0]
    assert 0 <= line.pop("available") <= 99
    assert line == {
        "sku": variant.sku,
        "product_slug": FIRST.slug,
        "name": FIRST.name,
        "options": dict(variant.options),
        "picture": f"/api/v1/pictures/{FIRST.slug}.svg",
        "unit_price": variant.prices["USD"],
    }
    assert (answer.json()["currency"], answer.json()["unavailable"]) == ("USD", [])


async def test_unknown_and_archived_skus_are_named_apart(internal: httpx2.AsyncClient, service: ProductService) -> None:
    await service.archive_product(FIRST.id)

    answer = await internal.post("/internal/quote", json=asked("NOPE-1", sku_of(FIRST), sku_of(SECOND), "NOPE-1"))

    assert [each["sku"] for each in answer.json()["lines"]] == [sku_of(SECOND)]
    assert answer.json()["unavailable"] == ["NOPE-1", sku_of(FIRST)]


async def test_an_empty_basket_costs_nothing(internal: httpx2.AsyncClient) -> None:
    assert (await internal.post("/internal/quote", json=asked())).json() == {
        "currency": "EUR",
        "lines": [],
        "unavailable": [],
    }


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (asked("A-1", currency="XXX"), "currency"),
        ({"currency": "EUR"}, "lines"),
        ({"currency": "EUR", "lines": [{"sku": 1}]}, "lines.0.sku"),
        ({"currency": "EUR", "lines": [{"sku": "A\u0000"}]}, "lines.0.sku"),
        ({**asked(), "coupon": "x"}, "coupon"),
    ],
)
async def test_what_is_no_basket_is_refused_by_name(
    internal: httpx2.AsyncClient, body: dict[str, object], field: str
) -> None:
    assert fields(await internal.post("/internal/quote", json=body)) == [field]
