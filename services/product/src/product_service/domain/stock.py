"""Stock levels, what moves them, and the ledger that remembers every piece."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from product_service.domain.hold import Hold, HoldState, Missing

MAX_ON_HAND = 1_000_000_000


class Entry(StrEnum):
    """The kinds of ledger rows."""

    INITIAL = "initial"
    RESTOCK = "restock"
    ADJUST = "adjust"
    RETURN = "return"
    SALE = "sale"
    UNCOMMIT = "uncommit"


class SkuNotFound(Exception):
    def __init__(self, sku: str) -> None:
        super().__init__(f"There is no SKU {sku}.")
        self.sku = sku


class NotEnoughStock(Exception):
    """An adjustment would take pieces that are held, or that are not there."""

    def __init__(self, sku: str, *, on_hand: int, reserved: int) -> None:
        super().__init__(f"{sku} has {on_hand} on hand, of which {reserved} are held.")
        self.sku = sku
        self.on_hand = on_hand
        self.reserved = reserved


class QuantityNotAcceptable(Exception):
    """A restock or a return adds pieces; nothing may grow without end."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.errors = [{"field": "quantity", "message": message}]


class NothingToReturn(Exception):
    """A ReturnStock of what was not sold to this order."""

    def __init__(self, order_id: UUID) -> None:
        super().__init__(f"Order {order_id} was not sold what is said to come back.")
        self.order_id = order_id


@dataclass(frozen=True, slots=True)
class StockLevel:
    sku: str
    on_hand: int
    reserved: int

    @property
    def available(self) -> int:
        return self.on_hand - self.reserved

    def adjusted(self, entry: Entry, quantity: int) -> "StockLevel":
        """The level after staff counted, restocked or took back. Raises QuantityNotAcceptable, NotEnoughStock."""
        if quantity <= 0 and entry is not Entry.ADJUST:
            raise QuantityNotAcceptable(f"A {entry} is a positive number.")
        if self.on_hand + quantity > MAX_ON_HAND:
            raise QuantityNotAcceptable(f"No more than {MAX_ON_HAND} can be on hand.")
        if self.on_hand + quantity < self.reserved:
            raise NotEnoughStock(self.sku, on_hand=self.on_hand, reserved=self.reserved)
        return StockLevel(self.sku, self.on_hand + quantity, self.reserved)


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """Why the stock of one SKU changed, and what it was afterwards. Rows are never changed."""

    id: UUID
    entry: Entry
    quantity: int
    """Signed: a sale takes away."""
    ref: str
    """What it belongs to: `order:<id>`, `refund:<id>`, `adjust:<who>:<idempotency key>`, or `initial`."""
    level: StockLevel
    reason: str = ""
    fingerprint: str | None = None
    """Of the request, for adjustments: tells a repeat from another request with the same key."""


@dataclass(frozen=True, slots=True)
class Movement:
    """What a change of a hold's state does to the stock of each of its lines, per piece."""

    on_hand: int = 0
    reserved: int = 0

    @property
    def entry(self) -> Entry | None:
        """The ledger knows what leaves and comes back; pieces that are only held are still ours."""
        if self.on_hand == 0:
            return None
        return Entry.SALE if self.on_hand < 0 else Entry.UNCOMMIT


ADDED = Movement(on_hand=1)
"""What an adjustment does, per piece of its signed quantity."""
STAYS = Movement()


def movement(before: HoldState | None, after: HoldState) -> Movement:
    """A held piece is reserved, a committed one is gone; every other state has none."""
    return Movement(
        on_hand=(before is HoldState.COMMITTED) - (after is HoldState.COMMITTED),
        reserved=(after is HoldState.HELD) - (before is HoldState.HELD),
    )


def refuse_unsold(order_id: UUID, hold: Hold | None, lines: Mapping[str, int]) -> None:
    """Raises NothingToReturn. How much of it came back before is the order's knowledge."""
    sold = hold.lines if hold is not None and hold.state is HoldState.COMMITTED else {}
    if any(quantity > sold.get(sku, 0) for sku, quantity in lines.items()):
        raise NothingToReturn(order_id)


def missing(hold: Hold, levels: Mapping[str, StockLevel]) -> tuple[Missing, ...]:
    """The lines that are not free. A SKU that we do not know has none available."""
    free = {sku: levels[sku].available if sku in levels else 0 for sku in hold.lines}
    return tuple(
        Missing(sku, wanted=quantity, available=free[sku])
        for sku, quantity in hold.lines.items()
        if free[sku] < quantity
    )
