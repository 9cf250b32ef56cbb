"""What the provider says about its page for one payment."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from payment_service.domain.intent import Intent

PAGE_LASTS = timedelta(minutes=31)
LEAST_TIME = timedelta(minutes=30, seconds=15)
"""The provider opens no page for less than 30 minutes; what is sent also has to arrive."""


class SessionStatus(StrEnum):
    OPEN = "open"
    """The customer may pay; a declined card changes nothing about that."""
    COMPLETE = "complete"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Session:
    id: str
    status: SessionStatus
    amount: int
    currency: str
    url: str | None
    """None once it is no longer open."""
    expires_at: datetime
    intent: Intent | None = None
    """There is none before the customer has tried to pay."""
