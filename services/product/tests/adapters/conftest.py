"""Two empty shops, and goods to put into them."""

from collections.abc import AsyncGenerator
from typing import Any
from uuid import UUID

import pytest
from chassis.memory import MemoryStore
from chassis.world import World
from product_service.adapters.in_memory_catalogue import InMemoryCatalogue
from product_service.adapters.in_memory_stock import InMemoryStock
from product_service.domain.product import CURRENCIES, Category, Product, Variant
from product_service.ports import Catalogue

KITCHEN = Category("kitchen", "Kitchen", "For cooks.", None, 1)
POTS = Category("pots", "Pots", "To cook in.", "kitchen", 1)
LIDS = Category("lids", "Lids", "To cover pots.", "pots", 1)
GARDEN = Category("garden", "Garden", "For diggers.", None, 2)


def numbered(number: int) -> UUID:
    """An id that is newer than those of lower numbers."""
    return UUID(f"0190a000-0000-7000-8000-{number:012d}")


def a_variant(sku: str, price: int = 1000, **others: Any) -> Variant:
    prices = {currency: price + place for place, currency in enumerate(CURRENCIES)}
    return Variant(sku, others.get("options", {"size": "M"}), others.get("prices", prices))


def a_product(number: int, **others: Any) -> Product:
    fields: dict[str, Any] = {
        "id": numbered(number),
        "slug": f"thing-{number}",
        "name": f"Thing {number}",
        "brand": "Anvil",
        "category": "pots",
        "description": "Does what it should.",
        "attributes": {"material": "steel", "colour": "grey"},
        "tags": ("plain", "sturdy"),
        "variants": (a_variant(f"SKU-{number}"),),
    }
    return Product(**(fields | others))


@pytest.fixture
def memory_catalogue(world: World) -> InMemoryCatalogue:
    store = MemoryStore(world)
    return InMemoryCatalogue(store, InMemoryStock(store))


@pytest.fixture
async def postgres_catalogue(product_database: Any, world: World) -> AsyncGenerator[Catalogue]:
    from chassis.database import Database
    from product_service.adapters.catalogue_database import CatalogueDatabase

    database = Database(product_database.url)
    yield CatalogueDatabase(database, world)
    await database.close()


@pytest.fixture(params=["memory", "postgres"])
def twin(request: pytest.FixtureRequest) -> Catalogue:
    return request.getfixturevalue(f"{request.param}_catalogue")


@pytest.fixture
async def catalogue(twin: Catalogue) -> Catalogue:
    """With categories, and nothing in them."""
    async with twin.transaction() as tx:
        for each in (KITCHEN, POTS, LIDS, GARDEN):
            await tx.put_category(each)
    return twin


async def put(catalogue: Catalogue, *products: Product, pieces: int = 1) -> None:
    for each in products:
        async with catalogue.transaction() as tx:
            await tx.add(each, initial=dict.fromkeys(each.skus, pieces))
