"""A refund: how much goes back, which goods come back, and how that ended."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class Outcome(StrEnum):
    OPEN = "OPEN"
    DONE = "DONE"
    FAILED = "FAILED"


class RefundTooMuch(Exception):
    """More than what is left of the order's money."""

    def __init__(self, amount: int, *, left: int) -> None:
        super().__init__(f"{amount} can not be returned, {left} is left.")
        self.errors = [{"field": "amount", "message": f"at most {left}"}]
        self.left = left


class NotBought(Exception):
    """The order does not have (so many of) this."""

    def __init__(self, sku: str, *, at_most: int, field: str) -> None:
        super().__init__(f"At most {at_most} of {sku}.")
        self.errors = [{"field": f"{field}.{sku}", "message": f"at most {at_most}"}]


class NotShipped(Exception):
    """Goods that have not left can not come back; a cancellation returns them."""

    def __init__(self) -> None:
        super().__init__("The goods have not been shipped: there is nothing to put back.")
        self.errors = [{"field": "restock", "message": "the goods have not been shipped"}]


@dataclass(frozen=True, slots=True)
class Piece:
    """So many of one SKU."""

    sku: str
    quantity: int


@dataclass(frozen=True, slots=True)
class RefundWish:
    """What staff asks for. Neither amount nor lines: all that is left."""

    amount: int | None = None
    lines: Sequence[Piece] = ()
    restock: Sequence[Piece] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Refund:
    """`key` and `request_hash` tell a repeated request from another one of the same person."""

    id: UUID
    amount: int
    restock: tuple[Piece, ...]
    reason: str
    by: UUID
    at: datetime
    key: str
    request_hash: str
    version: int
    """Of the order, which this refund made."""
    outcome: Outcome = Outcome.OPEN
    settled_in: int | None = None
    """The version of the order in which its end was known."""

    def as_of(self, version: int) -> "Refund":
        """As it was known then."""
        if self.settled_in is None or self.settled_in <= version:
            return self
        return replace(self, outcome=Outcome.OPEN, settled_in=None)
