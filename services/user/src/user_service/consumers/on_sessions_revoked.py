"""Sessions have ended: refuse their access tokens."""

from chassis.messages import Envelope
from contracts.user import SessionsRevoked

from user_service.wiring import UserService


async def on_sessions_revoked(service: UserService, message: SessionsRevoked, _envelope: Envelope) -> None:
    await service.revoked.note(message.session_ids, revoked_at=message.revoked_at)
