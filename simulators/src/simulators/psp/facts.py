"""The outside truth: the money that really moved, one line each, with the shop's ids from the metadata."""

from collections.abc import Iterator
from datetime import UTC, datetime

from simulators.psp.records import Intent, Json
from simulators.psp.store import Store


def facts(store: Store) -> Iterator[Json]:
    """Every authorisation that the bank granted, every capture, every refund (a failed one says so)."""
    for charge in store.charges.values():
        if not charge.paid:
            continue
        intent = store.intents[charge.intent]
        line = _line(intent, charge_id=charge.id, currency=charge.currency)
        is_open = intent.status == "requires_capture"
        yield {"kind": "authorization", **line, "amount": charge.amount, "open": is_open, "at": _time(charge.at)}
        if charge.amount_captured:
            yield {"kind": "capture", **line, "amount": charge.amount_captured, "at": _time(charge.captured_at)}
    for refund in store.refunds.values():
        intent = store.intents[refund.intent]
        yield {
            "kind": "refund",
            **_line(intent, charge_id=refund.charge, currency=refund.currency),
            "refund_id": refund.metadata.get("refund_id"),
            "provider_refund_id": refund.id,
            "amount": refund.amount,
            "status": refund.status,
            "at": _time(refund.at),
        }


def _time(stamp: float) -> str:
    return datetime.fromtimestamp(stamp, UTC).isoformat()


def _line(intent: Intent, *, charge_id: str, currency: str) -> Json:
    return {
        "order_id": intent.metadata.get("order_id"),
        "payment_id": intent.metadata.get("payment_id"),
        "intent_id": intent.id,
        "charge_id": charge_id,
        "currency": currency.upper(),
    }
