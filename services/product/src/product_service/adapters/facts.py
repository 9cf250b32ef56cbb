"""What the facts door shows of stock, ledger and holds; `verify` reads it."""

from typing import Any

from product_service.domain.hold import Hold
from product_service.domain.stock import LedgerRow, StockLevel


def stock_fact(level: StockLevel) -> dict[str, Any]:
    return {"kind": "stock", "sku": level.sku, "on_hand": level.on_hand, "reserved": level.reserved}


def ledger_fact(row: LedgerRow) -> dict[str, Any]:
    return {
        "kind": "stock_ledger",
        "id": str(row.id),
        "sku": row.level.sku,
        "entry": row.entry.value,
        "quantity": row.quantity,
        "ref": row.ref,
        "on_hand": row.level.on_hand,
        "reserved": row.level.reserved,
    }


def hold_fact(hold: Hold) -> dict[str, Any]:
    return {
        "kind": "hold",
        "order_id": str(hold.order_id),
        "state": hold.state.value,
        "lines": [{"sku": sku, "quantity": quantity} for sku, quantity in hold.lines.items()],
        "missing": [{"sku": each.sku, "wanted": each.wanted, "available": each.available} for each in hold.missing],
    }
