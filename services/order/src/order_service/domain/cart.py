"""Carts: what somebody thinks of buying."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

MAX_LINES = 50
MAX_QUANTITY = 99


class CartNotFound(Exception):
    """There is none, or it is somebody else's: who asks is not told which."""

    def __init__(self) -> None:
        super().__init__("There is no such cart.")


class CartEmpty(Exception):
    def __init__(self) -> None:
        super().__init__("The cart has no lines.")
        self.errors = [{"field": "cart_id", "message": "the cart is empty"}]


class CartFull(Exception):
    def __init__(self) -> None:
        super().__init__(f"A cart has at most {MAX_LINES} lines.")
        self.errors = [{"field": "sku", "message": f"at most {MAX_LINES} lines"}]


class CartAlreadyOrdered(Exception):
    """A cart is bought at most once; `order_id` is unknown when that order was cancelled this very moment."""

    def __init__(self, order_id: UUID | None) -> None:
        super().__init__("This cart has been ordered.")
        self.order_id = order_id


class CurrencyDiffers(Exception):
    def __init__(self) -> None:
        super().__init__("The two carts have different currencies.")
        self.errors = [{"field": "cart_id", "message": "another currency"}]


@dataclass(frozen=True, slots=True)
class CartLine:
    """One SKU with what the customer last saw of it, so that a changed price can be pointed out."""

    sku: str
    quantity: int
    name: str
    options: Mapping[str, str]
    product_slug: str
    picture: str
    seen_price: int


@dataclass(frozen=True, slots=True)
class Cart:
    id: UUID
    user_id: UUID | None
    """None: whoever holds its signed id."""
    currency: str
    lines: tuple[CartLine, ...]
    version: int
    created_at: datetime
    merged: tuple[UUID, ...] = ()
    """Anonymous carts whose lines have come in."""
    merged_into: UUID | None = None

    def belongs_to(self, user_id: UUID | None) -> bool:
        return self.user_id is None or self.user_id == user_id

    def claimed_for(self, other_id: UUID) -> "Cart":
        """An anonymous cart whose lines belong to another from now on."""
        return replace(self, merged_into=other_id, version=self.version + 1)

    def with_line(self, line: CartLine) -> "Cart":
        """Put in, or replaced in its place. Raises CartFull."""
        if all(each.sku != line.sku for each in self.lines):
            if len(self.lines) >= MAX_LINES:
                raise CartFull
            return replace(self, lines=(*self.lines, line), version=self.version + 1)
        lines = tuple(line if each.sku == line.sku else each for each in self.lines)
        return replace(self, lines=lines, version=self.version + 1)

    def without_line(self, sku: str) -> "Cart":
        lines = tuple(each for each in self.lines if each.sku != sku)
        return self if lines == self.lines else replace(self, lines=lines, version=self.version + 1)

    def with_all_of(self, other: "Cart") -> "Cart":
        """Quantities added up, capped; once for each other cart. An empty cart takes the other's currency.

        Raises CurrencyDiffers.
        """
        if other.id in self.merged:
            return self
        if self.lines and other.currency != self.currency:
            raise CurrencyDiffers
        mine = {line.sku: line for line in self.lines}
        for line in other.lines:
            known = mine.get(line.sku)
            if known is not None:
                mine[line.sku] = replace(line, quantity=min(MAX_QUANTITY, known.quantity + line.quantity))
            elif len(mine) < MAX_LINES:
                mine[line.sku] = line
        return replace(
            self,
            currency=other.currency,
            lines=tuple(mine.values()),
            merged=(*self.merged, other.id),
            version=self.version + 1,
        )
