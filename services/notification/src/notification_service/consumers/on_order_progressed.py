"""An order went one step further: tell those who watch it. Nobody gets a mail for that."""

from chassis.messages import Envelope
from contracts.order import OrderProgressed

from notification_service.wiring import NotificationService


async def on_order_progressed(service: NotificationService, message: OrderProgressed, envelope: Envelope) -> None:
    await service.show(
        kind="order_progressed",
        event_id=envelope.id,
        user_id=message.user_id,
        at=envelope.occurred_at,
        order_id=message.order_id,
        facts=message.model_dump(mode="json") | {"version": envelope.seq},
    )
