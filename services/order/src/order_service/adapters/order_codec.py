"""Between an Order and its document. Every field is named here: nothing of a client's making reaches the store."""

from dataclasses import asdict
from typing import Any
from uuid import UUID

from chassis.documents import Document

from order_service.domain.address import Address
from order_service.domain.order import Accepted, HistoryEntry, Line, Order, PaymentPage, Shipment
from order_service.domain.refund import Outcome, Piece, Refund
from order_service.domain.states import CancelReason, Command, State


def from_order(order: Order) -> dict[str, Any]:
    """All but id, history and outbox. None stands for a field that is not there."""
    return {
        "number": order.number,
        "user_id": order.user_id,
        "cart_id": order.cart_id,
        "idempotency_key": order.idempotency_key,
        "request_hash": order.request_hash,
        "currency": order.currency,
        "lines": [asdict(line) for line in order.lines],
        "shipping": order.shipping,
        "tax": order.tax,
        "discount": order.discount,
        "quote_hash": order.quote_hash,
        "address": asdict(order.address),
        "shipping_method": order.shipping_method,
        "method_id": order.method_id,
        "return_url": order.return_url,
        "placed_at": order.placed_at,
        "state": order.state.value,
        "open": order.is_open,
        "version": order.version,
        "awaits": sorted(order.awaits),
        "next_action_at": order.next_action_at,
        "tries": order.tries,
        "payment_page": asdict(order.payment_page) if order.payment_page else None,
        "shipment": asdict(order.shipment) if order.shipment else None,
        "refunds": [_from_refund(each) for each in order.refunds],
        "refunded": order.refunded,
        "cancel_reason": order.cancel_reason.value if order.cancel_reason else None,
        "cancel_requested": order.cancel_requested,
        "cancelled_by_staff": order.cancelled_by_staff,
        # A list, because a client's key may hold what a field name may not.
        "cancel_keys": [{"key": key, **asdict(accepted)} for key, accepted in order.cancel_keys.items()],
        "needs_review": order.needs_review,
    }


def to_history(entry: HistoryEntry) -> Document:
    return {
        "version": entry.version,
        "before": entry.before.value if entry.before else None,
        "after": entry.after.value,
        "trigger": entry.trigger,
        "at": entry.at,
    }


def to_order(found: Document) -> Order:
    reason = found.get("cancel_reason")
    return Order(
        id=UUID(str(found["_id"])),
        user_id=found["user_id"],
        cart_id=found["cart_id"],
        idempotency_key=found["idempotency_key"],
        request_hash=found["request_hash"],
        currency=found["currency"],
        lines=tuple(Line(**line) for line in found["lines"]),
        shipping=found["shipping"],
        tax=found["tax"],
        discount=found["discount"],
        quote_hash=found["quote_hash"],
        address=Address(**found["address"]),
        shipping_method=found["shipping_method"],
        method_id=found.get("method_id"),
        return_url=found.get("return_url"),
        placed_at=found["placed_at"],
        state=State(found["state"]),
        version=found["version"],
        history=tuple(_from_history(each) for each in found["history"]),
        awaits=frozenset(Command(each) for each in found["awaits"]),
        next_action_at=found.get("next_action_at"),
        tries=found["tries"],
        payment_page=PaymentPage(**found["payment_page"]) if "payment_page" in found else None,
        shipment=Shipment(**found["shipment"]) if "shipment" in found else None,
        # What an older release has written lacks what it did not know.
        refunds=tuple(_to_refund(each) for each in found.get("refunds", ())),
        refunded=found["refunded"],
        cancel_reason=CancelReason(reason) if reason else None,
        cancel_requested=found["cancel_requested"],
        cancelled_by_staff=found.get("cancelled_by_staff", False),
        cancel_keys={
            each["key"]: Accepted(request_hash=each["request_hash"], version=each["version"])
            for each in found["cancel_keys"]
        },
        needs_review=found["needs_review"],
    )


def _from_refund(refund: Refund) -> Document:
    return {
        **asdict(refund),
        "restock": [asdict(piece) for piece in refund.restock],
        "outcome": refund.outcome.value,
    }


def _to_refund(found: Document) -> Refund:
    return Refund(
        id=found["id"],
        amount=found["amount"],
        restock=tuple(Piece(**piece) for piece in found["restock"]),
        reason=found["reason"],
        by=found["by"],
        at=found["at"],
        key=found["key"],
        request_hash=found["request_hash"],
        version=found["version"],
        outcome=Outcome(found["outcome"]),
        settled_in=found["settled_in"],
    )


def _from_history(found: Document) -> HistoryEntry:
    return HistoryEntry(
        version=found["version"],
        before=State(found["before"]) if found["before"] else None,
        after=State(found["after"]),
        trigger=found["trigger"],
        at=found["at"],
    )
