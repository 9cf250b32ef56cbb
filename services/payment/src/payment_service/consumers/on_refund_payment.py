from chassis.messages import Envelope
from contracts.payment import RefundPayment

from payment_service.wiring import PaymentService


async def on_refund_payment(service: PaymentService, message: RefundPayment, _envelope: Envelope) -> None:
    await service.refund_payment(message)
