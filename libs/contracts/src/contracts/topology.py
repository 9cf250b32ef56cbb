"""Who speaks and who listens: the one table from which queues, bindings and documents are made.

An event that nobody listens to does not exist yet: it is neither declared nor published.
"""

from collections import defaultdict

from contracts import order, payment, product, user
from contracts.message import Message

SPEAKERS: dict[str, tuple[type[Message], ...]] = {
    "user": (
        user.UserRegistered,
        user.EmailVerificationRequested,
        user.EmailVerified,
        user.ContactChanged,
        user.PasswordResetRequested,
        user.SecurityAlertRaised,
        user.SessionsRevoked,
    ),
    "product": (
        product.StockReserved,
        product.StockReservationRejected,
        product.StockCommitted,
        product.StockCommitRejected,
        product.StockReleased,
    ),
    "order": (
        product.ReserveStock,
        product.CommitStock,
        product.ReleaseStock,
        product.ReturnStock,
        payment.AuthorizePayment,
        payment.CapturePayment,
        payment.VoidPayment,
        payment.RefundPayment,
        order.OrderConfirmed,
        order.OrderCancelled,
        order.OrderProgressed,
        order.OrderShipped,
        order.OrderRefunded,
    ),
    "payment": (
        payment.PaymentAuthorized,
        payment.PaymentActionRequired,
        payment.PaymentDeclined,
        payment.PaymentCaptured,
        payment.PaymentCaptureFailed,
        payment.PaymentVoided,
        payment.PaymentRefunded,
        payment.RefundFailed,
    ),
}

LISTENERS: dict[str, tuple[type[Message], ...]] = {
    "user": (user.SessionsRevoked,),
    "product": (
        product.ReserveStock,
        product.CommitStock,
        product.ReleaseStock,
        product.ReturnStock,
        user.SessionsRevoked,
    ),
    "order": (*SPEAKERS["product"], *SPEAKERS["payment"], user.SessionsRevoked),
    "payment": (
        payment.AuthorizePayment,
        payment.CapturePayment,
        payment.VoidPayment,
        payment.RefundPayment,
        user.SessionsRevoked,
    ),
    "notification": (
        *SPEAKERS["user"],
        order.OrderConfirmed,
        order.OrderCancelled,
        order.OrderProgressed,
        order.OrderShipped,
        order.OrderRefunded,
    ),
}


def bindings() -> dict[tuple[str, str], frozenset[str]]:
    """(exchange, routing key) -> the services whose queues receive it."""
    heard: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for service, messages in LISTENERS.items():
        for message in messages:
            heard[message.exchange, message.routing_key()].add(service)
    return {key: frozenset(services) for key, services in heard.items()}
