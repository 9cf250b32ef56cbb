"""What the provider says about one intended payment."""

from dataclasses import dataclass
from enum import StrEnum


class IntentStatus(StrEnum):
    REQUIRES_PAYMENT_METHOD = "requires_payment_method"
    """Also what a declined card leaves behind."""
    REQUIRES_CONFIRMATION = "requires_confirmation"
    REQUIRES_ACTION = "requires_action"
    PROCESSING = "processing"
    REQUIRES_CAPTURE = "requires_capture"
    """Authorised: the amount is reserved."""
    CANCELED = "canceled"
    SUCCEEDED = "succeeded"
    """Captured: the money is ours."""


@dataclass(frozen=True, slots=True)
class Intent:
    id: str
    status: IntentStatus
    amount: int
    currency: str
    received: int = 0
    decline: str | None = None
    """Why the last confirmation failed, in the provider's word."""
    action_url: str | None = None
    """Where the customer must show the bank that it is really them."""
