"""Each count of a day's account can be other than zero, and a day that was right leaves none that is."""

from collections.abc import Callable
from random import Random
from types import SimpleNamespace
from typing import Any, cast

import pytest
from testkit.verify.facts import Fact, Facts
from testkit.verify.journal import Answer, Journal

from tests.chaos.account import Account
from tests.chaos.shoppers import Market
from tests.faults.shop.crowd import ORDERS, Crowd, Promise, Wish

LINES = [{"sku": "MUG-1", "quantity": 1}]
PATH = ("PENDING", "RESERVED", "AUTHORIZED", "COMMITTED", "CONFIRMED")


def an_order(id_: str, *path: str, **more: Any) -> Fact:
    steps = zip((None, *path), path, strict=False)
    return {
        "kind": "order",
        "id": id_,
        "number": f"M-{id_}",
        "user_id": "ada",
        "idempotency_key": "k",
        "state": path[-1],
        "version": len(path),
        "cancel_reason": None,
        "currency": "EUR",
        "lines": [{**LINES[0], "unit_price": 1250, "total": 1250}],
        "subtotal": 1250,
        "shipping": 0,
        "tax": 0,
        "discount": 0,
        "total": 1250,
        "refunded": 0,
        "refunds": [],
        "needs_review": False,
        "overdue_seconds": 0,
        "history": [
            {"version": n, "from": before, "to": after, "at": "now"} for n, (before, after) in enumerate(steps, start=1)
        ],
        **more,
    }


def a_payment(id_: str) -> Fact:
    money = {"amount": 1250, "captured": 1250, "refunded": 0, "currency": "EUR"}
    return {"kind": "payment", "id": id_, "order_id": "o", "state": "CAPTURED", **money}


def an_entry(payment: str) -> Fact:
    posting = {"amount": 1250, "currency": "EUR"}
    return {
        "kind": "ledger_tx",
        "ref": f"capture:{payment}",
        "postings": [{"side": side, **posting} for side in ("debit", "credit")],
    }


def a_capture(intent: str) -> Fact:
    return {"kind": "capture", "intent_id": intent, "order_id": "o", "amount": 1250, "currency": "EUR"}


def what_is_stored() -> Facts:
    """One piece was there, and one customer has bought it."""
    mail = {"kind": "delivery", "event_id": "e", "type": "order_confirmed", "channel": "email", "order_id": "o"}
    facts = Facts()
    facts.add("order", [an_order("o", *PATH)])
    facts.add(
        "product",
        [
            {"kind": "stock", "sku": "MUG-1", "on_hand": 0, "reserved": 0},
            {"kind": "stock_ledger", "sku": "MUG-1", "entry": "restock", "quantity": 1, "ref": "r"},
            {"kind": "stock_ledger", "sku": "MUG-1", "entry": "sale", "quantity": -1, "ref": "o"},
            {"kind": "hold", "order_id": "o", "state": "COMMITTED", "lines": LINES},
        ],
    )
    facts.add("payment", [a_payment("p"), an_entry("p")])
    facts.add("psp", [a_capture("i")])
    facts.add("notification", [{**mail, "state": "ACCEPTED", "message_id": "<m>"}])
    facts.add("mail", [{"kind": "mail", "message_id": "<m>"}])
    return facts


def what_was_answered() -> Journal:
    asked = {"method": "POST", "path": ORDERS, "user": "ada", "idempotency_key": "k"}
    return Journal([{**asked, "status": 202, "content_type": "application/json", "order_id": "o", "answer_hash": "h"}])


def counted(facts: Facts, journal: Journal, *, complaints: tuple[str, ...] = ()) -> set[str]:
    """Which counts are not zero."""
    crowd = cast(Crowd, SimpleNamespace(journal=journal))
    staff: Any = None
    market = Market(crowd, [], staff, [], Random(1))
    market.promises.append(Promise(Wish("MUG-1"), "o", 1250, replayed=False))
    account = Account(market, [])
    account.take(facts, resends=0, complaints=complaints)
    return {what for what, found in account.found.items() if found}


def test_a_day_that_was_right_counts_nothing() -> None:
    assert counted(what_is_stored(), what_was_answered()) == set()


def lose(facts: Facts, _: Journal) -> None:
    """The order, and all that came of it."""
    facts.by_kind.clear()


def double(facts: Facts, _: Journal) -> None:
    facts.add("order", [an_order("again", "PENDING", "CANCELLED", cancel_reason="CUSTOMER")])


def answer_otherwise(_: Facts, journal: Journal) -> None:
    journal.answers.append({**journal.answers[0], "order_id": "o", "answer_hash": "other"})


def oversell(facts: Facts, _: Journal) -> None:
    """One piece too many, and our own books agree that it was sold."""
    facts["stock"][0]["on_hand"] -= 1
    facts["stock_ledger"][0]["quantity"] -= 1


def capture_again(facts: Facts, _: Journal) -> None:
    """On the intent that has been captured."""
    facts["psp_intent"][0]["captured"] *= 2
    facts["payment"][0]["captured"] *= 2


def capture_another(facts: Facts, _: Journal) -> None:
    """Our own books know of both: they are no witness against it."""
    facts.add("payment", [a_payment("p2"), an_entry("p2")])
    facts.add("psp", [a_capture("i2")])


def leave_open(facts: Facts, _: Journal) -> None:
    facts["order"][:] = [an_order("o", *PATH[:-1])]


def overdue(facts: Facts, _: Journal) -> None:
    facts["order"][0]["needs_review"] = True


def cancel_for_nothing(facts: Facts, _: Journal) -> None:
    """In good order, and there was a piece to be had."""
    facts.by_kind.clear()
    facts["order"][:] = [an_order("o", "PENDING", "CANCELLED", cancel_reason="OUT_OF_STOCK")]


def fail(_: Facts, journal: Journal) -> None:
    asked: Answer = {"method": "GET", "path": ORDERS, "content_type": "application/problem+json"}
    journal.answers.append({**asked, "status": 500})


@pytest.mark.parametrize(
    ("what", "happen"),
    [
        ("lost", lose),
        ("duplicated", double),
        ("duplicated", answer_otherwise),
        ("oversold", oversell),
        ("double-captured", capture_again),
        ("double-captured", capture_another),
        ("non-terminal", leave_open),
        ("non-terminal", overdue),
        ("unexpected", cancel_for_nothing),
        ("500s", fail),
    ],
)
def test_what_went_wrong_is_counted_as_what_it_is(what: str, happen: Callable[[Facts, Journal], None]) -> None:
    facts, journal = what_is_stored(), what_was_answered()
    happen(facts, journal)

    assert what in counted(facts, journal)


def test_what_a_process_logged_as_an_error_is_unexpected() -> None:
    assert counted(what_is_stored(), what_was_answered(), complaints=("order-api-1: it broke",)) == {"unexpected"}
