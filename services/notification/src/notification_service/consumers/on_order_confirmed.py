"""Paid, and the goods are set aside: say so."""

from chassis.messages import Envelope
from contracts.order import OrderConfirmed

from notification_service.wiring import NotificationService


async def on_order_confirmed(service: NotificationService, message: OrderConfirmed, envelope: Envelope) -> None:
    await service.tell(
        kind="order_confirmed",
        event_id=envelope.id,
        user_id=message.user_id,
        at=envelope.occurred_at,
        order_id=message.order_id,
        facts=message.model_dump(mode="json") | {"version": envelope.seq},
    )
