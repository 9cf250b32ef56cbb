"""What the payment service obeys and says. Amounts are minor units of an ISO 4217 currency."""

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
    """Reserve this amount on the customer's saved method; no money moves yet."""

    user_id: UUID
    method_id: UUID
    amount: int = Field(gt=0)
    currency: str


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
