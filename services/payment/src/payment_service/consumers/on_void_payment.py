from chassis.messages import Envelope
from contracts.payment import VoidPayment

from payment_service.wiring import PaymentService


async def on_void_payment(service: PaymentService, message: VoidPayment, _envelope: Envelope) -> None:
    await service.void_payment(message)
