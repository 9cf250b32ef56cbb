from chassis.messages import Envelope
from contracts.product import CommitStock

from product_service.wiring import ProductService


async def on_commit_stock(service: ProductService, message: CommitStock, _envelope: Envelope) -> None:
    await service.commit_stock(order_id=message.order_id)
