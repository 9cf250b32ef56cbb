"""Lay our books beside the provider's, and put away what nobody needs."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from chassis.faults import Unreachable
from chassis.logging import get_logger
from chassis.world import World

from payment_service.domain.commands import State
from payment_service.domain.comparing import (
    AGREES,
    Finding,
    Verdict,
    compare,
    compare_ledger,
    compare_refund,
)
from payment_service.domain.intent import IntentStatus
from payment_service.domain.payment import Payment
from payment_service.domain.refund import ProviderRefund, Refund, RefundState
from payment_service.log_events import EVENTS
from payment_service.ports import (
    Books,
    FoundIntent,
    OutcomeUnknown,
    Payments,
    Provider,
    Refused,
    TryAgainLater,
)

MARGIN = timedelta(hours=1)
"""The provider's clock is not ours, and what is asked for now may be made there a little later."""
NOT_THERE = Verdict(Finding.DIFFERS, "the provider does not have it")

log = get_logger("payment.reconcile", EVENTS)


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that does not agree."""

    about: str
    why: str


@dataclass(slots=True)
class Reconciliation:
    compared: int = 0
    under_way: int = 0
    orphans: list[Line] = field(default_factory=list)
    cancelled: int = 0
    """Of the orphans."""
    differences: list[Line] = field(default_factory=list)

    @property
    def recon_diff(self) -> int:
        """Must be 0: how many things a person has to look at."""
        return len(self.differences)

    def note(self, about: str, verdict: Verdict) -> None:
        self.compared += 1
        self.under_way += verdict.finding is Finding.UNDER_WAY
        if verdict.finding is Finding.ORPHAN:
            self.orphans.append(Line(about, verdict.why))
        elif verdict.finding is Finding.DIFFERS:
            self.differences.append(Line(about, verdict.why))


@dataclass(frozen=True, slots=True)
class Reconcile:
    """Raises Unreachable when the provider is.

    The lists are read one after the other while payments go on: whatever does not agree is looked at a second time,
    by itself, before it counts.
    """

    payments: Payments
    provider: Provider
    world: World

    async def __call__(self, *, since: timedelta | None, cancel: bool) -> Reconciliation:
        """Of what was begun `since` so long ago, or ever. With `cancel`, orphans are cancelled."""
        found = Reconciliation()
        try:
            start = self.world.clock.now() - since if since is not None else None
            await self._compare(found, start, cancel=cancel)
        except (OutcomeUnknown, TryAgainLater) as fault:
            raise Unreachable("payment provider", str(fault)) from fault
        return found

    async def _compare(self, found: Reconciliation, start: datetime | None, *, cancel: bool) -> None:
        intents = await self.provider.list_intents(start and start - MARGIN)
        refunds = await self.provider.list_refunds(start and start - MARGIN)
        books = await self.payments.books(start)
        for each in intents:
            await self._compare_intent(found, each, books, cancel=cancel)
        listed = {each.intent.id for each in intents}
        for payment in books.payments.values():
            await self._compare_payment(found, payment, listed)
        await self._compare_refunds(found, refunds, books)
        for ref, verdict in _entries(books):
            found.note(ref, verdict)

    # --- payments

    async def _compare_intent(self, found: Reconciliation, there: FoundIntent, books: Books, *, cancel: bool) -> None:
        intent_id, payment_id = there.intent.id, there.payment_id
        if payment_id is None:
            foreign = there.intent.status in (IntentStatus.REQUIRES_CAPTURE, IntentStatus.SUCCEEDED)
            found.note(intent_id, Verdict(Finding.DIFFERS, "names no payment of ours") if foreign else AGREES)
            return
        verdict = compare(books.payments.get(payment_id) or await self._payment(payment_id), there.intent)
        if not verdict.is_fine:
            verdict = await self._look(intent_id, payment_id)
        found.note(f"{intent_id} of payment {payment_id}", verdict)
        if verdict.finding is Finding.ORPHAN and cancel:
            found.cancelled += await self._cancel(intent_id, payment_id)

    async def _compare_payment(self, found: Reconciliation, payment: Payment, listed: set[str]) -> None:
        holds = payment.state in (State.AUTHORIZED, State.CAPTURED)
        if holds and payment.intent_id is not None and payment.intent_id not in listed:
            found.note(f"payment {payment.id}", await self._look(payment.intent_id, payment.id))

    async def _look(self, intent_id: str, payment_id: UUID) -> Verdict:
        try:
            intent = await self.provider.retrieve(intent_id)
        except Refused:
            return NOT_THERE
        return compare(await self._payment(payment_id), intent)

    async def _cancel(self, intent_id: str, payment_id: UUID) -> bool:
        try:
            await self.provider.cancel(intent_id, key=f"{payment_id}:orphan:{intent_id}")
        except Refused as fault:
            log.warning("reconcile.not_cancelled", intent_id=intent_id, reason=fault.reason)
            return False
        return True

    async def _payment(self, payment_id: UUID) -> Payment | None:
        async with self.payments.transaction() as tx:
            return await tx.lock(payment_id)

    # --- refunds

    async def _compare_refunds(self, found: Reconciliation, there: Sequence[ProviderRefund], books: Books) -> None:
        done = Counter(each.refund_id for each in there if each.state is RefundState.DONE)
        for each in there:
            refund = await self._refund(each.refund_id, books)
            verdict = compare_refund(refund, each)
            if not verdict.is_fine and refund is not None:
                verdict = await self._look_at_refund(refund.id)
            found.note(f"refund {each.refund_id}", verdict)
        for refund_id, times in done.items():
            if refund_id is not None and times > 1:
                found.note(f"refund {refund_id}", Verdict(Finding.DIFFERS, f"returned {times} times"))
        for refund in books.refunds.values():
            if refund.state is RefundState.DONE and str(refund.id) not in done:
                found.note(f"refund {refund.id}", await self._look_at_refund(refund.id))

    async def _refund(self, refund_id: str | None, books: Books) -> Refund | None:
        try:
            wanted = UUID(refund_id or "")
        except ValueError:
            return None
        return books.refunds.get(wanted) or await self._lock_refund(wanted)

    async def _look_at_refund(self, refund_id: UUID) -> Verdict:
        refund = await self._lock_refund(refund_id)
        payment = await self._payment(refund.payment_id) if refund is not None else None
        if refund is None or payment is None or payment.intent_id is None:
            return NOT_THERE
        there = [each for each in await self.provider.find_refunds(payment.intent_id) if refund.is_this(each)]
        return compare_refund(await self._lock_refund(refund_id), there[0]) if there else NOT_THERE

    async def _lock_refund(self, refund_id: UUID) -> Refund | None:
        async with self.payments.transaction() as tx:
            return await tx.lock_refund(refund_id)


def _entries(books: Books) -> Iterator[tuple[str, Verdict]]:
    """Each payment and refund beside what is booked for it."""
    for payment in books.payments.values():
        ref = f"capture:{payment.id}"
        yield ref, compare_ledger(ref, payment.captured, books.booked)
    for refund in books.refunds.values():
        ref, due = f"refund:{refund.id}", refund.amount if refund.state is RefundState.DONE else 0
        yield ref, compare_ledger(ref, due, books.booked)
