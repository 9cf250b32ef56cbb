"""What the demo shop sells: one readable file per department in `seed/`, read once."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from product_service.adapters.seed_ids import seed_id
from product_service.adapters.seed_prices import prices
from product_service.domain.product import Category, Product, Variant

SEED = Path(__file__).with_name("seed")

type Department = dict[str, Any]
"""A file as it was read."""


@dataclass(frozen=True, slots=True)
class SeedCatalogue:
    categories: tuple[Category, ...]
    """Parents first."""
    products: tuple[tuple[Product, Mapping[str, int]], ...]
    """Each with its initial pieces per SKU, in the order of their ids."""


@cache
def seed_catalogue() -> SeedCatalogue:
    """The whole catalogue; the same object each time."""
    departments = sorted((_read(path) for path in SEED.glob("*.toml")), key=lambda each: each["position"])
    return SeedCatalogue(
        categories=tuple(category for each in departments for category in _categories(each)),
        products=tuple(sorted((pair for each in departments for pair in _products(each)), key=lambda pair: pair[0].id)),
    )


def _read(path: Path) -> Department:
    return tomllib.loads(path.read_text(encoding="utf-8"))


def _categories(department: Department) -> Iterator[Category]:
    yield _to_category(department, parent=None, position=department["position"])
    for position, shelf in enumerate(department["shelves"], start=1):
        yield _to_category(shelf, parent=department["slug"], position=position)


def _to_category(read: Mapping[str, Any], *, parent: str | None, position: int) -> Category:
    return Category(read["slug"], read["name"], read["description"], parent, position)


def _products(department: Department) -> Iterator[tuple[Product, Mapping[str, int]]]:
    for row, read in enumerate(department["products"]):
        product = Product(
            id=seed_id(read["slug"], department=department["position"], row=row),
            slug=read["slug"],
            name=read["name"],
            brand=read["brand"],
            category=read["category"],
            # A sentence may stand on a line of its own in the file; a customer reads one paragraph.
            description=" ".join(read["description"].split()),
            attributes=read["attributes"],
            tags=tuple(read["tags"]),
            variants=tuple(_to_variant(each) for each in read["variants"]),
            popularity=read["popularity"],
        )
        yield product, {each["sku"]: each["stock"] for each in read["variants"]}


def _to_variant(read: Mapping[str, Any]) -> Variant:
    return Variant(sku=read["sku"], options=read["options"], prices=prices(eur=read["eur"]))
