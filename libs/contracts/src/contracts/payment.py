"""What the payment service obeys and says. Amounts are minor units of an ISO 4217 currency."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from pydantic import Field

from contracts.message import Lane, Message


class PaymentCommand(Message):
    source: ClassVar[str] = "order"
    exchange: ClassVar[str] = "payment.commands"
    lane: ClassVar[Lane] = "saga"

    order_id: UUID
    payment_id: UUID


class PaymentEvent(Message):
    source: ClassVar[str] = "payment"
    exchange: ClassVar[str] = "payment.events"
    lane: ClassVar[Lane] = "saga"

    order_id: UUID
    payment_id: UUID


class AuthorizePayment(PaymentCommand):
    """Reserve this amount on the customer's saved method, or on the provider's page; no money moves yet."""

    user_id: UUID
    method_id: UUID | None
    """None: the customer pays on the provider's page."""
    amount: int = Field(gt=0)
    currency: str
    return_url: str | None = None
    """Where the provider's page sends the customer afterwards; only together with that page."""


class CapturePayment(PaymentCommand):
    """Take the whole authorised amount."""


class VoidPayment(PaymentCommand):
    """Let go of the authorisation; if there is none yet, there never will be."""


class RefundPayment(PaymentCommand):
    """Return captured money. Without an amount: all that was not returned yet."""

    refund_id: UUID
    amount: int | None = Field(default=None, gt=0)


class PaymentAuthorized(PaymentEvent):
    """The amount is reserved with the provider."""

    amount: int
    currency: str


class PaymentActionRequired(PaymentEvent):
    """Nothing is reserved until the customer has done what this page asks for."""

    url: str
    expires_at: datetime


class PaymentDeclined(PaymentEvent):
    """Final: the provider holds nothing for this payment and never will."""

    reason: str


class PaymentCaptured(PaymentEvent):
    """The money is ours."""

    amount: int
    currency: str


class PaymentCaptureFailed(PaymentEvent):
    """Final: the money could not be taken, and the authorisation is gone."""

    reason: str


class PaymentVoided(PaymentEvent):
    """Final: nothing is reserved and nothing was taken."""


class PaymentRefunded(PaymentEvent):
    """This refund has been accepted by the provider."""

    refund_id: UUID
    amount: int
    currency: str


class RefundFailed(PaymentEvent):
    """The provider said that this refund has failed; it may be tried again."""

    refund_id: UUID
    reason: str
