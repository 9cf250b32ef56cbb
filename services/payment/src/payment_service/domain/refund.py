"""A refund: its amount is fixed when it is asked for, and nothing but its key guards it from being paid twice."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

KEY_REMEMBERED = timedelta(hours=20)
"""Providers forget a key after 24 hours: with an older one, look for the refund before it is sent again."""


class RefundState(StrEnum):
    REQUESTED = "REQUESTED"
    DONE = "DONE"
    FAILED = "FAILED"


class RefundRefused(Exception):
    """It would return more than was taken."""

    def __init__(self, refund_id: UUID, *, asked: int, left: int) -> None:
        super().__init__(f"refund {refund_id}: {asked} asked, {left} left")
        self.refund_id, self.asked, self.left = refund_id, asked, left


@dataclass(frozen=True, slots=True)
class ProviderRefund:
    """What the provider says about one refund."""

    state: RefundState
    """REQUESTED while it is still pending there."""
    amount: int
    currency: str
    refund_id: str | None
    attempt: str | None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Refund:
    id: UUID
    payment_id: UUID
    amount: int
    state: RefundState = RefundState.REQUESTED
    attempt: int = 0
    """Part of the key; a new one only after the provider said that the last has failed."""
    look: bool = False
    """Search the provider's refunds before anything is sent again."""
    reason: str | None = None
    tries: int = 0
    first_sent_at: datetime | None = None
    """When the present key was first used."""
    claimed_at: datetime | None = None
    lease: UUID | None = None

    @property
    def key(self) -> str:
        return f"{self.id}:{self.attempt}"

    @property
    def must_look(self) -> bool:
        if self.claimed_at is None or self.first_sent_at is None:
            return self.look
        return self.look or self.claimed_at - self.first_sent_at > KEY_REMEMBERED

    def is_this(self, found: ProviderRefund) -> bool:
        return found.refund_id == str(self.id) and found.attempt == str(self.attempt)

    def answered(self, found: ProviderRefund) -> "Refund":
        """The provider's word about this very refund; while it is pending, look again later."""
        match found.state:
            case RefundState.REQUESTED:
                return replace(self.later(), look=True, reason=None)
            case RefundState.DONE:
                return replace(self, state=RefundState.DONE, look=False, reason=None, tries=0)
            case RefundState.FAILED:
                reason = found.reason or "refund_failed"
                return replace(self, state=RefundState.FAILED, look=False, reason=reason, tries=0)

    def not_found(self) -> "Refund":
        """The provider has none: it failed if it was refused, otherwise the same key may be used afresh."""
        if self.reason is not None:
            return replace(self, state=RefundState.FAILED, look=False, tries=0)
        return replace(self, look=False, first_sent_at=None)

    def refused(self, reason: str) -> "Refund":
        return replace(self.later(), look=True, reason=reason)

    def outcome_unknown(self, *, replayed: bool) -> "Refund":
        """Sent again under the same key; a replayed failure tells nothing, so look."""
        return replace(self.later(), look=self.look or replayed)

    def later(self) -> "Refund":
        return replace(self, tries=self.tries + 1)

    def again(self) -> "Refund":
        """Asked for once more after the provider said no: the next key."""
        return replace(
            self,
            state=RefundState.REQUESTED,
            attempt=self.attempt + 1,
            look=False,
            reason=None,
            tries=0,
            first_sent_at=None,
        )


def refuse_too_much(refund: Refund, others: Iterable[Refund], *, captured: int) -> None:
    """Requested and done refunds together never exceed what was captured. Raises RefundRefused."""
    counted = sum(each.amount for each in others if each.id != refund.id and each.state is not RefundState.FAILED)
    left = captured - counted
    if not 0 < refund.amount <= left:
        raise RefundRefused(refund.id, asked=refund.amount, left=left)
