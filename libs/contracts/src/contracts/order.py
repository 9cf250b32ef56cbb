"""What the order service says to everybody."""

from typing import ClassVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from contracts.message import Lane, Message


class OrderEvent(Message):
    source: ClassVar[str] = "order"
    exchange: ClassVar[str] = "order.events"
    lane: ClassVar[Lane] = "news"

    order_id: UUID
    user_id: UUID
    number: str
    """What the customer reads out on the telephone, such as `M-7K3Q-92TD`."""


class OrderLine(BaseModel):
    """One line as it was bought, with the price of that moment."""

    model_config = ConfigDict(frozen=True)

    sku: str
    name: str
    quantity: int
    unit_price: int
    total: int


class OrderConfirmed(OrderEvent):
    """Paid, and the goods are set aside: it will be shipped."""

    lines: tuple[OrderLine, ...]
    subtotal: int
    shipping: int
    tax: int
    total: int
    currency: str


class OrderCancelled(OrderEvent):
    """Over without goods, and without money kept."""

    reason: str
    total: int
    currency: str
    refunded: int
    """What was taken and has been returned, in minor units; 0 when nothing was ever taken."""


class OrderProgressed(OrderEvent):
    """One step further, of the kind that no other event tells: for those who watch the order."""

    state: str


class OrderShipped(OrderEvent):
    """The parcel has left."""

    carrier: str
    tracking: str
    lines: tuple[OrderLine, ...]


class OrderRefunded(OrderEvent):
    """Money has gone back to the customer, and the order stands."""

    refund_id: UUID
    amount: int
    """Of this refund, in minor units."""
    currency: str
    refunded: int
    """Of all refunds so far."""
    total: int
