"""Reserve an amount on a saved method."""

from dataclasses import dataclass

from chassis import tracing
from contracts.payment import AuthorizePayment as Command

from payment_service.domain.payment import ANSWERS, Answer, Payment, State
from payment_service.domain.payment import Command as Verb
from payment_service.ports import Payments, Tally, Transaction
from payment_service.use_cases.answers import Wake, to_message


@dataclass(frozen=True, slots=True)
class AuthorizePayment:
    """Write the payment down, so that it is authorised; a known one answers again."""

    payments: Payments
    tally: Tally
    wake: Wake

    async def __call__(self, command: Command) -> None:
        async with self.payments.transaction() as tx:
            payment = await tx.lock(command.payment_id)
            fresh = None if payment else await self._begin(tx, command)
            if fresh is not None and not await tx.add(fresh):
                # Somebody else wrote it since we looked: theirs counts.
                payment, fresh = await tx.lock(command.payment_id), None
            known = fresh or payment
            # A fresh one says something only when it failed at once.
            cell = ANSWERS[known.state][Verb.AUTHORIZE] if known else None
            if known is not None and isinstance(cell, Answer):
                await tx.announce(to_message(cell, known))

        if fresh is not None and fresh.state is State.FAILED:
            self.tally.settled(Answer.DECLINED)
        self.wake()

    async def _begin(self, tx: Transaction, command: Command) -> Payment:
        method = await tx.method(command.user_id, command.method_id)
        return Payment(
            id=command.payment_id,
            order_id=command.order_id,
            amount=command.amount,
            currency=command.currency,
            # Nothing was ever stored at the provider: this "no" is final at once.
            state=State.CREATED if method else State.FAILED,
            reason=None if method else "unknown_payment_method",
            customer=method.customer if method else None,
            method=method.card.provider_method_id if method else None,
            trace=tracing.current_traceparent(),
        )
