"""What product says about the stock of an order."""

from chassis.messages import Envelope
from contracts.product import (
    ProductEvent,
    StockCommitRejected,
    StockCommitted,
    StockReleased,
    StockReservationRejected,
    StockReserved,
)

from order_service.domain.saga_table import Trigger
from order_service.wiring import OrderService

REPLIES: dict[type[ProductEvent], Trigger] = {
    StockReserved: Trigger.STOCK_RESERVED,
    StockReservationRejected: Trigger.STOCK_REJECTED,
    StockCommitted: Trigger.STOCK_COMMITTED,
    StockCommitRejected: Trigger.STOCK_COMMIT_REJECTED,
    StockReleased: Trigger.STOCK_RELEASED,
}


async def on_stock_reply(service: OrderService, message: ProductEvent, _envelope: Envelope) -> None:
    await service.advance_order(message.order_id, REPLIES[type(message)])
