"""Somebody opened an account: from now on we know whom to write to."""

from chassis.messages import Envelope
from contracts.user import UserRegistered

from notification_service.ports import Contact
from notification_service.wiring import NotificationService


async def on_user_registered(service: NotificationService, message: UserRegistered, envelope: Envelope) -> None:
    await service.keep_contact(
        Contact(message.user_id, message.email, message.name, message.locale, verified=False, seq=envelope.seq)
    )
