"""What order listens to: the replies to its commands, and the end of sessions."""

from functools import partial

from chassis.consuming import Listener
from contracts.payment import PaymentActionRequired, PaymentRefunded, RefundFailed
from contracts.user import SessionsRevoked

from order_service.consumers import on_payment_replies, on_stock_replies
from order_service.consumers.on_payment_replies import (
    on_payment_action_required,
    on_payment_refunded,
    on_payment_reply,
    on_refund_failed,
)
from order_service.consumers.on_sessions_revoked import on_sessions_revoked
from order_service.consumers.on_stock_replies import on_stock_reply
from order_service.wiring import OrderService


def listeners(service: OrderService) -> list[Listener]:
    """Each message this service hears, with its consumer."""
    return [
        *(Listener(reply, partial(on_stock_reply, service)) for reply in on_stock_replies.REPLIES),
        *(Listener(reply, partial(on_payment_reply, service)) for reply in on_payment_replies.REPLIES),
        Listener(PaymentActionRequired, partial(on_payment_action_required, service)),
        Listener(PaymentRefunded, partial(on_payment_refunded, service)),
        Listener(RefundFailed, partial(on_refund_failed, service)),
        Listener(SessionsRevoked, partial(on_sessions_revoked, service)),
    ]
