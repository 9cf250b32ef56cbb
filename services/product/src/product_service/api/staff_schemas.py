"""What staff send and see. Amounts are integer minor units, net of tax."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from chassis.schemas import LongText, NoNulls, RequestBody, ResponseBody, ShortText, Written
from fastapi import Path
from pydantic import AfterValidator, ConfigDict, Field, StrictInt, StringConstraints, model_validator

from product_service.api.schemas import MAX_AMOUNT, Sku, Slug
from product_service.domain.product import CURRENCIES, MAX_VARIANTS, Change, Currency, Product, Variant
from product_service.domain.stock import MAX_ON_HAND, Entry, LedgerRow, StockLevel
from product_service.ports import HoldStory, Stocked

MAX_LABEL = 60
SkuPath = Annotated[Sku, Path()]
Label = Annotated[str, Written, StringConstraints(min_length=1, max_length=MAX_LABEL)]
Value = Annotated[str, NoNulls, StringConstraints(max_length=200)]
Amount = Annotated[StrictInt, Field(ge=0, le=MAX_AMOUNT)]


def _in_every_currency(prices: dict[Currency, int]) -> dict[Currency, int]:
    missing = [each for each in CURRENCIES if each not in prices]
    if missing:
        raise ValueError(f"no price in {', '.join(missing)}")
    return prices


Prices = Annotated[
    dict[Currency, Amount],
    AfterValidator(_in_every_currency),
    Field(json_schema_extra={"required": list(CURRENCIES)}),
]
Labelled = Annotated[
    dict[Label, Value],
    Field(json_schema_extra={"propertyNames": {"maxLength": MAX_LABEL}, "additionalProperties": False}),
]
Attributes = Annotated[Labelled, Field(max_length=50)]
Tags = Annotated[list[Label], Field(max_length=30)]


class VariantBody(RequestBody):
    sku: Sku
    options: Labelled = Field(default_factory=dict, max_length=10)
    prices: Prices = Field(description="In every currency of the shop.")

    def to_variant(self) -> Variant:
        return Variant(self.sku, self.options, self.prices)


def _each_sku_once(variants: list[VariantBody]) -> list[VariantBody]:
    if len({each.sku for each in variants}) < len(variants):
        raise ValueError("a SKU is named twice")
    return variants


Variants = Annotated[list[VariantBody], Field(max_length=MAX_VARIANTS), AfterValidator(_each_sku_once)]


class NewProduct(RequestBody):
    slug: Slug
    name: ShortText
    brand: Label
    category: Slug
    description: LongText
    attributes: Attributes = Field(default_factory=dict)
    tags: Tags = Field(default_factory=list)
    variants: Annotated[Variants, Field(min_length=1)]

    def to_product(self, id_: UUID) -> Product:
        return Product(
            id=id_,
            slug=self.slug,
            name=self.name,
            brand=self.brand,
            category=self.category,
            description=self.description,
            attributes=self.attributes,
            tags=tuple(self.tags),
            variants=tuple(each.to_variant() for each in self.variants),
        )


TEXTS = ("name", "brand", "category", "description")


class ProductChange(RequestBody):
    """What is left out stays. Variants that are named are replaced or added; none is taken away."""

    model_config = ConfigDict(
        json_schema_extra={
            "anyOf": [
                *({"required": [each], "properties": {each: {"type": "string"}}} for each in TEXTS),
                {"required": ["attributes"], "properties": {"attributes": {"type": "object"}}},
                {"required": ["tags"], "properties": {"tags": {"type": "array"}}},
                {"required": ["variants"], "properties": {"variants": {"minItems": 1}}},
            ]
        }
    )

    version: StrictInt = Field(ge=1, le=2**31 - 1, description="The version that you have seen.")
    name: ShortText | None = None
    brand: Label | None = None
    category: Slug | None = None
    description: LongText | None = None
    attributes: Attributes | None = None
    tags: Tags | None = None
    variants: Variants = Field(default_factory=list)

    @model_validator(mode="after")
    def _something(self) -> Self:
        if self.to_change() == Change():
            raise ValueError("nothing is to be changed")
        return self

    def to_change(self) -> Change:
        return Change(
            name=self.name,
            brand=self.brand,
            category=self.category,
            description=self.description,
            attributes=self.attributes,
            tags=tuple(self.tags) if self.tags is not None else None,
            variants=tuple(each.to_variant() for each in self.variants),
        )


class StaffVariant(ResponseBody):
    sku: str
    options: Mapping[str, str]
    prices: Mapping[Currency, int]


class StaffProduct(ResponseBody):
    """A product as staff see it: prices in every currency, its version, archived or not."""

    id: UUID
    slug: str
    name: str
    brand: str
    category: str
    description: str
    attributes: Mapping[str, str]
    tags: tuple[str, ...]
    variants: list[StaffVariant]
    popularity: int
    version: int
    archived: bool

    @classmethod
    def from_product(cls, product: Product) -> Self:
        return cls(
            id=product.id,
            slug=product.slug,
            name=product.name,
            brand=product.brand,
            category=product.category,
            description=product.description,
            attributes=product.attributes,
            tags=product.tags,
            variants=[
                StaffVariant(sku=each.sku, options=each.options, prices=each.prices) for each in product.variants
            ],
            popularity=product.popularity,
            version=product.version,
            archived=product.archived,
        )


class StockedVariant(StaffVariant):
    on_hand: int
    reserved: int


class StockedProduct(ResponseBody):
    """A product as it stands in staff's list."""

    id: UUID
    slug: str
    name: str
    brand: str
    category: str
    picture: str
    version: int
    archived: bool
    variants: list[StockedVariant]

    @classmethod
    def from_stocked(cls, stocked: Stocked) -> Self:
        product, levels = stocked.product, stocked.levels
        return cls(
            id=product.id,
            slug=product.slug,
            name=product.name,
            brand=product.brand,
            category=product.category,
            picture=f"/api/v1/pictures/{product.slug}.svg",
            version=product.version,
            archived=product.archived,
            variants=[
                StockedVariant(
                    sku=each.sku,
                    options=each.options,
                    prices=each.prices,
                    on_hand=levels[each.sku].on_hand,
                    reserved=levels[each.sku].reserved,
                )
                for each in product.variants
            ],
        )


