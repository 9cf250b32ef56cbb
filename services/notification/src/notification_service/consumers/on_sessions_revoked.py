"""Sessions have ended: refuse their access tokens."""

from chassis.messages import Envelope
from contracts.user import SessionsRevoked

from notification_service.wiring import NotificationService


async def on_sessions_revoked(service: NotificationService, message: SessionsRevoked, _envelope: Envelope) -> None:
    await service.revoked.note(message.session_ids, revoked_at=message.revoked_at)
