"""The address is proven."""

from chassis.messages import Envelope
from contracts.user import EmailVerified

from notification_service.ports import Contact
from notification_service.wiring import NotificationService


async def on_email_verified(service: NotificationService, message: EmailVerified, envelope: Envelope) -> None:
    await service.keep_contact(
        Contact(
            message.user_id,
            message.email,
            message.name,
            message.locale,
            verified=True,
            seq=envelope.seq,
            phone=message.phone,
        )
    )
