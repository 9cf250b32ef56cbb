"""What the use cases need from outside. Each has an in-memory twin."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

from chassis.messages import Contract

from product_service.domain.hold import Hold
from product_service.domain.product import Category, Currency, Money, Product
from product_service.domain.search import Position, StaffWanted, Wanted
from product_service.domain.stock import LedgerRow, Movement, StockLevel


class StockTransaction(Protocol):
    """All that happens inside is committed when the context ends, or none of it.

    Lock a hold before its stock, and lock stock before moving it: in this order nobody waits in a circle.
    """

    async def add_hold(self, hold: Hold, *, ttl: timedelta) -> bool:
        """Make the order's hold, to expire after `ttl`; False when it has one, then nothing was made."""
        ...

    async def lock_hold(self, order_id: UUID) -> Hold | None: ...

    async def lock_overdue_hold(self) -> Hold | None:
        """A held hold past its time by the store's clock, which nobody else is working on."""
        ...

    async def save_hold(self, hold: Hold) -> None:
        """Its state, and what is missing; the lines never change."""
        ...

    async def lock_stock(self, skus: Collection[str]) -> Mapping[str, StockLevel]:
        """The levels of the SKUs that we know; nobody else moves them before the transaction ends."""
        ...

    async def move_stock(self, lines: Mapping[str, int], movement: Movement) -> Mapping[str, StockLevel]:
        """Apply `movement` for each piece of each line, relative to what is there; the levels afterwards."""
        ...

    async def write_ledger(self, rows: Sequence[LedgerRow]) -> bool:
        """Append rows; False when an adjustment with this reference is there already, then none was written."""
        ...

    async def find_adjustment(self, ref: str) -> LedgerRow | None: ...

    async def in_ledger(self, ref: str) -> bool: ...

    async def announce(self, message: Contract) -> None: ...


@dataclass(frozen=True, slots=True)
class HoldStory:
    """An order's hold, and what was booked because of it."""

    hold: Hold
    expires_at: datetime
    booked: Sequence[tuple[datetime, LedgerRow]]
    """Sales and what undid them, in the order of their times and SKUs. Returns are booked for their refunds."""


class Stock(Protocol):
    def transaction(self) -> AbstractAsyncContextManager[StockTransaction]: ...

    async def level(self, sku: str) -> StockLevel | None: ...

    async def ledger(self, sku: str, *, limit: int) -> Sequence[tuple[datetime, LedgerRow]]:
        """The latest rows, newest first, with when they were written."""
        ...

    async def hold_story(self, order_id: UUID) -> HoldStory | None: ...

    async def violations(self) -> Mapping[str, int]:
        """Invariant -> how many SKUs break it; both are always there.

        I1: what is on hand is the sum of the ledger. I2: what is reserved is the sum of the holds.
        """
        ...

    def facts(self) -> AsyncIterator[dict[str, Any]]:
        """Levels, ledger, holds and outbox, all of one moment."""
        ...


class ProductTransaction(Protocol):
    async def put_category(self, category: Category) -> None:
        """Parents first. An existing one is replaced."""
        ...

    async def has_category(self, slug: str) -> bool: ...

    async def add(self, product: Product, *, initial: Mapping[str, int]) -> None:
        """A new product, with so many pieces of its SKUs (0 where unnamed). Raises SlugTaken, SkuTaken."""
        ...

    async def lock(self, product_id: UUID) -> Product | None: ...

    async def save(self, product: Product) -> None:
        """Raises SkuTaken when a variant's SKU is another product's."""
        ...


@dataclass(frozen=True, slots=True)
class Page:
    """One page as JSON text, and where it ended when there is more."""

    items: str
    end: Position | None


@dataclass(frozen=True, slots=True)
class Offer:
    """One SKU as it can be bought right now."""

    sku: str
    product_slug: str
    name: str
    options: Mapping[str, str]
    unit_price: Money
    available: int


@dataclass(frozen=True, slots=True)
class Pictured:
    """What the picture of a product is drawn from."""

    slug: str
    name: str
    category: str


@dataclass(frozen=True, slots=True)
class Stocked:
    """A product, and the level of each of its SKUs."""

    product: Product
    levels: Mapping[str, StockLevel]


class Catalogue(Protocol):
    """Products: one statement for each read, its JSON made where the data is."""

    def transaction(self) -> AbstractAsyncContextManager[ProductTransaction]: ...

    async def categories(self) -> str:
        """A JSON array, department after department, each followed by what is below it."""
        ...

    async def page(self, wanted: Wanted) -> Page:
        """Raises UnknownCategory."""
        ...

    async def detail(self, slug: str, currency: Currency) -> str | None:
        """A JSON object; None for what is unknown or archived."""
        ...

    async def pictured(self, slugs: Collection[str]) -> Mapping[str, Pictured]:
        """Those of these that we know, by slug. Archived ones too: carts and orders still show them."""
        ...

    async def offers(self, skus: Collection[str], currency: Currency) -> Mapping[str, Offer]:
        """The SKUs among these that are for sale."""
        ...

    async def stocked(self, wanted: StaffWanted) -> Sequence[Stocked]:
        """Newest first."""
        ...

    async def product(self, product_id: UUID) -> Product | None:
        """Archived ones too."""
        ...
