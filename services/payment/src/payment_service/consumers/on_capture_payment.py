from chassis.messages import Envelope
from contracts.payment import CapturePayment

from payment_service.wiring import PaymentService


async def on_capture_payment(service: PaymentService, message: CapturePayment, _envelope: Envelope) -> None:
    await service.capture_payment(message)
