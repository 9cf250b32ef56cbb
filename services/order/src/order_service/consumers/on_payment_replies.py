"""What payment says about the money of an order."""

from chassis.messages import Envelope
from contracts.payment import (
    PaymentActionRequired,
    PaymentAuthorized,
    PaymentCaptured,
    PaymentCaptureFailed,
    PaymentDeclined,
    PaymentEvent,
    PaymentRefunded,
    PaymentVoided,
    RefundFailed,
)

from order_service.domain.order import PaymentPage, storable
from order_service.domain.saga_table import Trigger
from order_service.wiring import OrderService

REPLIES: dict[type[PaymentEvent], Trigger] = {
    PaymentAuthorized: Trigger.AUTHORIZED,
    PaymentDeclined: Trigger.DECLINED,
    PaymentCaptured: Trigger.CAPTURED,
    PaymentCaptureFailed: Trigger.CAPTURE_FAILED,
    PaymentVoided: Trigger.VOIDED,
}


async def on_payment_reply(service: OrderService, message: PaymentEvent, _envelope: Envelope) -> None:
    await service.advance_order(message.order_id, REPLIES[type(message)], payment_id=message.payment_id)


async def on_payment_action_required(
    service: OrderService, message: PaymentActionRequired, _envelope: Envelope
) -> None:
    page = PaymentPage(message.url, storable(message.expires_at))
    await service.advance_order(message.order_id, Trigger.ACTION_REQUIRED, payment_id=message.payment_id, page=page)


async def on_payment_refunded(service: OrderService, message: PaymentRefunded, _envelope: Envelope) -> None:
    await service.advance_order(
        message.order_id,
        Trigger.REFUNDED,
        payment_id=message.payment_id,
        refund_id=message.refund_id,
        refunded=message.amount,
    )


async def on_refund_failed(service: OrderService, message: RefundFailed, _envelope: Envelope) -> None:
    await service.advance_order(
        message.order_id, Trigger.REFUND_FAILED, payment_id=message.payment_id, refund_id=message.refund_id
    )
