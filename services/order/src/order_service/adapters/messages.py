"""From what an order says to the message that says it."""

from chassis.messages import Contract
from contracts.order import OrderCancelled, OrderConfirmed, OrderLine
from contracts.payment import AuthorizePayment, CapturePayment, RefundPayment, VoidPayment
from contracts.product import CommitStock, ReleaseStock, ReserveStock, StockLine

from order_service.domain.order import Command, Event, Order, Said


def to_message(said: Said, order: Order) -> Contract:
    """Events carry all that they announce: nobody has to come back and ask."""
    payment = {"order_id": order.id, "payment_id": order.payment_id}
    match said:
        case Command.RESERVE_STOCK:
            lines = tuple(StockLine(sku=line.sku, quantity=line.quantity) for line in order.lines)
            return ReserveStock(order_id=order.id, lines=lines)
        case Command.COMMIT_STOCK:
            return CommitStock(order_id=order.id)
        case Command.RELEASE_STOCK:
            return ReleaseStock(order_id=order.id)
        case Command.AUTHORIZE_PAYMENT:
            return AuthorizePayment(
                **payment,
                user_id=order.user_id,
                method_id=order.method_id,
                amount=order.total,
                currency=order.currency,
            )
        case Command.CAPTURE_PAYMENT:
            return CapturePayment(**payment)
        case Command.VOID_PAYMENT:
            return VoidPayment(**payment)
        case Command.REFUND_PAYMENT:
            return RefundPayment(**payment, refund_id=order.cancel_refund_id)
        case Event.CONFIRMED:
            return _confirmed(order)
        case Event.CANCELLED:
            return OrderCancelled(
                order_id=order.id,
                user_id=order.user_id,
                number=order.number,
                reason=str(order.cancel_reason),
                total=order.total,
                currency=order.currency,
                refunded=order.refunded,
            )


def _confirmed(order: Order) -> OrderConfirmed:
    lines = tuple(
        OrderLine(sku=line.sku, name=line.name, quantity=line.quantity, unit_price=line.unit_price, total=line.total)
        for line in order.lines
    )
    return OrderConfirmed(
        order_id=order.id,
        user_id=order.user_id,
        number=order.number,
        lines=lines,
        subtotal=order.subtotal,
        shipping=order.shipping,
        tax=order.tax,
        total=order.total,
        currency=order.currency,
    )
