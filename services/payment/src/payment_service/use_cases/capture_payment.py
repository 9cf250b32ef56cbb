"""Take the authorised amount."""

from dataclasses import dataclass

from contracts.payment import CapturePayment as Command

from payment_service.domain.commands import ANSWERS, Answer, Move
from payment_service.domain.commands import Command as Verb
from payment_service.domain.payment import PaymentUnknown
from payment_service.ports import Payments
from payment_service.use_cases.answers import Wake, to_message


@dataclass(frozen=True, slots=True)
class CapturePayment:
    """From authorised to capturing. Raises PaymentUnknown."""

    payments: Payments
    wake: Wake

    async def __call__(self, command: Command) -> None:
        async with self.payments.transaction() as tx:
            payment = await tx.lock(command.payment_id)
            if payment is None:
                raise PaymentUnknown(command.payment_id)

            cell = ANSWERS[payment.state][Verb.CAPTURE]
            if cell is Move.CAPTURE:
                await tx.save(payment.capture())
            elif isinstance(cell, Answer):
                await tx.announce(to_message(cell, payment))

        self.wake()
