from chassis.messages import Envelope
from contracts.payment import AuthorizePayment

from payment_service.wiring import PaymentService


async def on_authorize_payment(service: PaymentService, message: AuthorizePayment, _envelope: Envelope) -> None:
    await service.authorize_payment(message)
