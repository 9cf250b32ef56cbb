"""Products: what is sold, in which variants, for how much."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args
from uuid import UUID

Currency = Literal["EUR", "USD", "GBP", "JPY"]
CURRENCIES: tuple[Currency, ...] = get_args(Currency)


class ProductNotFound(Exception):
    def __init__(self) -> None:
        super().__init__("There is no such product.")


class UnknownCategory(Exception):
    def __init__(self, category: str) -> None:
        super().__init__(f"There is no category {category}.")
        self.errors = [{"field": "category", "message": "unknown"}]


class SlugTaken(Exception):
    def __init__(self, slug: str) -> None:
        super().__init__(f"Another product is called {slug}.")
        self.errors = [{"field": "slug", "message": "taken"}]


class SkuTaken(Exception):
    def __init__(self, *skus: str) -> None:
        super().__init__(f"Already in use: {', '.join(skus)}.")
        self.errors = [{"field": "variants", "message": f"{sku} is taken"} for sku in skus]


class TooManyVariants(Exception):
    def __init__(self) -> None:
        super().__init__(f"A product has at most {MAX_VARIANTS} variants.")
        self.errors = [{"field": "variants", "message": f"at most {MAX_VARIANTS}"}]


class ProductChanged(Exception):
    """Somebody else changed the product since it was read."""

    def __init__(self, version: int) -> None:
        super().__init__("The product was changed meanwhile.")
        self.version = version


class ProductArchived(Exception):
    def __init__(self) -> None:
        super().__init__("The product is archived and cannot be changed.")


MAX_VARIANTS = 50


@dataclass(frozen=True, slots=True)
class Money:
    """Minor units of an ISO 4217 currency, net of tax."""

    amount: int
    currency: Currency


@dataclass(frozen=True, slots=True)
class Category:
    slug: str
    name: str
    description: str
    parent: str | None
    position: int


@dataclass(frozen=True, slots=True)
class Variant:
    """What is really sold: one SKU, with a price in each of our currencies."""

    sku: str
    options: Mapping[str, str]
    prices: Mapping[Currency, int]

    def price(self, currency: Currency) -> Money:
        return Money(self.prices[currency], currency)


@dataclass(frozen=True, slots=True)
class Product:
    id: UUID
    slug: str
    name: str
    brand: str
    category: str
    description: str
    attributes: Mapping[str, str]
    tags: tuple[str, ...]
    variants: tuple[Variant, ...]
    popularity: int = 0
    """Pieces that people bought lately, as the shop window sorts by it."""
    version: int = 1
    archived: bool = False

    @property
    def skus(self) -> tuple[str, ...]:
        return tuple(each.sku for each in self.variants)

    def lowest_price(self, currency: Currency) -> Money:
        """What a list shows: "from" this price."""
        return Money(min(each.prices[currency] for each in self.variants), currency)

    def changed(self, change: "Change", *, seen_version: int) -> "Product":
        """The product with `change`, one version later. Raises ProductArchived, ProductChanged, TooManyVariants."""
        if self.archived:
            raise ProductArchived
        if seen_version != self.version:
            raise ProductChanged(self.version)
        return replace(
            self,
            name=_or(change.name, self.name),
            brand=_or(change.brand, self.brand),
            category=_or(change.category, self.category),
            description=_or(change.description, self.description),
            attributes=_or(change.attributes, self.attributes),
            tags=_or(change.tags, self.tags),
            variants=_merged(self.variants, change.variants),
            version=self.version + 1,
        )

    def retired(self) -> "Product":
        """Out of the shop for good; orders and the ledger still know it. Retiring it again changes nothing."""
        return self if self.archived else replace(self, archived=True, version=self.version + 1)


@dataclass(frozen=True, slots=True)
class Change:
    """What staff want changed: None stays. Variants that are named are replaced or added, none is taken away."""

    name: str | None = None
    brand: str | None = None
    category: str | None = None
    description: str | None = None
    attributes: Mapping[str, str] | None = None
    tags: tuple[str, ...] | None = None
    variants: Sequence[Variant] = ()


def _or[T](new: T | None, old: T) -> T:
    return old if new is None else new


def _merged(old: Sequence[Variant], new: Sequence[Variant]) -> tuple[Variant, ...]:
    by_sku = {each.sku: each for each in (*old, *new)}
    if len(by_sku) > MAX_VARIANTS:
        raise TooManyVariants
    return tuple(by_sku.values())
