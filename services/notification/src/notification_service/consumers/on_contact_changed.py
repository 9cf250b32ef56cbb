"""Whom to write to is different from now on."""

from chassis.messages import Envelope
from contracts.user import ContactChanged

from notification_service.ports import Contact
from notification_service.wiring import NotificationService


async def on_contact_changed(service: NotificationService, message: ContactChanged, envelope: Envelope) -> None:
    await service.keep_contact(
        Contact(
            message.user_id,
            message.email,
            message.name,
            message.locale,
            verified=message.verified,
            seq=envelope.seq,
            phone=message.phone,
        )
    )
