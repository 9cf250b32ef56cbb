"""The parcel has left: say with whom, and under which number."""

from chassis.messages import Envelope
from contracts.order import OrderShipped

from notification_service.wiring import NotificationService


async def on_order_shipped(service: NotificationService, message: OrderShipped, envelope: Envelope) -> None:
    await service.tell(
        kind="order_shipped",
        event_id=envelope.id,
        user_id=message.user_id,
        at=envelope.occurred_at,
        order_id=message.order_id,
        facts=message.model_dump(mode="json") | {"version": envelope.seq},
    )
