"""Return captured money."""

from dataclasses import dataclass

from contracts.payment import RefundPayment as Command

from payment_service.domain.commands import ANSWERS, Move
from payment_service.domain.commands import Command as Verb
from payment_service.domain.payment import Payment, PaymentUnknown
from payment_service.domain.refund import Refund, RefundState, refuse_too_much
from payment_service.ports import Payments, Transaction
from payment_service.use_cases.answers import Wake, to_refund_message


@dataclass(frozen=True, slots=True)
class RefundPayment:
    """A new refund is written down, its amount fixed; a known one answers again.

    All that is left (no amount) is asked for until it is through: such a refund is tried again when it has failed.

    Raises PaymentUnknown and RefundRefused.
    """

    payments: Payments
    wake: Wake

    async def __call__(self, command: Command) -> None:
        async with self.payments.transaction() as tx:
            payment = await tx.lock(command.payment_id)
            if payment is None:
                raise PaymentUnknown(command.payment_id)

            if ANSWERS[payment.state][Verb.REFUND] is Move.REFUND:
                await self._refund(tx, payment, command)

        self.wake()

    async def _refund(self, tx: Transaction, payment: Payment, command: Command) -> None:
        known = await tx.lock_refund(command.refund_id)
        if known is None:
            amount = payment.captured - payment.refunded if command.amount is None else command.amount
            fresh = Refund(id=command.refund_id, payment_id=payment.id, amount=amount)
            refuse_too_much(fresh, await tx.refunds(payment.id), captured=payment.captured)
            await tx.add_refund(fresh)
        elif known.state is RefundState.FAILED and command.amount is None:
            # Only a cancellation insists. Elsewhere a command that comes twice must not pay what was given up.
            again = known.again()
            refuse_too_much(again, await tx.refunds(payment.id), captured=payment.captured)
            await tx.save_refund(again)
        elif answer := to_refund_message(known, payment):
            await tx.announce(answer)