def _not_zero(quantity: int) -> int:
    if quantity == 0:
        raise ValueError("0 changes nothing")
    return quantity


class Adjustment(RequestBody):
    """`restock` and `return` add pieces; `adjust` corrects the count, up or down."""

    kind: Literal["restock", "return", "adjust"]
    quantity: Annotated[
        StrictInt,
        Field(ge=-MAX_ON_HAND, le=MAX_ON_HAND, json_schema_extra={"not": {"const": 0}}),
        AfterValidator(_not_zero),
    ]
    reason: ShortText


class StockView(ResponseBody):
    sku: str
    on_hand: int
    reserved: int
    available: int

    @classmethod
    def from_level(cls, level: StockLevel) -> Self:
        return cls(sku=level.sku, on_hand=level.on_hand, reserved=level.reserved, available=level.available)


class LedgerView(ResponseBody):
    """Why the stock changed, and what it was afterwards."""

    id: UUID
    at: datetime
    kind: Entry
    quantity: int
    """Signed: a sale takes away."""
    ref: str
    reason: str
    on_hand: int
    reserved: int

    @classmethod
    def from_row(cls, at: datetime, row: LedgerRow) -> Self:
        return cls(
            id=row.id,
            at=at,
            kind=row.entry,
            quantity=row.quantity,
            ref=row.ref,
            reason=row.reason,
            on_hand=row.level.on_hand,
            reserved=row.level.reserved,
        )


class HoldLine(ResponseBody):
    sku: str
    quantity: int


class MissingLine(ResponseBody):
    sku: str
    wanted: int
    available: int


class BookedLine(ResponseBody):
    at: datetime
    sku: str
    kind: Entry
    quantity: int
    """Signed: a sale takes away."""


class HoldView(ResponseBody):
    order_id: UUID
    state: str
    expires_at: datetime
    """Held until then, unless it was committed or released."""
    lines: list[HoldLine]
    missing: list[MissingLine]
    """Why it was rejected."""
    booked: list[BookedLine]
    """The sale and what undid it; goods that came back are in the ledger of their SKU."""

    @classmethod
    def from_story(cls, story: HoldStory) -> Self:
        return cls(
            order_id=story.hold.order_id,
            state=story.hold.state.value,
            expires_at=story.expires_at,
            lines=[HoldLine(sku=sku, quantity=quantity) for sku, quantity in story.hold.lines.items()],
            missing=[
                MissingLine(sku=each.sku, wanted=each.wanted, available=each.available) for each in story.hold.missing
            ],
            booked=[
                BookedLine(at=at, sku=row.level.sku, kind=row.entry, quantity=row.quantity) for at, row in story.booked
            ],
        )


class StockHistory(StockView):
    ledger: list[LedgerView]
    """The latest entries, newest first."""
