"""The books: entries in double entry, never changed.

This service knows amounts, not what they are made of. So a capture settles what the customer owes
(`customer_receivable`) into what the provider owes us (`psp_clearing`), and a refund takes it out again against
`refunds`. Splitting a sale into revenue, tax and shipping belongs to whoever knows the order.
"""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Posting:
    account: str
    side: str
    amount: int
    currency: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One ledger transaction. Its `ref` exists once, so the same event is never booked twice."""

    kind: str
    ref: str
    postings: tuple[Posting, ...]


def capture_entry(payment_id: UUID, amount: int, currency: str) -> Entry:
    return _entry("capture", payment_id, "psp_clearing", "customer_receivable", amount, currency)


def refund_entry(refund_id: UUID, amount: int, currency: str) -> Entry:
    return _entry("refund", refund_id, "refunds", "psp_clearing", amount, currency)


def _entry(kind: str, about: UUID, debit: str, credit: str, amount: int, currency: str) -> Entry:
    postings = (Posting(debit, "debit", amount, currency), Posting(credit, "credit", amount, currency))
    return Entry(kind, f"{kind}:{about}", postings)
