"""Lists of one room or one brand: right in every order, and no dearer for what stands elsewhere."""

import json
import os
import shutil
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from random import Random, SystemRandom
from typing import Any

import asyncpg
import pytest
from chassis.database import Database
from chassis.migrations import migrate
from chassis.world import World
from product_service.adapters.catalogue_database import CatalogueDatabase
from product_service.adapters.catalogue_queries import page
from product_service.domain.product import Product
from product_service.domain.search import Sort
from product_service.ports import Catalogue
from product_service.wiring import MIGRATIONS
from sqlalchemy import text

from .conftest import GARDEN, KITCHEN, LIDS, POTS, a_product, a_variant, numbered, put
from .test_lists import all_slugs, slugs, wanted

BY: dict[Sort, Callable[[Product], Any]] = {
    "newest": lambda each: -each.id.int,
    "popular": lambda each: (-each.popularity, -each.id.int),
    "price": lambda each: (each.lowest_price("EUR").amount, each.id.int),
    "-price": lambda each: (-each.lowest_price("EUR").amount, -each.id.int),
}
BELOW_KITCHEN = {"kitchen", "pots", "lids"}
ELSEWHERE = 20_000
FEW = 2_000
"""Rows that a page of twenty may read, counted in each step of the plan."""
CHEAP_THINGS = """
INSERT INTO product (id, slug, name, brand, category, description, attributes, tags, popularity, version, archived)
SELECT gen_random_uuid(), 'cheap-' || n, 'Cheap', 'Bellows', 'garden', '', '{}', '{}', 1000 + n, 1, false
FROM generate_series(1, $1) n
"""
CHEAP_PRICES = """
INSERT INTO lowest_price (product_id, currency, amount) SELECT id, 'EUR', 1 FROM product WHERE slug LIKE 'cheap-%'
"""


@pytest.mark.parametrize("sort", BY)
async def test_a_room_is_in_order_whichever_shelf_a_thing_is_on(catalogue: Catalogue, sort: Sort) -> None:
    seed = int(os.environ.get("MERCATO_SEED", SystemRandom().randrange(1_000_000)))
    print(f"seed {seed}")
    dice = Random(seed)
    products = [
        a_product(
            n,
            category=dice.choice(["kitchen", "pots", "lids", "garden"]),
            brand=dice.choice(["Anvil", "Bellows"]),
            popularity=dice.randrange(3),
            variants=(a_variant(f"SKU-{n}", 1000 + dice.randrange(5)),),
        )
        for n in range(40)
    ]
    await put(catalogue, *products)

    for limit in (3, 7, 100):
        for filters, right in {
            (("category", "kitchen"),): lambda each: each.category in BELOW_KITCHEN,
            (("category", "pots"), ("brand", "anvil")): lambda each: (
                each.category in {"pots", "lids"} and each.brand == "Anvil"
            ),
            (("brand", "BELLOWS"), ("min_price", 1002)): lambda each: (
                each.brand == "Bellows" and each.lowest_price("EUR").amount >= 1002
            ),
        }.items():
            shown = await all_slugs(catalogue, wanted(sort, limit=limit, **dict(filters)))
            assert [slug for each in shown for slug in each] == [
                each.slug for each in sorted(filter(right, products), key=BY[sort])
            ]


async def test_what_moves_to_another_room_or_brand_is_listed_there_and_no_longer_here(catalogue: Catalogue) -> None:
    await put(catalogue, a_product(1, category="pots", brand="Anvil"))
    async with catalogue.transaction() as tx:
        found = await tx.lock(numbered(1))
        assert found is not None
        await tx.save(replace(found, category="garden", brand="Bellows"))

    for sort in BY:
        for there in ({"category": "garden"}, {"brand": "bellows"}):
            assert await slugs(catalogue, sort=sort, **there) == ["thing-1"]
        for here in ({"category": "kitchen"}, {"brand": "anvil"}):
            assert await slugs(catalogue, sort=sort, **here) == []


@pytest.fixture
async def large_shop(postgres_catalogue: CatalogueDatabase, product_database: Any) -> CatalogueDatabase:
    """A kitchen with thirty dear things of one brand, which few want; and thousands of cheap ones that many want."""
    async with postgres_catalogue.transaction() as tx:
        for each in (KITCHEN, POTS, LIDS, GARDEN):
            await tx.put_category(each)
    await put(postgres_catalogue, *(a_product(n, variants=(a_variant(f"SKU-{n}", 1000 + n),)) for n in range(30)))
    owner = await asyncpg.connect(product_database.owner_url.replace("+asyncpg", ""))
    await owner.execute(CHEAP_THINGS, ELSEWHERE)
    await owner.execute(CHEAP_PRICES)
    await owner.execute("ANALYZE")
    await owner.close()
    return postgres_catalogue


@pytest.mark.parametrize(
    ("sort", "asked"),
    [
        ("price", {"category": "kitchen"}),
        ("-price", {"category": "kitchen"}),
        ("popular", {"category": "kitchen"}),
        ("price", {"brand": "anvil"}),
        ("-price", {"brand": "anvil"}),
    ],
)
async def test_a_page_reads_few_rows_however_much_stands_elsewhere(
    large_shop: CatalogueDatabase, sort: Sort, asked: dict[str, str]
) -> None:
    statement, parameters = page(wanted(sort, **asked))
    explained = text(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement.text}")

    async with large_shop.database.reading() as connection:
        plan = (await connection.execute(explained, parameters)).scalar_one()[0]["Plan"]

    assert rows_read(plan) < FEW, json.dumps(plan, indent=1)


def rows_read(plan: dict[str, Any]) -> int:
    """By all nodes of the plan, those that were read for nothing too."""
    own = plan["Actual Rows"] + plan.get("Rows Removed by Filter", 0) + plan.get("Rows Removed by Join Filter", 0)
    return own * plan["Actual Loops"] + sum(rows_read(each) for each in plan.get("Plans", []))


async def test_prices_of_before_are_put_on_their_shelves_by_the_migration(
    fresh_database: Callable[..., Awaitable[Any]], tmp_path: Path, world: World
) -> None:
    versions = tmp_path / "versions"
    versions.mkdir()
    for each in sorted((MIGRATIONS / "versions").glob("000[1-4]_*.py")):
        shutil.copy(each, versions)
    before = await fresh_database("product_before_shelves", migrate=lambda fresh: migrate(fresh.owner_url, tmp_path))
    database = Database(before.url)
    catalogue = CatalogueDatabase(database, world)
    async with catalogue.transaction() as tx:
        for each in (KITCHEN, POTS):
            await tx.put_category(each)
    await put(catalogue, a_product(1), a_product(2, brand="Bellows"))

    await migrate(before.owner_url, MIGRATIONS)

    for sort in BY:
        assert await slugs(catalogue, sort=sort, category="kitchen", brand="bellows") == ["thing-2"]
    await database.close()
