"""Money has gone back: say how much."""

from chassis.messages import Envelope
from contracts.order import OrderRefunded

from notification_service.wiring import NotificationService


async def on_order_refunded(service: NotificationService, message: OrderRefunded, envelope: Envelope) -> None:
    await service.tell(
        kind="order_refunded",
        event_id=envelope.id,
        user_id=message.user_id,
        at=envelope.occurred_at,
        order_id=message.order_id,
        facts=message.model_dump(mode="json") | {"version": envelope.seq},
    )
