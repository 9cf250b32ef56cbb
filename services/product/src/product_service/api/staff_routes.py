"""Products and stock, for staff: path, verb, who may, what happens."""

from typing import Annotated
from uuid import UUID

from chassis.callers import SignedIn
from chassis.idempotency import REFUSALS as KEY_REFUSALS
from chassis.idempotency import (
    REPLAYED,
    IdempotencyKeyBusy,
    IdempotencyKeyMissing,
    IdempotencyKeyReused,
    required_key,
)
from chassis.paging import BadCursor, Cursor, Limit, decode_cursor, encode_cursor
from chassis.problems import refusals
from chassis.schemas import Page
from fastapi import APIRouter, Depends, Query, Response

from product_service.api.refusals import REFUSALS
from product_service.api.schemas import TextOrSku
from product_service.api.staff_schemas import (
    Adjustment,
    HoldView,
    LedgerView,
    NewProduct,
    ProductChange,
    SkuPath,
    StaffProduct,
    StockedProduct,
    StockHistory,
    StockView,
)
from product_service.domain.hold import HoldNotFound
from product_service.domain.product import (
    ProductArchived,
    ProductChanged,
    ProductNotFound,
    SkuTaken,
    SlugTaken,
    TooManyVariants,
    UnknownCategory,
)
from product_service.domain.search import StaffWanted, to_phrase
from product_service.domain.stock import Entry, NotEnoughStock, QuantityNotAcceptable, SkuNotFound
from product_service.wiring import (
    AddProductDep,
    AdjustStockDep,
    ArchiveProductDep,
    ChangeProductDep,
    ListStockedDep,
    ShowHoldDep,
    ShowProductDep,
    ShowStockDep,
    WorldDep,
)

router = APIRouter()
SAID_NO = {**KEY_REFUSALS, **REFUSALS, BadCursor: (422, "invalid_cursor")}
RequiredKey = Annotated[str, Depends(required_key)]


@router.get("/api/v1/staff/products", responses=refusals(SAID_NO, BadCursor))
async def list_stocked(
    _staff: SignedIn,
    listed: ListStockedDep,
    *,
    q: TextOrSku = None,
    archived: Annotated[bool, Query(description="Those that have left the shop, instead of those in it.")] = False,
    cursor: Cursor = None,
    limit: Limit = 20,
) -> Page[StockedProduct]:
    """Products with prices and stock, newest first."""
    kind = f"staff-products:{archived}"
    phrase = to_phrase(q) if q is not None else None
    sku = q.strip().upper() if q is not None else None
    found, more = await listed(StaffWanted(archived, limit, phrase, sku, before=_before(kind, cursor)))
    return Page(
        items=[StockedProduct.from_stocked(each) for each in found],
        next_cursor=encode_cursor(kind, str(found[-1].product.id)) if more else None,
    )


@router.post(
    "/api/v1/staff/products",
    status_code=201,
    responses=refusals(SAID_NO, UnknownCategory, SlugTaken, SkuTaken),
)
async def add_product(body: NewProduct, _staff: SignedIn, add: AddProductDep, world: WorldDep) -> StaffProduct:
    """Put a new product into the shop. Its stock is 0 until an adjustment."""
    return StaffProduct.from_product(await add(body.to_product(world.ids.uuid7())))


@router.get("/api/v1/staff/products/{product_id}", responses=refusals(SAID_NO, ProductNotFound))
async def show_product(product_id: UUID, _staff: SignedIn, show: ShowProductDep) -> StaffProduct:
    """A product, archived or not."""
    return StaffProduct.from_product(await show(product_id))


@router.patch(
    "/api/v1/staff/products/{product_id}",
    responses=refusals(
        SAID_NO,
        ProductNotFound,
        ProductChanged,
        ProductArchived,
        UnknownCategory,
        SkuTaken,
        TooManyVariants,
    ),
)
async def change_product(
    product_id: UUID, body: ProductChange, _staff: SignedIn, change: ChangeProductDep
) -> StaffProduct:
    """Change what the shop says about a product, or what it costs, if nobody else has since you saw `version`."""
    return StaffProduct.from_product(await change(product_id, body.to_change(), seen_version=body.version))


@router.delete("/api/v1/staff/products/{product_id}", responses=refusals(SAID_NO, ProductNotFound))
async def archive_product(product_id: UUID, _staff: SignedIn, archive: ArchiveProductDep) -> StaffProduct:
    """Take a product out of the shop for good. Doing it again changes nothing."""
    return StaffProduct.from_product(await archive(product_id))


@router.get("/api/v1/staff/holds/{order_id}", responses=refusals(SAID_NO, HoldNotFound))
async def show_hold(order_id: UUID, _staff: SignedIn, show: ShowHoldDep) -> HoldView:
    """What an order has of our stock."""
    return HoldView.from_story(await show(order_id))


@router.get("/api/v1/staff/stock/{sku}", responses=refusals(SAID_NO, SkuNotFound))
async def show_stock(sku: SkuPath, _staff: SignedIn, show: ShowStockDep) -> StockHistory:
    """How many there are, how many are held, and why."""
    level, rows = await show(sku)
    return StockHistory(
        **StockView.from_level(level).model_dump(), ledger=[LedgerView.from_row(at, row) for at, row in rows]
    )


@router.post(
    "/api/v1/staff/stock/{sku}/adjustments",
    status_code=201,
    responses=refusals(
        SAID_NO,
        IdempotencyKeyMissing,
        IdempotencyKeyReused,
        IdempotencyKeyBusy,
        SkuNotFound,
        NotEnoughStock,
        QuantityNotAcceptable,
    ),
)
async def adjust_stock(
    sku: SkuPath, body: Adjustment, staff: SignedIn, key: RequiredKey, adjust: AdjustStockDep, response: Response
) -> StockView:
    """Restock, take back, or correct the count. A repeat with the same key gets the same answer."""
    done = await adjust(
        sku=sku, entry=Entry(body.kind), quantity=body.quantity, reason=body.reason, by=staff.user_id, key=key
    )
    if done.replayed:
        response.headers.update(REPLAYED)
    return StockView.from_level(done.level)


def _before(kind: str, cursor: str | None) -> UUID | None:
    if cursor is None:
        return None
    [id_] = decode_cursor(kind, cursor, str)
    try:
        return UUID(str(id_))
    except ValueError:
        raise BadCursor from None
