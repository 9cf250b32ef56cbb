"""The catalogue, for everybody: path, verb, what happens. The JSON is the store's own and passes through."""

import json
from typing import Annotated, Any
from uuid import UUID

from chassis.paging import BadCursor, Cursor, Limit, decode_cursor, encode_cursor
from chassis.problems import refusals
from chassis.schemas import Page
from fastapi import APIRouter, Query, Response

from product_service.api.cacheable import PICTURES, Seen, cacheable
from product_service.api.refusals import REFUSALS
from product_service.api.schemas import (
    CategoryList,
    InCategory,
    InCurrency,
    InStock,
    OfBrand,
    Price,
    ProductCard,
    ProductDetail,
    SlugPath,
    SlugsQuery,
    Text,
)
from product_service.domain.product import ProductNotFound, UnknownCategory
from product_service.domain.search import NothingToRank, Position, PriceRangeEmpty, Sort, Wanted, to_phrase
from product_service.wiring import CatalogueDep, SeePictureDep, SeePicturesDep, SeeProductDep

LARGEST_KEY = 2**31 - 1
SAID_NO = {**REFUSALS, BadCursor: (422, "invalid_cursor")}
NOT_MODIFIED: dict[int | str, dict[str, Any]] = {304: {"description": "It is still what `If-None-Match` names."}}
DRAWN: dict[int | str, dict[str, Any]] = {200: {"content": {"image/svg+xml": {}}, "description": "A picture."}}
# Nothing in a picture may run, load or call, even where somebody opens it as a page.
HARMLESS = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox"}

router = APIRouter()


@router.get("/api/v1/categories", response_model=CategoryList, responses=NOT_MODIFIED)
async def list_categories(catalogue: CatalogueDep, seen: Seen = None) -> Response:
    """All categories; departments have no `parent`."""
    return cacheable(f'{{"items":{await catalogue.categories()}}}', seen=seen)


@router.get(
    "/api/v1/products",
    response_model=Page[ProductCard],
    responses={**NOT_MODIFIED, **refusals(SAID_NO, BadCursor, UnknownCategory, PriceRangeEmpty, NothingToRank)},
)
async def list_products(
    catalogue: CatalogueDep,
    q: Text = None,
    category: InCategory = None,
    brand: OfBrand = None,
    min_price: Price = None,
    max_price: Price = None,
    in_stock: InStock = None,
    sort: Annotated[Sort | None, Query(description="`relevance` when there is a `q`, else `newest`.")] = None,
    currency: InCurrency = "EUR",
    cursor: Cursor = None,
    limit: Limit = 20,
    seen: Seen = None,
) -> Response:
    """What is for sale, a page at a time."""
    order: Sort = sort or ("newest" if q is None else "relevance")
    found = await catalogue.page(
        Wanted(
            currency=currency,
            sort=order,
            limit=limit,
            category=category,
            phrase=to_phrase(q) if q is not None else None,
            brand=brand,
            min_price=min_price,
            max_price=max_price,
            in_stock=in_stock,
            after=_position(cursor, order, currency),
        )
    )
    next_cursor = encode_cursor(_kind(order, currency), found.end.key, str(found.end.id)) if found.end else None
    return cacheable(f'{{"items":{found.items},"next_cursor":{json.dumps(next_cursor)}}}', seen=seen)


@router.get(
    "/api/v1/products/{slug}",
    response_model=ProductDetail,
    responses={**NOT_MODIFIED, **refusals(REFUSALS, ProductNotFound)},
)
async def see_product(slug: SlugPath, see: SeeProductDep, currency: InCurrency = "EUR", seen: Seen = None) -> Response:
    """One product with all of its variants."""
    return cacheable(await see(slug, currency), seen=seen)


@router.get(
    "/api/v1/pictures/{slug}.svg",
    response_class=Response,
    responses={**DRAWN, **NOT_MODIFIED, **refusals(REFUSALS, ProductNotFound)},
)
async def see_picture(slug: SlugPath, see: SeePictureDep, seen: Seen = None) -> Response:
    """The picture of a product."""
    return _drawn(await see(slug), seen)


@router.get("/api/v1/pictures", response_class=Response, responses={**DRAWN, **NOT_MODIFIED})
async def see_pictures(slugs: SlugsQuery, see: SeePicturesDep, seen: Seen = None) -> Response:
    """The pictures of several products in one SVG: `<use href="/api/v1/pictures?slugs=a,b#p-a"/>` shows that of `a`.

    An unknown slug has no symbol.
    """
    return _drawn(await see(slugs.split(",")), seen)


def _drawn(svg: str, seen: str | None) -> Response:
    answer = cacheable(svg, seen=seen, media_type="image/svg+xml", cache=PICTURES)
    answer.headers.update(HARMLESS)
    return answer


def _kind(sort: Sort, currency: str) -> str:
    return f"products:{sort}:{currency}"


def _position(cursor: str | None, sort: Sort, currency: str) -> Position | None:
    if cursor is None:
        return None
    key, id_ = decode_cursor(_kind(sort, currency), cursor, int, str)
    try:
        position = Position(int(key), UUID(str(id_)))
    except ValueError:
        raise BadCursor from None
    if abs(position.key) > LARGEST_KEY:
        raise BadCursor
    return position
