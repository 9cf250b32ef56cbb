from chassis.messages import Envelope
from contracts.product import ReserveStock

from product_service.wiring import ProductService


async def on_reserve_stock(service: ProductService, message: ReserveStock, _envelope: Envelope) -> None:
    lines = [(line.sku, line.quantity) for line in message.lines]
    await service.reserve_stock(order_id=message.order_id, lines=lines)
