"""What can be asked without changing anything."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from product_service.domain.hold import HoldNotFound
from product_service.domain.picture import picture, pictures, symbol
from product_service.domain.product import Currency, Product, ProductNotFound
from product_service.domain.search import StaffWanted
from product_service.domain.stock import LedgerRow, SkuNotFound, StockLevel
from product_service.ports import Catalogue, HoldStory, Offer, Stock, Stocked

LATEST = 50


@dataclass(frozen=True, slots=True)
class SeeProduct:
    """A product as everybody sees it, as JSON text. Raises ProductNotFound."""

    catalogue: Catalogue

    async def __call__(self, slug: str, currency: Currency) -> str:
        found = await self.catalogue.detail(slug, currency)
        if found is None:
            raise ProductNotFound
        return found


@dataclass(frozen=True, slots=True)
class SeePicture:
    """The picture of a product, archived or not, as SVG text. Raises ProductNotFound."""

    catalogue: Catalogue

    async def __call__(self, slug: str) -> str:
        found = (await self.catalogue.pictured([slug])).get(slug)
        if found is None:
            raise ProductNotFound
        return picture(slug=found.slug, name=found.name, category=found.category)


@dataclass(frozen=True, slots=True)
class SeePictures:
    """The pictures of several products in one SVG, in the order that was asked for; without those we do not know."""

    catalogue: Catalogue

    async def __call__(self, slugs: Sequence[str]) -> str:
        wanted = list(dict.fromkeys(slugs))
        found = await self.catalogue.pictured(wanted)
        known = [found[slug] for slug in wanted if slug in found]
        return pictures(symbol(slug=each.slug, name=each.name, category=each.category) for each in known)


@dataclass(frozen=True, slots=True)
class ShowProduct:
    """A product as staff see it: with its version, archived or not. Raises ProductNotFound."""

    catalogue: Catalogue

    async def __call__(self, product_id: UUID) -> Product:
        found = await self.catalogue.product(product_id)
        if found is None:
            raise ProductNotFound
        return found


@dataclass(frozen=True, slots=True)
class ListStocked:
    """Products with their levels for staff, newest first, and whether there are more."""

    catalogue: Catalogue

    async def __call__(self, wanted: StaffWanted) -> tuple[Sequence[Stocked], bool]:
        found = await self.catalogue.stocked(replace(wanted, limit=wanted.limit + 1))
        return found[: wanted.limit], len(found) > wanted.limit


@dataclass(frozen=True, slots=True)
class ShowStock:
    """The level of a SKU and the latest reasons for it. Raises SkuNotFound."""

    stock: Stock

    async def __call__(self, sku: str) -> tuple[StockLevel, Sequence[tuple[datetime, LedgerRow]]]:
        level = await self.stock.level(sku)
        if level is None:
            raise SkuNotFound(sku)
        return level, await self.stock.ledger(sku, limit=LATEST)


@dataclass(frozen=True, slots=True)
class ShowHold:
    """What an order has of our stock, and what was booked for it. Raises HoldNotFound."""

    stock: Stock

    async def __call__(self, order_id: UUID) -> HoldStory:
        found = await self.stock.hold_story(order_id)
        if found is None:
            raise HoldNotFound
        return found


@dataclass(frozen=True, slots=True)
class Quote:
    """Offers for a basket, in its order, and the SKUs that are not for sale."""

    catalogue: Catalogue

    async def __call__(self, *, skus: Sequence[str], currency: Currency) -> tuple[list[Offer], list[str]]:
        found = await self.catalogue.offers(skus, currency)
        wanted = list(dict.fromkeys(skus))
        return [found[sku] for sku in wanted if sku in found], [sku for sku in wanted if sku not in found]
