"""Invariants of money: I4 to I6, and I8."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from testkit.verify.facts import CONFIRMED, SOLD, TERMINAL, Fact, Facts

SIGNS = {"debit": 1, "credit": -1}


def confirmed_means_paid_once(facts: Facts) -> Iterator[str]:
    """I4: a confirmed order has one captured payment of its total and knows what came back; kept money has an order."""
    for order in facts["order"]:
        paid = [each for each in facts.payments_of(order["id"]) if each["state"] == "CAPTURED"]
        exact = [each for each in paid if (each["captured"], each["currency"]) == (order["total"], order["currency"])]
        if order["state"] in CONFIRMED and not len(paid) == len(exact) == 1:
            captures = [f"{each['captured']} {each['currency']}" for each in paid]
            yield f"{order['number']} is {order['state']} over {order['total']} {order['currency']}, paid {captures}"
        came_back = sum(each["refunded"] for each in paid)
        if order["state"] in TERMINAL and order["refunded"] != came_back:
            yield f"{order['number']} knows of {order['refunded']} that came back, its payment of {came_back}"
        if (order["state"] == "REFUNDED") != (order["state"] in SOLD and order["refunded"] == order["total"]):
            yield f"{order['number']} is {order['state']}, and {order['refunded']} of {order['total']} came back"
    for payment in facts["payment"]:
        owner = facts.order(payment["order_id"])
        if payment["captured"] > payment["refunded"] and (owner is None or owner["state"] not in SOLD):
            yield f"payment {payment['id']} keeps money for an order that is {owner and owner['state']}"


def never_charged_without_goods(facts: Facts) -> Iterator[str]:
    """I4a: captured and not wholly returned means that the hold is committed, unless the order is being cancelled."""
    for payment in facts["payment"]:
        order, hold = facts.order(payment["order_id"]), facts.hold_of(payment["order_id"])
        kept = payment["state"] == "CAPTURED" and payment["refunded"] < payment["captured"]
        excused = order is not None and order["state"] in {"CANCELLING", "CANCELLED"}
        if kept and not excused and (hold is None or hold["state"] != "COMMITTED"):
            yield f"payment {payment['id']} is captured, its hold is {hold and hold['state']}"


def the_provider_agrees(facts: Facts) -> Iterator[str]:
    """I5: money moved at the provider as our payments, refunds and ledger say; finished orders leave nothing open."""
    yield from _differences(
        "captured",
        (("in our books", _captures(facts)), ("at the provider", _captures_at_provider(facts))),
    )
    yield from _differences(
        "refund",
        (("in our books", _refunds(facts)), ("at the provider", _refunds_at_provider(facts))),
    )
    yield from _differences("entry", (("due", _entries_due(facts)), ("in our ledger", _entries(facts))))
    returned: Counter[str] = Counter()
    for refund in _done(facts):
        returned[refund["payment_id"]] += refund["amount"]
    for payment in facts["payment"]:
        if payment["refunded"] != returned[payment["id"]]:
            yield f"payment {payment['id']} has returned {payment['refunded']}, its refunds {returned[payment['id']]}"
    for intent in facts["psp_intent"]:
        order = facts.order(intent["order_id"])
        if intent["status"] == "requires_capture" and (order is None or order["state"] in TERMINAL):
            yield f"intent {intent['id']} is still authorised, its order is {order and order['state']}"


def the_books_balance(facts: Facts) -> Iterator[str]:
    """I6: debits equal credits in every ledger transaction."""
    for booked in facts["ledger_tx"]:
        balance: Counter[str] = Counter()
        for posting in booked["postings"]:
            balance[posting["currency"]] += SIGNS[posting["side"]] * posting["amount"]
        if any(balance.values()) or not booked["postings"]:
            yield f"ledger transaction {booked['ref']} is off by {dict(balance)}"
        if any(posting["amount"] <= 0 for posting in booked["postings"]):
            yield f"ledger transaction {booked['ref']} has a posting that is not positive"


def cancelled_means_nothing_is_kept(facts: Facts) -> Iterator[str]:
    """I8: a cancelled order has neither goods nor money."""
    for order in facts["order"]:
        if order["state"] != "CANCELLED":
            continue
        hold = facts.hold_of(order["id"])
        if hold is not None and hold["state"] in {"HELD", "COMMITTED"}:
            yield f"{order['number']} is cancelled, its hold is {hold['state']}"
        for payment in facts.payments_of(order["id"]):
            returned = payment["state"] == "CAPTURED" and payment["captured"] == payment["refunded"]
            if payment["state"] not in {"FAILED", "VOIDED"} and not returned:
                yield f"{order['number']} is cancelled, its payment is {payment['state']}"


Books = Counter[tuple[Any, ...]]


def _differences(what: str, sides: tuple[tuple[str, Books], tuple[str, Books]]) -> Iterator[str]:
    (here, ours), (there, theirs) = sides
    for each in (ours - theirs) + (theirs - ours):
        yield f"{what} {each}: {ours[each]} {here}, {theirs[each]} {there}"


def _captures(facts: Facts) -> Books:
    return Counter(
        (each["order_id"], each["captured"], each["currency"]) for each in facts["payment"] if each["captured"]
    )


def _captures_at_provider(facts: Facts) -> Books:
    return Counter(
        (each["order_id"], each["captured"], each["currency"].upper())
        for each in facts["psp_intent"]
        if each["captured"]
    )


def _done(facts: Facts) -> list[Fact]:
    return [each for each in facts["refund"] if each["state"] == "DONE"]


def _refunds(facts: Facts) -> Books:
    books: Books = Counter()
    for each in _done(facts):
        payment = facts.payment(each["payment_id"]) or {}
        books[each["id"], payment.get("order_id"), each["amount"], payment.get("currency")] += 1
    return books


def _refunds_at_provider(facts: Facts) -> Books:
    return Counter(
        (each["refund_id"], each["order_id"], each["amount"], each["currency"].upper())
        for each in facts["psp_refund"]
        if each["status"] == "succeeded"
    )


def _entries_due(facts: Facts) -> Books:
    """What must have been booked: every capture and every refund, once."""
    due: Books = Counter(
        (f"capture:{each['id']}", each["captured"], each["currency"]) for each in facts["payment"] if each["captured"]
    )
    for each in _done(facts):
        payment = facts.payment(each["payment_id"]) or {}
        due[f"refund:{each['id']}", each["amount"], payment.get("currency")] += 1
    return due


def _entries(facts: Facts) -> Books:
    return Counter(
        (booked["ref"], posting["amount"], posting["currency"])
        for booked in facts["ledger_tx"]
        for posting in booked["postings"]
        if posting["side"] == "debit"
    )
