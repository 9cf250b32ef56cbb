"""Send the link by which a new password may be chosen, to the address that the account has at this moment."""

from chassis.messages import Envelope
from contracts.user import PasswordResetRequested

from notification_service.wiring import NotificationService


async def on_password_reset_requested(
    service: NotificationService, message: PasswordResetRequested, envelope: Envelope
) -> None:
    await service.owe_mail(
        kind="reset_password",
        event_id=envelope.id,
        user_id=message.user_id,
        facts=message.model_dump(mode="json", include={"email", "name", "locale", "token"}),
    )
