"""What the facts door shows of each row; `verify` reads it."""

from typing import Any
from uuid import UUID

from payment_service.domain.ledger import Entry
from payment_service.domain.payment import Payment
from payment_service.domain.refund import Refund


def payment_fact(payment: Payment) -> dict[str, Any]:
    return {
        "kind": "payment",
        "id": str(payment.id),
        "order_id": str(payment.order_id),
        "state": payment.state.value,
        "amount": payment.amount,
        "currency": payment.currency,
        "session_id": payment.session_id,
        "intent_id": payment.intent_id,
        "captured": payment.captured,
        "refunded": payment.refunded,
    }


def refund_fact(refund: Refund) -> dict[str, Any]:
    return {
        "kind": "refund",
        "id": str(refund.id),
        "payment_id": str(refund.payment_id),
        "amount": refund.amount,
        "state": refund.state.value,
    }


def ledger_fact(id_: UUID, entry: Entry) -> dict[str, Any]:
    postings = [
        {"account": each.account, "side": each.side, "amount": each.amount, "currency": each.currency}
        for each in entry.postings
    ]
    return {"kind": "ledger_tx", "id": str(id_), "entry": entry.kind, "ref": entry.ref, "postings": postings}
