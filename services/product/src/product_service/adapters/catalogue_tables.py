"""Categories and products as PostgreSQL rows, in the transaction of one connection."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from chassis.statements import Connection, Row
from chassis.world import World
from sqlalchemy import text

from product_service.adapters.stock_tables import StockTables
from product_service.domain.product import CURRENCIES, Category, Product, SkuTaken, SlugTaken, Variant
from product_service.domain.stock import Entry, LedgerRow, StockLevel

PUT_CATEGORY = text(
    "INSERT INTO category (slug, name, description, parent, position)"
    " VALUES (:slug, :name, :description, :parent, :position)"
    " ON CONFLICT (slug) DO UPDATE SET name = :name, description = :description, parent = :parent, position = :position"
)
HAS_CATEGORY = text("SELECT EXISTS (SELECT 1 FROM category WHERE slug = :slug)")
ADD_PRODUCT = text(
    "INSERT INTO product"
    " (id, slug, name, brand, category, description, attributes, tags, popularity, version, archived)"
    " VALUES (:id, :slug, :name, :brand, :category, :description, CAST(:attributes AS json), :tags,"
    " :popularity, :version, :archived) ON CONFLICT (slug) DO NOTHING"
)
SAVE_PRODUCT = text(
    "UPDATE product SET name = :name, brand = :brand, category = :category, description = :description,"
    " attributes = CAST(:attributes AS json), tags = :tags, version = :version, archived = :archived WHERE id = :id"
)
# A SKU stays with the product that had it first: then nothing comes back for it.
PUT_VARIANT = text(
    "INSERT INTO variant (sku, product_id, position, options, prices)"
    " VALUES (:sku, :product_id, :position, CAST(:options AS json), CAST(:prices AS jsonb))"
    " ON CONFLICT (sku) DO UPDATE SET position = :position, options = CAST(:options AS json),"
    " prices = CAST(:prices AS jsonb) WHERE variant.product_id = :product_id RETURNING sku"
)
PUT_LOWEST_PRICE = text(
    "INSERT INTO lowest_price (product_id, currency, amount) VALUES (:product_id, :currency, :amount)"
    " ON CONFLICT (product_id, currency) DO UPDATE SET amount = :amount"
)
ADD_STOCK = text("INSERT INTO stock (sku, on_hand, reserved) VALUES (:sku, :on_hand, 0) ON CONFLICT (sku) DO NOTHING")
PRODUCT = (
    "SELECT id, slug, name, brand, category, description, CAST(attributes AS text) AS attributes, tags,"
    " popularity, version, archived, CAST((SELECT json_agg("
    " json_build_object('sku', v.sku, 'options', v.options, 'prices', v.prices) ORDER BY v.position)"
    " FROM variant v WHERE v.product_id = product.id) AS text) AS variants FROM product"
)
GET_PRODUCT = text(PRODUCT + " WHERE id = :id")
LOCK_PRODUCT = text("SELECT 1 FROM product WHERE id = :id FOR NO KEY UPDATE")


@dataclass(frozen=True, slots=True)
class CatalogueTables:
    connection: Connection
    world: World

    async def put_category(self, category: Category) -> None:
        await self.connection.execute(
            PUT_CATEGORY,
            {
                "slug": category.slug,
                "name": category.name,
                "description": category.description,
                "parent": category.parent,
                "position": category.position,
            },
        )

    async def has_category(self, slug: str) -> bool:
        return (await self.connection.execute(HAS_CATEGORY, {"slug": slug})).scalar_one()

    async def add(self, product: Product, *, initial: Mapping[str, int]) -> None:
        added = await self.connection.execute(ADD_PRODUCT, _from_product(product))
        if added.rowcount == 0:
            raise SlugTaken(product.slug)
        await self._put_variants(product, initial)

    async def lock(self, product_id: UUID) -> Product | None:
        # First the lock, then the look: variants that were added while we waited are seen too.
        if (await self.connection.execute(LOCK_PRODUCT, {"id": product_id})).one_or_none() is None:
            return None
        return to_product((await self.connection.execute(GET_PRODUCT, {"id": product_id})).one())

    async def save(self, product: Product) -> None:
        await self.connection.execute(SAVE_PRODUCT, _from_product(product))
        await self._put_variants(product, {})

    async def _put_variants(self, product: Product, initial: Mapping[str, int]) -> None:
        for position, variant in sorted(enumerate(product.variants), key=lambda each: each[1].sku):
            row = _from_variant(variant, product.id, position)
            if (await self.connection.execute(PUT_VARIANT, row)).one_or_none() is None:
                raise SkuTaken(variant.sku)
        levels = [{"sku": sku, "on_hand": initial.get(sku, 0)} for sku in sorted(product.skus)]
        await self.connection.execute(ADD_STOCK, levels)
        await self.connection.execute(
            PUT_LOWEST_PRICE,
            [
                {"product_id": product.id, "currency": each, "amount": product.lowest_price(each).amount}
                for each in CURRENCIES
            ],
        )
        await StockTables(self.connection, self.world).write_ledger(
            [
                LedgerRow(self.world.ids.uuid7(), Entry.INITIAL, pieces, "initial", StockLevel(sku, pieces, 0))
                for sku, pieces in initial.items()
                if pieces
            ]
        )


def _from_product(product: Product) -> dict[str, Any]:
    return {
        "id": product.id,
        "slug": product.slug,
        "name": product.name,
        "brand": product.brand,
        "category": product.category,
        "description": product.description,
        "attributes": json.dumps(dict(product.attributes)),
        "tags": list(product.tags),
        "popularity": product.popularity,
        "version": product.version,
        "archived": product.archived,
    }


def _from_variant(variant: Variant, product_id: UUID, position: int) -> dict[str, Any]:
    return {
        "sku": variant.sku,
        "product_id": product_id,
        "position": position,
        "options": json.dumps(dict(variant.options)),
        "prices": json.dumps(dict(variant.prices)),
    }


def to_product(row: Row) -> Product:
    return Product(
        id=row.id,
        slug=row.slug,
        name=row.name,
        brand=row.brand,
        category=row.category,
        description=row.description,
        attributes=json.loads(row.attributes),
        tags=tuple(row.tags),
        variants=tuple(Variant(each["sku"], each["options"], each["prices"]) for each in json.loads(row.variants)),
        popularity=row.popularity,
        version=row.version,
        archived=row.archived,
    )
