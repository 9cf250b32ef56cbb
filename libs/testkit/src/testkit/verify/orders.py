"""Invariants of orders: I7, I9, I10, I13, I15.

The graph of order states is written down here once more, on purpose: a checker that borrowed it from the order
service would agree with every mistake in it.
"""

import itertools
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

from testkit.verify.facts import Fact, Facts
from testkit.verify.journal import Journal

GRAPH: dict[str, frozenset[str]] = {
    "PENDING": frozenset({"RESERVED", "CANCELLED", "CANCELLING"}),
    "RESERVED": frozenset({"AUTHORIZED", "AWAITING_CUSTOMER", "CANCELLING"}),
    "AWAITING_CUSTOMER": frozenset({"AUTHORIZED", "CANCELLING"}),
    "AUTHORIZED": frozenset({"COMMITTED", "CANCELLING"}),
    "COMMITTED": frozenset({"COMMITTED", "CONFIRMED", "CANCELLING"}),
    "CONFIRMED": frozenset({"CANCELLING", "SHIPPED", "REFUNDING"}),
    "CANCELLING": frozenset({"CANCELLING", "CANCELLED"}),
    "SHIPPED": frozenset({"DELIVERED", "REFUNDING"}),
    "DELIVERED": frozenset({"REFUNDING"}),
    "REFUNDING": frozenset({"REFUNDING", "CONFIRMED", "SHIPPED", "DELIVERED", "REFUNDED"}),
    "REFUNDED": frozenset(),
    "CANCELLED": frozenset(),
}
OVERDUE_SECONDS = 5


def no_order_is_stuck(facts: Facts) -> Iterator[str]:
    """I7: no order is past its own deadline, and none waits for a person."""
    for order in facts["order"]:
        if order["overdue_seconds"] > OVERDUE_SECONDS:
            yield f"{order['number']} is {order['state']}, {order['overdue_seconds']:.0f} s overdue"
        if order["needs_review"]:
            yield f"{order['number']} needs review"


def acknowledged_is_stored(facts: Facts, journal: Journal) -> Iterator[str]:
    """I9: every order that a client was promised exists, and every order was asked for."""
    for lost in sorted({answer["order_id"] for answer in journal.checkouts()} - facts.orders.keys()):
        yield f"order {lost} was acknowledged and is lost"
    questions = itertools.chain(journal.asked_for_orders(), journal.unanswered_orders())
    asked = {(each.get("user"), each.get("idempotency_key")) for each in questions}
    customers = {answer.get("user") for answer in journal.answers}
    for order in facts["order"]:
        # Customers of other journals are none of our business.
        if order["user_id"] in customers and (order["user_id"], order["idempotency_key"]) not in asked:
            yield f"{order['number']} was never asked for"


def a_key_buys_once(facts: Facts, journal: Journal | None = None) -> Iterator[str]:
    """I10: one order and one payment per customer and Idempotency-Key; all answers to a key are the same answer."""
    orders = Counter((each["user_id"], each["idempotency_key"]) for each in facts["order"])
    for (user, key), count in orders.items():
        if count > 1:
            yield f"user {user} has {count} orders for key {key}"
    live = Counter(each["order_id"] for each in facts["payment"] if each["state"] not in {"FAILED", "VOIDED"})
    for order_id, count in live.items():
        if count > 1:
            yield f"order {order_id} has {count} live payments"
    for what in ("order_id", "answer_hash"):
        for (path, key), different in _answers(journal, what).items():
            if len(different) > 1:
                yield f"key {key} on {path} was answered with {len(different)} values of {what}"


def totals_add_up(facts: Facts, journal: Journal | None = None) -> Iterator[str]:
    """I13: the total is what its parts add up to, in whole minor units, and what the customer was shown."""
    for order in facts["order"]:
        yield from _sums(order)
    for answer in journal.checkouts() if journal else ():
        order = facts.order(answer["order_id"])
        if order is not None and "quoted_total" in answer and order["total"] != answer["quoted_total"]:
            yield f"{order['number']}: total {order['total']}, quoted {answer['quoted_total']}"


def history_is_a_path(facts: Facts) -> Iterator[str]:
    """I15: an order's history is a path in the state graph, one version a step."""
    for order in facts["order"]:
        history = order["history"]
        if [(each["from"], each["to"], each["version"]) for each in history[:1]] != [(None, "PENDING", 1)]:
            yield f"{order['number']} does not begin as PENDING in version 1"
            continue
        for before, after in itertools.pairwise(history):
            if after["from"] != before["to"] or after["to"] not in GRAPH[before["to"]]:
                yield f"{order['number']} went from {before['to']} to {after['to']}"
            if after["version"] != before["version"] + 1:
                yield f"{order['number']} jumped from version {before['version']} to {after['version']}"
        if history[-1]["to"] != order["state"] or history[-1]["version"] != order["version"]:
            yield f"{order['number']} is {order['state']}, its history ends in {history[-1]['to']}"


def _sums(order: Fact) -> Iterator[str]:
    lines = sum(line["total"] for line in order["lines"])
    total = lines + order["shipping"] + order["tax"] - order["discount"]
    units = all(line["total"] == line["unit_price"] * line["quantity"] for line in order["lines"])
    if order["subtotal"] != lines or order["total"] != total or not units:
        yield f"{order['number']}: total {order['total']}, its parts make {total}"
    amounts = [order[part] for part in ("subtotal", "shipping", "tax", "discount", "total")]
    if not all(type(amount) is int and amount >= 0 for amount in amounts):
        yield f"{order['number']}: an amount is not in whole minor units: {amounts}"


def _answers(journal: Journal | None, what: str) -> dict[tuple[str, Any], set[Any]]:
    """What was answered to each key of each customer on each path."""
    answered: defaultdict[tuple[Any, str, Any], set[Any]] = defaultdict(set)
    for answer in journal.successes() if journal else ():
        if answer.get("idempotency_key") and what in answer:
            answered[answer.get("user"), answer["path"], answer["idempotency_key"]].add(answer[what])
    return {(path, key): values for (_, path, key), values in answered.items()}
