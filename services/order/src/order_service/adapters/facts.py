"""What the facts door shows of an order; `verify` reads it."""

from datetime import datetime
from typing import Any

from order_service.domain.order import Order
from order_service.domain.saga_table import came_from


def order_fact(order: Order, *, now: datetime) -> dict[str, Any]:
    return {
        "kind": "order",
        "id": str(order.id),
        "number": order.number,
        "user_id": str(order.user_id),
        "cart_id": str(order.cart_id),
        "idempotency_key": order.idempotency_key,
        "state": order.state.value,
        "version": order.version,
        "open": order.is_open,
        "currency": order.currency,
        "lines": [
            {"sku": line.sku, "quantity": line.quantity, "unit_price": line.unit_price, "total": line.total}
            for line in order.lines
        ],
        "subtotal": order.subtotal,
        "shipping": order.shipping,
        "tax": order.tax,
        "discount": order.discount,
        "total": order.total,
        "quote_hash": order.quote_hash,
        "payment_id": str(order.payment_id),
        "cancel_reason": order.cancel_reason,
        "cancel_requested": order.cancel_requested,
        "came_from": came_from(order),
        "tracking": order.shipment.tracking if order.shipment is not None else None,
        "refunds": [
            {
                "id": str(each.id),
                "amount": each.amount,
                "outcome": each.outcome,
                "restock": [{"sku": piece.sku, "quantity": piece.quantity} for piece in each.restock],
            }
            for each in order.refunds
        ],
        "refunded": order.refunded,
        "needs_review": order.needs_review,
        "overdue_seconds": order.overdue(now).total_seconds(),
        "history": [
            {
                "version": each.version,
                "from": each.before,
                "to": each.after,
                "trigger": each.trigger,
                "at": each.at.isoformat(),
            }
            for each in order.history
        ],
    }
