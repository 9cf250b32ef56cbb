"""The twin in memory and PostgreSQL give the same answers over the whole sample catalogue."""

from itertools import product as combinations

import httpx2
import pytest
from chassis.health import Health
from chassis.world import World
from product_service.adapters.seed_catalogue import seed_catalogue
from product_service.main import create_apps
from product_service.settings import ProductSettings
from product_service.wiring import ProductService

from ..conftest import client_of, known_people

CATEGORIES, GOODS = [each.slug for each in seed_catalogue().categories], seed_catalogue().products
SORTS = ["newest", "popular", "price", "-price"]
FILTERS = [
    {},
    {"in_stock": "true"},
    {"in_stock": "false"},
    {"min_price": "1000", "max_price": "5000"},
    {"brand": GOODS[0][0].brand.upper()},
    *({"category": each} for each in CATEGORIES),
]


@pytest.fixture
async def both(
    memory_service: ProductService, postgres_service: ProductService, settings: ProductSettings, world: World
):
    """The same question to both; the one answer."""
    health = Health(world)
    apps = [
        create_apps(each, settings, verifier=known_people, health=health).public
        for each in (memory_service, postgres_service)
    ]
    async with client_of(apps[0]) as memory, client_of(apps[1]) as postgres:

        async def ask(path: str, **params: str) -> httpx2.Response:
            answers = [await each.get(path, params=params) for each in (memory, postgres)]
            assert answers[0].status_code == answers[1].status_code
            assert answers[0].json() == answers[1].json(), params
            return answers[0]

        yield ask


async def test_categories_are_the_same(both) -> None:
    assert len((await both("/api/v1/categories")).json()["items"]) == len(CATEGORIES)


async def test_lists_are_the_same_page_after_page(both) -> None:
    for sort, currency, filters in combinations(SORTS, ["EUR", "JPY"], FILTERS):
        asked = {"sort": sort, "currency": currency, "limit": "23", **filters}
        while True:
            cursor = (await both("/api/v1/products", **asked)).json()["next_cursor"]
            if cursor is None:
                break
            asked["cursor"] = cursor


async def test_every_product_is_the_same(both) -> None:
    for product, _ in GOODS:
        found = (await both(f"/api/v1/products/{product.slug}", currency="GBP")).json()
        assert found["id"] == str(product.id)
