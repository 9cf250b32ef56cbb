"""Heed a stored webhook: at most it makes us look at the provider sooner."""

from dataclasses import dataclass, replace

from chassis.logging import get_logger
from chassis.world import World

from payment_service.domain.payment import Payment
from payment_service.domain.refund import Refund, RefundState
from payment_service.domain.webhook import KEPT, PspEvent, is_news
from payment_service.log_events import EVENTS
from payment_service.ports import Payments, Tally, Transaction
from payment_service.use_cases.pace import pause

log = get_logger("payment.webhook", EVENTS)

FIRST_RETRY = 6
"""Where the pauses begin: about three seconds, then up to a minute."""


@dataclass(frozen=True, slots=True)
class HeedWebhook:
    """One event; 0 when none is due. It moves no state itself: whatever it says, the provider is asked."""

    payments: Payments
    tally: Tally
    world: World

    async def __call__(self) -> int:
        async with self.payments.transaction() as tx:
            waiting = await tx.next_event()
            if waiting is None:
                return 0

            payment = await self._payment(tx, waiting.event)
            if payment is not None:
                await self._nudge(tx, payment, waiting.event)
            elif waiting.event.names_a_payment and waiting.now - waiting.received_at < KEPT:
                after = pause(self.world, waiting.tries + FIRST_RETRY)
                await tx.put_off_event(waiting.event.id, after=after)
                return 1
            await tx.finish_event(waiting.event.id)

        return 1

    async def _payment(self, tx: Transaction, event: PspEvent) -> Payment | None:
        owner = await tx.by_intent(event.intent_id) if event.intent_id else None
        wanted = owner or event.payment_id
        return await tx.lock(wanted) if wanted else None

    async def _nudge(self, tx: Transaction, payment: Payment, event: PspEvent) -> None:
        # While the customer is on the provider's page, we do not know its intent yet.
        on_page = payment.session_id is not None and payment.intent_id is None
        if not on_page and (event.intent_id is None or payment.intent_id != event.intent_id):
            # An orphan of a creation that nobody confirmed: it holds no money.
            return
        if is_news(event.type, payment.state):
            await tx.save(payment.look())
        if event.refund_id is not None:
            refund = await tx.lock_refund(event.refund_id)
            if refund is not None and refund.payment_id == payment.id:
                await self._nudge_refund(tx, refund, event)

    async def _nudge_refund(self, tx: Transaction, refund: Refund, event: PspEvent) -> None:
        if refund.state is RefundState.REQUESTED:
            await tx.save_refund(replace(refund, look=refund.look or refund.tries > 0))
        elif refund.state is RefundState.DONE and event.type == "refund.failed":
            # Banks may send money back days later: the customer was told otherwise, so a person must look.
            log.error("refund.failed_after_all", refund_id=str(refund.id))
            self.tally.surprise()
