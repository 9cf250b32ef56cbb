"""Every way this service says no, on one page."""

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
from product_service.domain.search import NothingToRank, PriceRangeEmpty
from product_service.domain.stock import NotEnoughStock, QuantityNotAcceptable, SkuNotFound

REFUSALS: dict[type[Exception], tuple[int, str]] = {
    ProductNotFound: (404, "product_not_found"),
    HoldNotFound: (404, "hold_not_found"),
    SkuNotFound: (404, "sku_not_found"),
    ProductChanged: (409, "product_changed"),
    ProductArchived: (409, "product_archived"),
    SlugTaken: (409, "slug_taken"),
    SkuTaken: (409, "sku_taken"),
    NotEnoughStock: (409, "not_enough_stock"),
    UnknownCategory: (422, "unknown_category"),
    TooManyVariants: (422, "too_many_variants"),
    QuantityNotAcceptable: (422, "quantity_not_acceptable"),
    PriceRangeEmpty: (422, "price_range_empty"),
    NothingToRank: (422, "nothing_to_rank"),
}
"""NothingToCommit has no door here: a CommitStock that overtook its ReserveStock is tried again."""
