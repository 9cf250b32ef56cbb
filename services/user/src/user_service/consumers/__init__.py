"""What user listens to: itself, because its own API processes refuse ended sessions as everybody else's do."""

from functools import partial

from chassis.consuming import Listener
from contracts.user import SessionsRevoked

from user_service.consumers.on_sessions_revoked import on_sessions_revoked
from user_service.wiring import UserService


def listeners(service: UserService) -> list[Listener]:
    """Each message this service hears, with its consumer."""
    return [Listener(SessionsRevoked, partial(on_sessions_revoked, service))]
