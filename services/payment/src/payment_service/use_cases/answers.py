"""From what a payment answers to the message that says so."""

from collections.abc import Callable
from datetime import datetime

from contracts.payment import (
    PaymentActionRequired,
    PaymentAuthorized,
    PaymentCaptured,
    PaymentCaptureFailed,
    PaymentDeclined,
    PaymentEvent,
    PaymentRefunded,
    PaymentVoided,
    RefundFailed,
)

from payment_service.domain.commands import Answer
from payment_service.domain.payment import Payment
from payment_service.domain.refund import Refund, RefundState

Wake = Callable[[], None]
"""Tells the hands that settle payments that there is work."""


def to_message(answer: Answer, payment: Payment) -> PaymentEvent:
    """The payment's stored outcome, as a new message."""
    about = {"order_id": payment.order_id, "payment_id": payment.id}
    match answer:
        case Answer.ACTION_REQUIRED:
            url, expires_at = page_of(payment)
            return PaymentActionRequired(**about, url=url, expires_at=expires_at)
        case Answer.AUTHORIZED:
            return PaymentAuthorized(**about, amount=payment.amount, currency=currency_of(payment))
        case Answer.CAPTURED:
            return PaymentCaptured(**about, amount=payment.captured, currency=currency_of(payment))
        case Answer.DECLINED:
            return PaymentDeclined(**about, reason=payment.reason or "declined")
        case Answer.CAPTURE_FAILED:
            return PaymentCaptureFailed(**about, reason=payment.reason or "voided")
        case Answer.VOIDED:
            return PaymentVoided(**about)


def to_refund_message(refund: Refund, payment: Payment) -> PaymentEvent | None:
    """The refund's outcome, or None while it has none."""
    match refund.state:
        case RefundState.REQUESTED:
            return None
        case RefundState.DONE:
            return PaymentRefunded(
                order_id=payment.order_id,
                payment_id=payment.id,
                refund_id=refund.id,
                amount=refund.amount,
                currency=currency_of(payment),
            )
        case RefundState.FAILED:
            return RefundFailed(
                order_id=payment.order_id,
                payment_id=payment.id,
                refund_id=refund.id,
                reason=refund.reason or "refund_failed",
            )


def currency_of(payment: Payment) -> str:
    if payment.currency is None:
        raise ValueError(f"payment {payment.id} is a tombstone: it has no money to speak of")
    return payment.currency


def page_of(payment: Payment) -> tuple[str, datetime]:
    """Where the customer acts, and until when."""
    if payment.page_url is None or payment.act_until is None:
        raise ValueError(f"payment {payment.id} has no page to show")
    return payment.page_url, payment.act_until
