"""Something has happened to an account that its owner should know."""

from chassis.messages import Envelope
from contracts.user import SecurityAlertRaised

from notification_service.wiring import NotificationService


async def on_security_alert_raised(
    service: NotificationService, message: SecurityAlertRaised, envelope: Envelope
) -> None:
    await service.tell(
        kind="security_alert",
        event_id=envelope.id,
        user_id=message.user_id,
        at=envelope.occurred_at,
        facts={"alert": message.kind, "happened_at": message.happened_at.isoformat()},
    )
