from uuid import UUID

from payment_service.domain.ledger import Posting, capture_entry, refund_entry

ID = UUID("0190a000-0000-7000-8000-0000000000aa")


def test_a_capture_turns_what_the_customer_owes_into_what_the_provider_owes() -> None:
    entry = capture_entry(ID, 3558, "EUR")

    assert (entry.kind, entry.ref) == ("capture", f"capture:{ID}")
    assert entry.postings == (
        Posting("psp_clearing", "debit", 3558, "EUR"),
        Posting("customer_receivable", "credit", 3558, "EUR"),
    )


def test_a_refund_leaves_the_provider_owing_less() -> None:
    entry = refund_entry(ID, 558, "EUR")

    assert (entry.kind, entry.ref) == ("refund", f"refund:{ID}")
    assert entry.postings == (
        Posting("refunds", "debit", 558, "EUR"),
        Posting("psp_clearing", "credit", 558, "EUR"),
    )
