"""Reserve an amount on a saved method, or on the provider's page."""

from dataclasses import dataclass, replace

from chassis import tracing
from chassis.world import World
from contracts.payment import AuthorizePayment as Command

from payment_service.domain.commands import ANSWERS, Answer, State
from payment_service.domain.commands import Command as Verb
from payment_service.domain.payment import Payment
from payment_service.domain.session import PAGE_LASTS
from payment_service.ports import Payments, Tally, Transaction
from payment_service.use_cases.answers import Wake, to_message


@dataclass(frozen=True, slots=True)
class AuthorizePayment:
    """Write the payment down, so that it is authorised; a known one answers again."""

    payments: Payments
    tally: Tally
    world: World
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
            if cell is Answer.ACTION_REQUIRED and known is not None:
                # Whoever asks again may know that the customer is back.
                await tx.save(known.look())

        if fresh is not None and fresh.state is State.FAILED:
            self.tally.settled(Answer.DECLINED)
        self.wake()

    async def _begin(self, tx: Transaction, command: Command) -> Payment:
        fresh = Payment(
            id=command.payment_id,
            order_id=command.order_id,
            amount=command.amount,
            currency=command.currency,
            state=State.CREATED,
            act_until=self.world.clock.now() + PAGE_LASTS,
            trace=tracing.current_traceparent(),
        )
        if command.method_id is None:
            page = replace(fresh, return_url=command.return_url)
            return page if page.hosted else _failed(fresh, "no_return_url")
        method = await tx.method(command.method_id, owner=command.user_id)
        if method is None:
            return _failed(fresh, "unknown_payment_method")
        return replace(fresh, customer=method.customer, method=method.card.provider_method_id)


def _failed(payment: Payment, reason: str) -> Payment:
    """Nothing was ever stored at the provider: this "no" is final at once."""
    return replace(payment, state=State.FAILED, reason=reason)
