"""What everybody sees of the catalogue. Amounts are integer minor units, net of tax."""

from typing import Annotated
from uuid import UUID

from chassis.schemas import NoNulls, RequestBody, ResponseBody
from fastapi import Path, Query
from pydantic import Field, StringConstraints

from product_service.domain.product import Currency
from product_service.ports import Offer

MAX_AMOUNT = 1_000_000_000
SLUG = r"^[a-z0-9]+(-[a-z0-9]+)*$"
Slug = Annotated[str, StringConstraints(pattern=SLUG, min_length=2, max_length=100)]
Sku = Annotated[str, StringConstraints(pattern=r"^[A-Z0-9-]{3,32}$")]

SlugPath = Annotated[str, NoNulls, Path(max_length=100, json_schema_extra={"pattern": SLUG})]
"""Whatever is no slug is the name of nothing."""
MOST_PICTURES = 40
SlugsQuery = Annotated[
    str,
    Query(
        pattern=rf"{SLUG[:-1]}(,{SLUG[1:-1]}){{0,{MOST_PICTURES - 1}}}$",
        max_length=MOST_PICTURES * 101 - 1,
        description=f"Slugs of products, up to {MOST_PICTURES}, with commas between them.",
        examples=["stone-mug,oak-desk"],
    ),
]
Text = Annotated[
    str | None,
    NoNulls,
    Query(
        min_length=1,
        max_length=200,
        description='Words to look for; "quotes" keep them together, a minus excludes, the last may be unfinished.',
    ),
]
TextOrSku = Annotated[
    str | None,
    NoNulls,
    Query(min_length=1, max_length=200, description="Words to look for, the last may be unfinished; or a whole SKU."),
]
InCategory = Annotated[Slug | None, Query(description="Slug of a category; its subcategories are included.")]
OfBrand = Annotated[str | None, NoNulls, Query(min_length=1, max_length=100, description="In any case.")]
Price = Annotated[int | None, Query(ge=0, le=MAX_AMOUNT, description="Minor units of `currency`.")]
InStock = Annotated[bool | None, Query(description="Something of it can be bought now, or nothing.")]
InCurrency = Annotated[Currency, Query(description="Prices are shown, filtered and sorted in it.")]


class Money(ResponseBody):
    amount: int
    currency: Currency


class CategoryView(ResponseBody):
    slug: str
    name: str
    description: str
    parent: str | None
    position: int


class CategoryList(ResponseBody):
    items: list[CategoryView]
    """Department after department, each followed by what is below it."""


class ProductCard(ResponseBody):
    """A product as it stands in a list."""

    id: UUID
    slug: str
    name: str
    brand: str
    category: str
    price: Money
    """Of the cheapest variant."""
    picture: str
    """Path of its picture."""
    in_stock: bool


class VariantView(ResponseBody):
    sku: str
    options: dict[str, str]
    price: Money
    available: int = Field(description="How many can be bought now; 99 stands for 99 and more.")


class ProductDetail(ProductCard):
    description: str
    attributes: dict[str, str]
    tags: list[str]
    variants: list[VariantView]


class QuoteLine(RequestBody):
    sku: Annotated[str, NoNulls] = Field(max_length=64)
    quantity: int = 1


class QuoteBody(RequestBody):
    """A neighbour's question: what these lines cost now."""

    currency: Currency
    lines: list[QuoteLine] = Field(max_length=200)


class OfferView(ResponseBody):
    sku: str
    product_slug: str
    name: str
    options: dict[str, str]
    picture: str
    unit_price: int
    available: int


class QuoteAnswer(ResponseBody):
    currency: Currency
    lines: list[OfferView]
    unavailable: list[str]
    """Unknown, or not for sale any more."""


def to_offer_view(offer: Offer) -> OfferView:
    return OfferView(
        sku=offer.sku,
        product_slug=offer.product_slug,
        name=offer.name,
        options=dict(offer.options),
        picture=f"/api/v1/pictures/{offer.product_slug}.svg",
        unit_price=offer.unit_price.amount,
        available=offer.available,
    )
