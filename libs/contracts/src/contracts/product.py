"""What the product service obeys and says: holds on stock, one per order."""

from typing import ClassVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from contracts.message import Lane, Message


class ProductCommand(Message):
    source: ClassVar[str] = "order"
    exchange: ClassVar[str] = "product.commands"
    lane: ClassVar[Lane] = "saga"

    order_id: UUID


class ProductEvent(Message):
    source: ClassVar[str] = "product"
    exchange: ClassVar[str] = "product.events"
    lane: ClassVar[Lane] = "saga"

    order_id: UUID


class StockLine(BaseModel):
    """How many of one SKU. An order names each SKU once: its lines are added up before they are sent."""

    model_config = ConfigDict(frozen=True)

    sku: str
    quantity: int = Field(gt=0)


class MissingStock(BaseModel):
    """A line that could not be held."""

    model_config = ConfigDict(frozen=True)

    sku: str
    wanted: int
    available: int


class ReserveStock(ProductCommand):
    """Hold all lines for this order, or none."""

    lines: tuple[StockLine, ...]


class CommitStock(ProductCommand):
    """The money is authorised: turn the hold into a sale."""


class ReleaseStock(ProductCommand):
    """Give back whatever this order has: a hold, a sale, or nothing yet."""


class ReturnStock(ProductCommand):
    """Goods of a sale have come back: put them on the shelf again, once for each refund. Nothing is answered."""

    lane: ClassVar[Lane] = "news"
    """Nobody waits for it; a broker that lost its memory hears it again, as it does news."""

    refund_id: UUID
    lines: tuple[StockLine, ...]


class StockReserved(ProductEvent):
    """All lines are held."""


class StockReservationRejected(ProductEvent):
    """Nothing is held, because this is missing."""

    missing: tuple[MissingStock, ...]


class StockCommitted(ProductEvent):
    """The goods are sold to this order."""


class StockCommitRejected(ProductEvent):
    """The hold is gone and could not be renewed."""


class StockReleased(ProductEvent):
    """This order has no stock, and will get none."""
