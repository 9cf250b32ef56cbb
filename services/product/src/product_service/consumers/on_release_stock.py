from chassis.messages import Envelope
from contracts.product import ReleaseStock

from product_service.wiring import ProductService


async def on_release_stock(service: ProductService, message: ReleaseStock, _envelope: Envelope) -> None:
    await service.release_stock(order_id=message.order_id)
