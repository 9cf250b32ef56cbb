"""An order is over: say why, and what became of the money."""

from chassis.messages import Envelope
from contracts.order import OrderCancelled

from notification_service.wiring import NotificationService


async def on_order_cancelled(service: NotificationService, message: OrderCancelled, envelope: Envelope) -> None:
    await service.tell(
        kind="order_cancelled",
        event_id=envelope.id,
        user_id=message.user_id,
        at=envelope.occurred_at,
        order_id=message.order_id,
        facts=message.model_dump(mode="json") | {"version": envelope.seq},
    )
