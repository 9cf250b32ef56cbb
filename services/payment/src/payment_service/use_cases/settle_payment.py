"""Do at the provider what is written down, one call at a time."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from chassis import tracing
from chassis.logging import get_logger
from chassis.world import World

from payment_service.domain.commands import Answer, State
from payment_service.domain.intent import Intent
from payment_service.domain.ledger import capture_entry
from payment_service.domain.payment import Outcome, Payment, Surprise
from payment_service.domain.session import PAGE_LASTS, Session
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
from payment_service.use_cases.answers import currency_of, to_message
from payment_service.use_cases.pace import LEASE_SECONDS, SURPRISE_SECONDS, pause

log = get_logger("payment.settle", EVENTS)

Reply = Intent | Session | Exception | None


@dataclass(frozen=True, slots=True)
class SettlePayment:
    """One step of one payment that is due; 0 when none is.

    The lease comes first, in its own transaction; then at most one call, in none; then the outcome, only if the
    lease is still ours. Whoever dies in between leaves a lease behind, and the next one looks before it acts.
    """

    payments: Payments
    provider: Provider
    tally: Tally
    world: World
    return_url: str | None = None
    """Where customers come back to whose saved card asked for an authentication; without one it is declined."""

    async def __call__(self) -> int:
        lease = self.world.ids.uuid7()
        claimed = await self.payments.claim(lease, seconds=LEASE_SECONDS)
        if claimed is None:
            return 0
        with tracing.span("settle payment", traceparent=claimed.trace):
            await self._settle(claimed, lease)
        return 1

    async def _settle(self, claimed: Payment, lease: UUID) -> None:
        reply = await self._ask(claimed)

        async with self.payments.transaction() as tx:
            payment = await tx.lock(claimed.id)
            if payment is None or payment.lease != lease:
                log.warning("payment.lease_lost", payment_id=str(claimed.id))
                return
            outcome = await self._conclude(tx, replace(payment, lease=None), claimed, reply)

        if outcome.answer is not None:
            self.tally.settled(outcome.answer)
            log.info("payment.settled", payment_id=str(claimed.id), outcome=outcome.answer.value)

    async def _ask(self, payment: Payment) -> Reply:
        """The one call that this payment needs now, and what came of it; None when it needs none."""
        try:
            return await self._call(payment)
        except (OutcomeUnknown, TryAgainLater, Declined, Refused) as fault:
            return fault

    async def _call(self, payment: Payment) -> Intent | Session | None:
        if payment.intent_id is not None:
            return await self._call_about_intent(payment, payment.intent_id)
        if payment.session_id is not None:
            return await self._call_about_page(payment, payment.session_id)
        if payment.void_requested:
            return None
        if payment.hosted:
            return await self._open_page(payment)
        return await self._create(payment)

    async def _call_about_intent(self, payment: Payment, intent_id: str) -> Intent | None:
        if payment.looks:
            return await self.provider.retrieve(intent_id)
        match payment.state:
            case State.AUTHORIZING if not payment.void_requested:
                return await self.provider.confirm(intent_id, return_url=self.return_url, key=payment.key("confirm"))
            case State.CAPTURING:
                return await self.provider.capture(intent_id, key=payment.key("capture"))
            case State.VOIDING:
                return await self.provider.cancel(intent_id, key=payment.key("cancel"))
            case _:
                return None

    async def _call_about_page(self, payment: Payment, session_id: str) -> Session:
        if payment.looks:
            return await self.provider.retrieve_session(session_id)
        return await self.provider.expire_session(session_id, key=payment.key("expire"))

    async def _open_page(self, payment: Payment) -> Session | None:
        """None when it is too late for the page that was planned: the same key must ask for the same."""
        if payment.act_until is None or payment.too_late_to_open(self.world.clock.now()):
            return None
        return await self.provider.create_session(
            amount=payment.amount,
            currency=currency_of(payment),
            metadata=_metadata(payment),
            return_url=payment.return_url or "",
            expires_at=payment.act_until,
            key=payment.key("create"),
        )

    async def _create(self, payment: Payment) -> Intent:
        return await self.provider.create_intent(
            amount=payment.amount,
            currency=currency_of(payment),
            customer=payment.customer or "",
            method=payment.method or "",
            metadata=_metadata(payment),
            key=payment.key("create"),
        )

    async def _conclude(self, tx: Transaction, payment: Payment, asked: Payment, reply: Reply) -> Outcome:
        try:
            outcome = _outcome(payment, asked, reply, page_until=self.world.clock.now() + PAGE_LASTS)
        except Surprise as surprise:
            log.error("payment.surprise", payment_id=str(payment.id), what=surprise.what)
            self.tally.surprise()
            await tx.save(payment.later(), after=SURPRISE_SECONDS)
            return Outcome(payment)

        settled = outcome.payment
        await tx.save(settled, after=pause(self.world, settled.attempts))
        if outcome.answer is Answer.CAPTURED:
            await tx.post(capture_entry(settled.id, settled.captured, currency_of(settled)))
        if outcome.answer is not None:
            await tx.announce(to_message(outcome.answer, settled))
        return outcome


def _metadata(payment: Payment) -> dict[str, str]:
    return {"order_id": str(payment.order_id), "payment_id": str(payment.id)}


def _outcome(payment: Payment, asked: Payment, reply: Reply, *, page_until: datetime) -> Outcome:
    """What the reply to the call that `asked` needed means for the payment as it is now."""
    match reply:
        case None if asked.stored_there:
            return Outcome(payment.void())
        case None if payment.void_requested:
            return payment.never_sent()
        case None:
            return Outcome(payment.planned_until(page_until))
        case Session():
            return payment.seen_page(reply) if asked.stored_there else payment.opened(reply)
        case Intent():
            return payment.seen(reply) if asked.stored_there else payment.created(reply)
        case Declined():
            return payment.declined(reply.reason)
        case Refused() if asked.looks:
            raise Surprise(payment.id, f"the provider does not show it: {reply.reason}")
        case Refused():
            return payment.refused(reply.reason)
        case OutcomeUnknown():
            return Outcome(payment.outcome_unknown(new_key=reply.replayed))
        case _:
            return Outcome(payment.later())
