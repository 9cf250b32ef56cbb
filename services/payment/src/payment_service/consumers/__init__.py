"""What payment listens to: the commands of the saga, and the end of sessions."""

from functools import partial

from chassis.consuming import Listener
from contracts.payment import AuthorizePayment, CapturePayment, RefundPayment, VoidPayment
from contracts.user import SessionsRevoked

from payment_service.consumers.on_authorize_payment import on_authorize_payment
from payment_service.consumers.on_capture_payment import on_capture_payment
from payment_service.consumers.on_refund_payment import on_refund_payment
from payment_service.consumers.on_sessions_revoked import on_sessions_revoked
from payment_service.consumers.on_void_payment import on_void_payment
from payment_service.wiring import PaymentService


def listeners(service: PaymentService) -> list[Listener]:
    """Each message this service hears, with its consumer."""
    return [
        Listener(AuthorizePayment, partial(on_authorize_payment, service)),
        Listener(CapturePayment, partial(on_capture_payment, service)),
        Listener(VoidPayment, partial(on_void_payment, service)),
        Listener(RefundPayment, partial(on_refund_payment, service)),
        Listener(SessionsRevoked, partial(on_sessions_revoked, service)),
    ]
