"""Return money at the provider, never twice."""

from dataclasses import dataclass, replace
from uuid import UUID

from chassis import tracing
from chassis.logging import get_logger
from chassis.world import World

from payment_service.domain.ledger import refund_entry
from payment_service.domain.payment import Payment, Surprise
from payment_service.domain.refund import ProviderRefund, Refund, RefundState
from payment_service.log_events import EVENTS
from payment_service.ports import (
    Declined,
    OutcomeUnknown,
    Payments,
    Provider,
    Refused,
    Tally,
    Transaction,
    TryAgainLater,
)
from payment_service.use_cases.answers import currency_of, to_refund_message
from payment_service.use_cases.pace import LEASE_SECONDS, SURPRISE_SECONDS, pause

log = get_logger("payment.refund", EVENTS)

Reply = ProviderRefund | Exception | None


@dataclass(frozen=True, slots=True)
class SettleRefund:
    """One step of one refund that is due; 0 when none is. Leases as for payments."""

    payments: Payments
    provider: Provider
    tally: Tally
    world: World

    async def __call__(self) -> int:
        lease = self.world.ids.uuid7()
        claimed = await self.payments.claim_refund(lease, seconds=LEASE_SECONDS)
        if claimed is None:
            return 0

        async with self.payments.transaction() as tx:
            payment = await tx.lock(claimed.payment_id)
        if payment is None or payment.intent_id is None:
            raise ValueError(f"refund {claimed.id} has no captured payment")
        with tracing.span("settle refund", traceparent=payment.trace):
            await self._settle(claimed, lease, payment, payment.intent_id)
        return 1

    async def _settle(self, claimed: Refund, lease: UUID, payment: Payment, intent_id: str) -> None:
        reply = await self._ask(claimed, payment, intent_id)

        async with self.payments.transaction() as tx:
            current = await tx.lock(claimed.payment_id)
            refund = await tx.lock_refund(claimed.id)
            if current is None or refund is None or refund.lease != lease:
                log.warning("refund.lease_lost", refund_id=str(claimed.id))
                return
            settled = await self._conclude(tx, replace(refund, lease=None), current, reply)

        if settled.state is not RefundState.REQUESTED:
            outcome = "refunded" if settled.state is RefundState.DONE else "refund_failed"
            self.tally.settled(outcome)
            log.info("refund.settled", refund_id=str(settled.id), outcome=outcome)

    async def _ask(self, refund: Refund, payment: Payment, intent_id: str) -> Reply:
        try:
            if refund.must_look:
                return next(filter(refund.is_this, await self.provider.find_refunds(intent_id)), None)
            return await self.provider.refund(
                intent_id,
                amount=refund.amount,
                metadata={
                    "refund_id": str(refund.id),
                    "order_id": str(payment.order_id),
                    "attempt": str(refund.attempt),
                },
                key=refund.key,
            )
        except (OutcomeUnknown, TryAgainLater, Declined, Refused) as fault:
            return fault

    async def _conclude(self, tx: Transaction, refund: Refund, payment: Payment, reply: Reply) -> Refund:
        try:
            settled = _outcome(refund, payment, reply)
        except Surprise as surprise:
            log.error("refund.surprise", refund_id=str(refund.id), what=surprise.what)
            self.tally.surprise()
            await tx.save_refund(refund.later(), after=SURPRISE_SECONDS)
            return refund

        await tx.save_refund(settled, after=pause(self.world, settled.tries))
        if settled.state is RefundState.DONE:
            await tx.save(replace(payment, refunded=payment.refunded + settled.amount))
            await tx.post(refund_entry(settled.id, settled.amount, currency_of(payment)))
        if answer := to_refund_message(settled, payment):
            await tx.announce(answer)
        return settled


def _outcome(refund: Refund, payment: Payment, reply: Reply) -> Refund:
    match reply:
        case ProviderRefund() if (reply.amount, reply.currency) != (refund.amount, payment.currency):
            raise Surprise(payment.id, f"the provider refunds {reply.amount} {reply.currency}")
        case ProviderRefund():
            return refund.answered(reply)
        case None:
            return refund.not_found()
        case Declined() | Refused():
            return refund.refused(reply.reason)
        case OutcomeUnknown():
            return refund.outcome_unknown(replayed=reply.replayed)
        case _:
            return refund.later()
