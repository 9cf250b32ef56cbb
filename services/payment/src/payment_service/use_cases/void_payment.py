"""Let go of an authorisation, or see to it that there never is one."""

from dataclasses import dataclass

from contracts.payment import VoidPayment as Command

from payment_service.domain.commands import ANSWERS, Answer, Move, State
from payment_service.domain.commands import Command as Verb
from payment_service.domain.payment import Payment
from payment_service.ports import Payments, Transaction
from payment_service.use_cases.answers import Wake, to_message


@dataclass(frozen=True, slots=True)
class VoidPayment:
    """An unknown payment becomes a tombstone: an authorisation that comes later finds it."""

    payments: Payments
    wake: Wake

    async def __call__(self, command: Command) -> None:
        async with self.payments.transaction() as tx:
            payment = await tx.lock(command.payment_id) or await self._bury(tx, command)
            cell = ANSWERS[payment.state][Verb.VOID]
            if cell is Move.VOID:
                await tx.save(payment.void())
            elif cell is Move.REQUEST_VOID:
                await tx.save(payment.request_void())
            elif isinstance(cell, Answer):
                await tx.announce(to_message(cell, payment))

        self.wake()

    async def _bury(self, tx: Transaction, command: Command) -> Payment:
        tombstone = Payment(
            id=command.payment_id, order_id=command.order_id, amount=0, currency=None, state=State.VOIDED
        )
        if await tx.add(tombstone):
            return tombstone
        return await tx.lock(command.payment_id) or tombstone
