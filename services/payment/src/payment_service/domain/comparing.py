"""Our books beside the provider's: what agrees, what is only under way, and what a person must look at."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from payment_service.domain.commands import WORKING, State
from payment_service.domain.intent import Intent, IntentStatus
from payment_service.domain.payment import Payment
from payment_service.domain.refund import ProviderRefund, Refund, RefundState

UNCONFIRMED = frozenset(
    {IntentStatus.REQUIRES_PAYMENT_METHOD, IntentStatus.REQUIRES_CONFIRMATION, IntentStatus.REQUIRES_ACTION}
)
"""No money is reserved in these, and none was taken."""
FITTING = {
    State.AUTHORIZED: IntentStatus.REQUIRES_CAPTURE,
    State.CAPTURED: IntentStatus.SUCCEEDED,
    State.VOIDED: IntentStatus.CANCELED,
    State.FAILED: IntentStatus.CANCELED,
}


class Finding(StrEnum):
    AGREES = "agrees"
    UNDER_WAY = "under way"
    ORPHAN = "orphan"
    """Made by a call whose answer was lost, and never confirmed: it may be cancelled."""
    DIFFERS = "differs"


@dataclass(frozen=True, slots=True)
class Verdict:
    finding: Finding
    why: str = ""

    @property
    def is_fine(self) -> bool:
        return self.finding in (Finding.AGREES, Finding.UNDER_WAY)


AGREES = Verdict(Finding.AGREES)
UNDER_WAY = Verdict(Finding.UNDER_WAY)


def compare(payment: Payment | None, there: Intent) -> Verdict:
    """The payment that this intent's metadata names, if we have it."""
    if payment is None:
        return AGREES if there.status is IntentStatus.CANCELED else _differs("we have no such payment")
    if payment.intent_id != there.id:
        return _stray(payment, there)
    if (payment.amount, payment.currency) != (there.amount, there.currency):
        return _differs(f"{payment.amount} {payment.currency} here, {there.amount} {there.currency} there")
    if payment.state in WORKING:
        return UNDER_WAY
    if FITTING[payment.state] is not there.status or payment.captured != there.received:
        return _differs(
            f"{payment.state} here with {payment.captured} taken, {there.status.value} there with {there.received}"
        )
    return AGREES


def _stray(payment: Payment, there: Intent) -> Verdict:
    if there.status is IntentStatus.CANCELED:
        return AGREES
    if payment.intent_id is None and payment.state in WORKING:
        # Its id may still be on the way to us, and on the provider's page it is not ours to touch.
        return UNDER_WAY
    if there.status in UNCONFIRMED:
        return Verdict(Finding.ORPHAN, f"never confirmed; the payment's own is {payment.intent_id}")
    return _differs(f"{there.status.value} beside the payment's own, {payment.intent_id}")


def compare_refund(refund: Refund | None, there: ProviderRefund) -> Verdict:
    """The refund that this one's metadata names, if we have it."""
    if there.state is RefundState.REQUESTED:
        return UNDER_WAY
    if there.state is RefundState.FAILED:
        same = refund is not None and refund.state is RefundState.DONE and there.attempt == str(refund.attempt)
        return _differs("done here, failed there") if same else AGREES
    if refund is None:
        return _differs(f"{there.amount} {there.currency} returned there, and we have no such refund")
    if refund.amount != there.amount or there.attempt != str(refund.attempt):
        return _differs(
            f"{refund.amount} by attempt {refund.attempt} here, {there.amount} by attempt {there.attempt} there"
        )
    if refund.state is RefundState.FAILED:
        return _differs("failed here, done there")
    return UNDER_WAY if refund.state is RefundState.REQUESTED else AGREES


def compare_ledger(ref: str, due: int, booked: Mapping[str, int]) -> Verdict:
    """What must be booked under this `ref`, 0 for nothing."""
    found = booked.get(ref, 0)
    return AGREES if found == due else _differs(f"{due} moved, {found} booked")


def _differs(why: str) -> Verdict:
    return Verdict(Finding.DIFFERS, why)
