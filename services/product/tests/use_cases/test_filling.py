"""Filling a shop, on the twin in memory."""

from typing import Any
from uuid import UUID

import pytest
from chassis.memory import MemoryStore
from chassis.world import World
from product_service.adapters.in_memory_catalogue import InMemoryCatalogue
from product_service.adapters.in_memory_stock import InMemoryStock
from product_service.domain.product import CURRENCIES, Category, Product, UnknownCategory, Variant
from product_service.use_cases.add_product import AddProduct
from product_service.use_cases.fill_shop import FillShop

POTS = Category("pots", "Pots", "To cook in.", None, 1)


def a_pot(number: int, **others: Any) -> Product:
    fields: dict[str, Any] = {
        "id": UUID(int=number),
        "slug": f"pot-{number}",
        "name": "Pot",
        "brand": "Anvil",
        "category": "pots",
        "description": "Round.",
        "attributes": {},
        "tags": (),
        "variants": (Variant(f"POT-{number}", {}, dict.fromkeys(CURRENCIES, 100)),),
    }
    return Product(**(fields | others))


@pytest.fixture
def store(world: World) -> MemoryStore:
    return MemoryStore(world)


@pytest.fixture
def stock(store: MemoryStore) -> InMemoryStock:
    return InMemoryStock(store)


@pytest.fixture
def catalogue(store: MemoryStore, stock: InMemoryStock) -> InMemoryCatalogue:
    return InMemoryCatalogue(store, stock)


async def on_hand(stock: InMemoryStock, sku: str) -> int:
    level = await stock.level(sku)
    return level.on_hand if level is not None else -1


async def test_goods_come_with_their_first_pieces(catalogue: InMemoryCatalogue, stock: InMemoryStock) -> None:
    fill = FillShop(catalogue, [POTS], [(a_pot(1), {"POT-1": 5}), (a_pot(2), {})])

    assert await fill() == 2

    assert (await on_hand(stock, "POT-1"), await on_hand(stock, "POT-2")) == (5, 0)
    [(_, first)] = await stock.ledger("POT-1", limit=10)
    assert (first.quantity, first.level.on_hand) == (5, 5)
    assert await stock.ledger("POT-2", limit=10) == []


async def test_what_is_there_already_stays_as_it_is(catalogue: InMemoryCatalogue, stock: InMemoryStock) -> None:
    renamed = Category("pots", "Cauldrons", "For witches.", None, 1)
    await FillShop(catalogue, [renamed], [(a_pot(1, name="Cauldron"), {"POT-1": 3})])()

    assert await FillShop(catalogue, [POTS], [(a_pot(1), {"POT-1": 5}), (a_pot(2), {"POT-2": 5})])() == 1

    found = await catalogue.product(UUID(int=1))
    assert found is not None
    assert found.name == "Cauldron"
    assert (await on_hand(stock, "POT-1"), await on_hand(stock, "POT-2")) == (3, 5)
    assert "Cauldrons" in await catalogue.categories()


async def test_a_product_in_a_category_that_there_is_not_is_not_added(catalogue: InMemoryCatalogue) -> None:
    with pytest.raises(UnknownCategory):
        await AddProduct(catalogue)(a_pot(1))

    assert await catalogue.product(UUID(int=1)) is None
