"""Shops that have been open for long: copies of what is there, up to so many products and so many orders.

Written past the services into their stores, as one loads a dump: in bulk, and with the statistics that autovacuum would
have gathered by then. Each copy is whole: with variants, prices, stock and its ledger; with history, without the outbox
entries that the relay has long trimmed.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import batched
from typing import Any
from uuid import UUID

import asyncpg
from pymongo import MongoClient

from tests.dev.rung import Rung

SYLLABLES = ("ka", "lo", "mi", "ne", "ru", "sa", "ti", "vo", "ze", "dy")
"""A series is named by three of them, so that each has a thousandth of the products."""
OF_ONE_CUSTOMER = 20
CHUNK = 50_000
BATCH = 1_000
WORDS = "product_search"
"""The index of words, which is made anew after a bulk."""

COPIED = """
CREATE TEMPORARY TABLE copied AS
SELECT n, p.id AS model, CAST(md5('product ' || n) AS uuid) AS id,
    initcap(s[n % 10 + 1] || s[n / 10 % 10 + 1] || s[n / 100 % 10 + 1]) AS series
FROM (SELECT n, CAST($3 AS text[]) AS s FROM generate_series(CAST($1 AS int), $2) n) numbers
JOIN (SELECT id, row_number() OVER (ORDER BY id) - 1 AS nth, count(*) OVER () AS many FROM model) p ON n % many = nth
"""
INTO_TABLES = (
    """
    INSERT INTO product (id, slug, name, brand, category, description, attributes, tags, popularity, version, archived)
    SELECT c.id, p.slug || '-' || n, series || ' ' || p.name, p.brand, p.category, p.description, p.attributes, p.tags,
        (p.popularity * 7919 + n * 31) % 100000, 1, false
    FROM copied c JOIN product p ON p.id = model
    """,
    """
    INSERT INTO variant (sku, product_id, position, options, prices)
    SELECT v.sku || '-' || n, c.id, v.position, v.options, v.prices FROM copied c JOIN variant v ON v.product_id = model
    """,
    """
    INSERT INTO lowest_price (product_id, currency, amount)
    SELECT c.id, currency, amount FROM copied c JOIN lowest_price l ON l.product_id = model
    """,
    """
    INSERT INTO stock (sku, on_hand, reserved)
    SELECT v.sku || '-' || n, 20, 0 FROM copied c JOIN variant v ON v.product_id = model
    """,
    """
    INSERT INTO stock_ledger (id, sku, entry, quantity, ref, on_hand, reserved, reason)
    SELECT gen_random_uuid(), v.sku || '-' || n, 'initial', 20, 'initial', 20, 0, ''
    FROM copied c JOIN variant v ON v.product_id = model
    """,
)
SOME = "SELECT slug, name FROM product WHERE slug ~ '-[0-9]+$' ORDER BY md5(slug) LIMIT $1"


@dataclass(frozen=True, slots=True)
class Plenty:
    """The stores of this rung."""

    rung: Rung

    async def products(self, count: int) -> None:
        """Up to so many. The first that are there are the models."""
        owner = await asyncpg.connect(self.rung.told("product")["PRODUCT_DATABASE_OWNER_URL"].replace("+asyncpg", ""))
        try:
            await owner.execute("CREATE TEMPORARY TABLE model AS SELECT id FROM product WHERE slug !~ '-[0-9]+$'")
            there = await owner.fetchval("SELECT count(*) FROM product")
            index = await owner.fetchval("SELECT indexdef FROM pg_indexes WHERE indexname = $1", WORDS)
            await owner.execute("SET maintenance_work_mem = '1GB'")
            await owner.execute(f"DROP INDEX {WORDS}")
            for first in range(there + 1, count + 1, CHUNK):
                async with owner.transaction():
                    await owner.execute(COPIED, first, min(first + CHUNK - 1, count), SYLLABLES)
                    for statement in INTO_TABLES:
                        await owner.execute(statement)
                    await owner.execute("DROP TABLE copied")
            await owner.execute(index)
            for table in ("product", "variant", "lowest_price", "stock", "stock_ledger"):
                await owner.execute(f"VACUUM ANALYZE {table}")
        finally:
            await owner.close()

    async def some_products(self, count: int) -> list[tuple[str, str]]:
        """Slug and name of as many copies, from all over the shop and always the same ones."""
        reader = await asyncpg.connect(self.rung.told("product")["PRODUCT_DATABASE_OWNER_URL"].replace("+asyncpg", ""))
        try:
            rows = await reader.fetch(SOME, count)
        finally:
            await reader.close()
        return [(row["slug"], row["name"]) for row in rows]

    def orders(self, count: int, *, of: UUID) -> None:
        """Up to so many, a year of them; twenty of this customer and of everybody else."""
        told = self.rung.told("order")
        with MongoClient[dict[str, Any]](told["ORDER_MONGO_URL"], uuidRepresentation="standard") as client:
            orders = client[told["ORDER_MONGO_DATABASE"]].orders
            models = list(orders.find({"state": "CONFIRMED"}).limit(10))
            there = orders.estimated_document_count()
            for some in batched(self._copies(models, range(there + 1, count + 1), of), BATCH):
                # They are copies of what has been looked at already.
                orders.insert_many(some, ordered=False, bypass_document_validation=True)

    def _copies(self, models: list[dict[str, Any]], numbers: range, of: UUID) -> Iterator[dict[str, Any]]:
        now = datetime.now(UTC)
        for number in numbers:
            placed_at = now - timedelta(days=2) - timedelta(days=365) * (number / numbers.stop)
            # As UUIDv7 it begins with its milliseconds.
            millis = int(placed_at.timestamp() * 1000)
            customer = of if number < numbers.start + OF_ONE_CUSTOMER else UUID(int=number // OF_ONE_CUSTOMER)
            yield {
                **models[number % len(models)],
                "_id": UUID(int=millis << 80 | 7 << 76 | 2 << 62 | number),
                "number": f"COPY-{number:09}",
                "user_id": customer,
                "cart_id": UUID(int=number),
                "idempotency_key": f"copy-{number}",
                "placed_at": placed_at,
                "outbox": [],
            }
