from chassis.messages import Envelope
from contracts.product import ReturnStock

from product_service.wiring import ProductService


async def on_return_stock(service: ProductService, message: ReturnStock, _envelope: Envelope) -> None:
    lines = [(line.sku, line.quantity) for line in message.lines]
    await service.return_stock(order_id=message.order_id, refund_id=message.refund_id, lines=lines)
