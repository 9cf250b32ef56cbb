"""Send the link that proves an address. The mail goes to the address in question, not to the known contact."""

from chassis.messages import Envelope
from contracts.user import EmailVerificationRequested

from notification_service.wiring import NotificationService


async def on_email_verification_requested(
    service: NotificationService, message: EmailVerificationRequested, envelope: Envelope
) -> None:
    await service.owe_mail(
        kind="verify_email",
        event_id=envelope.id,
        user_id=message.user_id,
        facts=message.model_dump(mode="json", include={"email", "name", "locale", "token"}),
    )
