"""What notification listens to."""

from functools import partial

from chassis.consuming import Listener
from contracts.order import OrderCancelled, OrderConfirmed, OrderProgressed, OrderRefunded, OrderShipped
from contracts.user import (
    ContactChanged,
    EmailVerificationRequested,
    EmailVerified,
    PasswordResetRequested,
    SecurityAlertRaised,
    SessionsRevoked,
    UserRegistered,
)

from notification_service.consumers.on_contact_changed import on_contact_changed
from notification_service.consumers.on_email_verification_requested import on_email_verification_requested
from notification_service.consumers.on_email_verified import on_email_verified
from notification_service.consumers.on_order_cancelled import on_order_cancelled
from notification_service.consumers.on_order_confirmed import on_order_confirmed
from notification_service.consumers.on_order_progressed import on_order_progressed
from notification_service.consumers.on_order_refunded import on_order_refunded
from notification_service.consumers.on_order_shipped import on_order_shipped
from notification_service.consumers.on_password_reset_requested import on_password_reset_requested
from notification_service.consumers.on_security_alert_raised import on_security_alert_raised
from notification_service.consumers.on_sessions_revoked import on_sessions_revoked
from notification_service.consumers.on_user_registered import on_user_registered
from notification_service.wiring import NotificationService


def listeners(service: NotificationService) -> list[Listener]:
    """Each message this service hears, with its consumer."""
    return [
        Listener(UserRegistered, partial(on_user_registered, service)),
        Listener(EmailVerificationRequested, partial(on_email_verification_requested, service)),
        Listener(EmailVerified, partial(on_email_verified, service)),
        Listener(ContactChanged, partial(on_contact_changed, service)),
        Listener(PasswordResetRequested, partial(on_password_reset_requested, service)),
        Listener(SecurityAlertRaised, partial(on_security_alert_raised, service)),
        Listener(SessionsRevoked, partial(on_sessions_revoked, service)),
        Listener(OrderConfirmed, partial(on_order_confirmed, service)),
        Listener(OrderCancelled, partial(on_order_cancelled, service)),
        Listener(OrderProgressed, partial(on_order_progressed, service)),
        Listener(OrderShipped, partial(on_order_shipped, service)),
        Listener(OrderRefunded, partial(on_order_refunded, service)),
    ]
