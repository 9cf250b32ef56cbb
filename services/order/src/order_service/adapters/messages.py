"""From what an order says to the message that says it."""

from chassis.messages import Contract
from contracts.order import OrderCancelled, OrderConfirmed, OrderLine, OrderProgressed, OrderRefunded, OrderShipped
from contracts.payment import AuthorizePayment, CapturePayment, RefundPayment, VoidPayment
from contracts.product import CommitStock, ReleaseStock, ReserveStock, ReturnStock, StockLine

from order_service.domain.order import Order
from order_service.domain.states import Command, Event, Said


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
                return_url=order.return_url,
                amount=order.total,
                currency=order.currency,
            )
        case Command.CAPTURE_PAYMENT:
            return CapturePayment(**payment)
        case Command.VOID_PAYMENT:
            return VoidPayment(**payment)
        case Command.REFUND_PAYMENT:
            if (refund := order.open_refund) is not None:
                return RefundPayment(**payment, refund_id=refund.id, amount=refund.amount)
            return RefundPayment(**payment, refund_id=order.cancel_refund_id)
        case Event.RETURN_STOCK:
            back = tuple(StockLine(sku=piece.sku, quantity=piece.quantity) for piece in order.refunds[-1].restock)
            return ReturnStock(order_id=order.id, refund_id=order.refunds[-1].id, lines=back)
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
        case Event.PROGRESSED:
            return OrderProgressed(order_id=order.id, user_id=order.user_id, number=order.number, state=order.state)
        case Event.SHIPPED:
            return _shipped(order)
        case Event.REFUNDED:
            return OrderRefunded(
                order_id=order.id,
                user_id=order.user_id,
                number=order.number,
                refund_id=order.refunds[-1].id,
                amount=order.refunds[-1].amount,
                currency=order.currency,
                refunded=order.refunded,
                total=order.total,
            )


def _lines(order: Order) -> tuple[OrderLine, ...]:
    return tuple(
        OrderLine(sku=line.sku, name=line.name, quantity=line.quantity, unit_price=line.unit_price, total=line.total)
        for line in order.lines
    )


def _shipped(order: Order) -> OrderShipped:
    assert order.shipment is not None  # the use case that ships writes it with the step
    return OrderShipped(
        order_id=order.id,
        user_id=order.user_id,
        number=order.number,
        carrier=order.shipment.carrier,
        tracking=order.shipment.tracking,
        lines=_lines(order),
    )


def _confirmed(order: Order) -> OrderConfirmed:
    return OrderConfirmed(
        order_id=order.id,
        user_id=order.user_id,
        number=order.number,
        lines=_lines(order),
        subtotal=order.subtotal,
        shipping=order.shipping,
        tax=order.tax,
        total=order.total,
        currency=order.currency,
    )
