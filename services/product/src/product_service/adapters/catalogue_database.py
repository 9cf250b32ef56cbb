"""The catalogue in PostgreSQL: transactions, and what is read without one."""

import json
from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from chassis.database import Database
from chassis.statements import Row
from chassis.world import World
from sqlalchemy import TextClause

from product_service.adapters import catalogue_queries
from product_service.adapters.catalogue_tables import GET_PRODUCT, CatalogueTables, to_product
from product_service.adapters.stock_tables import LEVELS, to_level
from product_service.domain.product import Currency, Money, Product, UnknownCategory
from product_service.domain.search import Position, StaffWanted, Wanted
from product_service.ports import Offer, Page, Pictured, Stocked


@dataclass(frozen=True, slots=True)
class CatalogueDatabase:
    database: Database
    world: World

    @asynccontextmanager
    async def transaction(self) -> AsyncGenerator[CatalogueTables]:
        async with self.database.transaction() as connection:
            yield CatalogueTables(connection, self.world)

    async def categories(self) -> str:
        row = await self._row(catalogue_queries.CATEGORIES)
        return row[0] if row is not None else "[]"

    async def page(self, wanted: Wanted) -> Page:
        row = await self._row(*catalogue_queries.page(wanted))
        assert row is not None  # an aggregate always has one
        if not row.known_category:
            raise UnknownCategory(str(wanted.category))
        return Page(row["items"], Position(row.last_key, row.last_id) if row.more else None)

    async def detail(self, slug: str, currency: Currency) -> str | None:
        row = await self._row(catalogue_queries.DETAIL, {"slug": slug, "currency": currency})
        return row[0] if row is not None else None

    async def pictured(self, slugs: Collection[str]) -> Mapping[str, Pictured]:
        async with self.database.reading() as connection:
            rows = (await connection.execute(catalogue_queries.PICTURED, {"slugs": list(slugs)})).all()
        return {row.slug: Pictured(slug=row.slug, name=row.name, category=row.category) for row in rows}

    async def offers(self, skus: Collection[str], currency: Currency) -> Mapping[str, Offer]:
        async with self.database.reading() as connection:
            rows = (
                await connection.execute(catalogue_queries.OFFERS, {"skus": list(skus), "currency": currency})
            ).all()
        return {row.sku: _to_offer(row, currency) for row in rows}

    async def stocked(self, wanted: StaffWanted) -> Sequence[Stocked]:
        async with self.database.reading() as connection:
            products = [to_product(row) for row in await connection.execute(*catalogue_queries.stocked(wanted))]
            skus = [sku for each in products for sku in each.skus]
            levels = {row.sku: to_level(row) for row in await connection.execute(LEVELS, {"skus": skus})}
        return [Stocked(each, {sku: levels[sku] for sku in each.skus}) for each in products]

    async def product(self, product_id: UUID) -> Product | None:
        row = await self._row(GET_PRODUCT, {"id": product_id})
        return to_product(row) if row is not None else None

    async def _row(self, statement: TextClause, parameters: Mapping[str, Any] | None = None) -> Row | None:
        async with self.database.reading() as connection:
            return (await connection.execute(statement, parameters)).one_or_none()


def _to_offer(row: Row, currency: Currency) -> Offer:
    return Offer(
        sku=row.sku,
        product_slug=row.slug,
        name=row.name,
        options=json.loads(row.options),
        unit_price=Money(row.amount, currency),
        available=row.available,
    )
