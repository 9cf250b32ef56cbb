"""The twin in memory of the catalogue, for the demo, the simulator and the tests."""

import json
from collections.abc import AsyncGenerator, Collection, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

from chassis.memory import MemoryStore, Table

from product_service.adapters.in_memory_search import rank
from product_service.adapters.in_memory_stock import InMemoryStock
from product_service.domain.product import Category, Currency, Product, SkuTaken, SlugTaken, UnknownCategory
from product_service.domain.search import Position, Sort, StaffWanted, Wanted
from product_service.ports import Offer, Page, Pictured, Stocked

MOST_SHOWN = 99
ASCENDING: frozenset[Sort] = frozenset({"price"})


class InMemoryCatalogue:
    """Categories and products of one MemoryStore, which also has their `stock`. Also its own transaction."""

    def __init__(self, store: MemoryStore, stock: InMemoryStock) -> None:
        self.store = store
        self._stock = stock
        self._categories: Table[str, Category] = store.table()
        self._products: Table[UUID, Product] = store.table()
        self._slugs: Table[str, UUID] = store.table()
        self._skus: Table[str, UUID] = store.table()

    @asynccontextmanager
    async def transaction(self) -> AsyncGenerator["InMemoryCatalogue"]:
        async with self.store.transaction():
            yield self

    async def categories(self) -> str:
        async with self.store.transaction():
            found = sorted(self._categories.values(), key=lambda each: (self._path(each), each.slug))
        return json.dumps([_category(each) for each in found])

    async def page(self, wanted: Wanted) -> Page:
        async with self.store.transaction():
            if wanted.category is not None and wanted.category not in self._categories:
                raise UnknownCategory(wanted.category)
            ranked = sorted(
                ((Position(_key(each, wanted), each.id), each) for each in self._matching(wanted)),
                key=lambda pair: (pair[0].key, pair[0].id),
                reverse=wanted.sort not in ASCENDING,
            )
            rest = [pair for pair in ranked if _is_further(pair[0], wanted)]
            shown = rest[: wanted.limit]
            items = json.dumps([self._card(each, wanted.currency) for _, each in shown])
        return Page(items, shown[-1][0] if len(rest) > len(shown) else None)

    async def detail(self, slug: str, currency: Currency) -> str | None:
        async with self.store.transaction():
            product = self._by_slug(slug)
            if product is None or product.archived:
                return None
            return json.dumps(self._card(product, currency) | self._more(product, currency))

    async def pictured(self, slugs: Collection[str]) -> Mapping[str, Pictured]:
        async with self.store.transaction():
            found = [self._by_slug(slug) for slug in slugs]
        return {each.slug: Pictured(each.slug, each.name, each.category) for each in found if each is not None}

    async def offers(self, skus: Collection[str], currency: Currency) -> Mapping[str, Offer]:
        async with self.store.transaction():
            return {each.sku: each for each in self._offers(skus, currency)}

    async def stocked(self, wanted: StaffWanted) -> Sequence[Stocked]:
        async with self.store.transaction():
            fitting = [
                each
                for each in self._products.values()
                if each.archived is wanted.archived
                and (wanted.before is None or each.id < wanted.before)
                and (wanted.phrase is None or wanted.sku in each.skus or rank(each, wanted.phrase) is not None)
            ]
            newest = sorted(fitting, key=lambda each: each.id, reverse=True)[: wanted.limit]
            return [Stocked(each, await self._stock.lock_stock(each.skus)) for each in newest]

    async def product(self, product_id: UUID) -> Product | None:
        async with self.store.transaction():
            return self._products.get(product_id)

    def _matching(self, wanted: Wanted) -> Iterator[Product]:
        shelves = self._below(wanted.category) if wanted.category is not None else None
        for each in self._products.values():
            price = each.lowest_price(wanted.currency).amount
            if (
                not each.archived
                and (shelves is None or each.category in shelves)
                and (wanted.brand is None or each.brand.lower() == wanted.brand.lower())
                and (wanted.min_price is None or price >= wanted.min_price)
                and (wanted.max_price is None or price <= wanted.max_price)
                and (wanted.in_stock is None or self._in_stock(each) is wanted.in_stock)
                and (wanted.phrase is None or rank(each, wanted.phrase) is not None)
            ):
                yield each

    def _path(self, category: Category) -> list[int]:
        """The positions from its department down to it."""
        parent = self._categories.get(category.parent) if category.parent is not None else None
        return [*(self._path(parent) if parent is not None else ()), category.position]

    def _below(self, category: str) -> set[str]:
        children = (each.slug for each in self._categories.values() if each.parent == category)
        return {category}.union(*(self._below(child) for child in children))

    def _by_slug(self, slug: str) -> Product | None:
        product_id = self._slugs.get(slug)
        return self._products.get(product_id) if product_id is not None else None

    def _in_stock(self, product: Product) -> bool:
        return any(self._stock.available(sku) > 0 for sku in product.skus)

    def _shown(self, sku: str) -> int:
        return min(self._stock.available(sku), MOST_SHOWN)

    def _offers(self, skus: Collection[str], currency: Currency) -> Iterator[Offer]:
        for sku in skus:
            product_id = self._skus.get(sku)
            product = self._products.get(product_id) if product_id is not None else None
            if product is not None and not product.archived:
                variant = next(each for each in product.variants if each.sku == sku)
                price, available = variant.price(currency), self._shown(sku)
                yield Offer(sku, product.slug, product.name, variant.options, price, available)

    def _card(self, product: Product, currency: Currency) -> dict[str, Any]:
        return {
            "id": str(product.id),
            "slug": product.slug,
            "name": product.name,
            "brand": product.brand,
            "category": product.category,
            "price": {"amount": product.lowest_price(currency).amount, "currency": currency},
            "picture": f"/api/v1/pictures/{product.slug}.svg",
            "in_stock": self._in_stock(product),
        }

    def _more(self, product: Product, currency: Currency) -> dict[str, Any]:
        return {
            "description": product.description,
            "attributes": dict(product.attributes),
            "tags": list(product.tags),
            "variants": [
                {
                    "sku": each.sku,
                    "options": dict(each.options),
                    "price": {"amount": each.prices[currency], "currency": currency},
                    "available": self._shown(each.sku),
                }
                for each in product.variants
            ],
        }

    # --- the transaction

    async def put_category(self, category: Category) -> None:
        self.keep_category(category)

    async def has_category(self, slug: str) -> bool:
        return slug in self._categories

    async def add(self, product: Product, *, initial: Mapping[str, int]) -> None:
        self.keep_product(product, initial=initial)

    async def lock(self, product_id: UUID) -> Product | None:
        return self._products.get(product_id)

    async def save(self, product: Product) -> None:
        self._put(product, initial={})

    def keep_category(self, category: Category) -> None:
        """What `put_category` does, for a store that is being loaded."""
        self._categories.put(category.slug, category)

    def keep_product(self, product: Product, *, initial: Mapping[str, int]) -> None:
        """What `add` does, for a store that is being loaded."""
        if product.slug in self._slugs:
            raise SlugTaken(product.slug)
        self._slugs.put(product.slug, product.id)
        self._put(product, initial=initial)

    def _put(self, product: Product, *, initial: Mapping[str, int]) -> None:
        for sku in sorted(product.skus):
            if self._skus.get(sku) not in {None, product.id}:
                raise SkuTaken(sku)
            self._skus.put(sku, product.id)
            self._stock.add_sku(sku, pieces=initial.get(sku, 0))
        self._products.put(product.id, product)


def _category(category: Category) -> dict[str, Any]:
    return {
        "slug": category.slug,
        "name": category.name,
        "description": category.description,
        "parent": category.parent,
        "position": category.position,
    }


def _key(product: Product, wanted: Wanted) -> int:
    match wanted.sort:
        case "newest":
            return 0
        case "popular":
            return product.popularity
        case "price" | "-price":
            return product.lowest_price(wanted.currency).amount
        case "relevance":
            return (rank(product, wanted.phrase) or 0) if wanted.phrase is not None else 0


def _is_further(position: Position, wanted: Wanted) -> bool:
    if wanted.after is None:
        return True
    here, there = (position.key, position.id), (wanted.after.key, wanted.after.id)
    if wanted.sort == "newest":
        return position.id < wanted.after.id
    return here > there if wanted.sort in ASCENDING else here < there
