"""Every way this service says no, on one page."""

from payment_service.domain.webhook import WebhookRefused
from payment_service.use_cases.payment_methods import (
    PaymentMethodDeclined,
    PaymentMethodNotFound,
    PaymentTokenRefused,
    TooManyPaymentMethods,
)

REFUSALS: dict[type[Exception], tuple[int, str]] = {
    PaymentTokenRefused: (422, "payment_token_refused"),
    PaymentMethodDeclined: (422, "payment_method_declined"),
    TooManyPaymentMethods: (409, "too_many_payment_methods"),
    PaymentMethodNotFound: (404, "payment_method_not_found"),
    WebhookRefused: (400, "webhook_refused"),
}
"""Refusals of commands (PaymentUnknown, RefundRefused, AnotherPaymentLives) have no door here: they are retried."""
