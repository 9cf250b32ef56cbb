"""The invariants of the shop at rest. Each answers with its violations; none means that it holds.

The graph of order states and the sets of states are written down here once more, on purpose: a checker that
borrowed them from the order service would agree with every mistake in it.
"""

import itertools
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from typing import Any

from testkit.verify.facts import CONFIRMED, SOLD, TERMINAL, Facts
from testkit.verify.journal import Journal

Violations = Iterator[str]

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
STATUSES = {400, 401, 403, 404, 405, 408, 409, 410, 412, 413, 415, 422, 429, 431, 503, 504}
MAILED = {"ACCEPTED", "SUPPRESSED", "WAITING_FOR_CONTACT"}


def stock_is_the_sum_of_its_ledger(facts: Facts) -> Violations:
    """I1: on_hand is the sum of all ledger rows, and sales less returns are what holds have committed."""
    ledger: Counter[str] = Counter()
    sold: Counter[str] = Counter()
    for row in facts["stock_ledger"]:
        ledger[row["sku"]] += row["quantity"]
        if row["entry"] in {"sale", "uncommit"}:
            sold[row["sku"]] -= row["quantity"]
    committed = _held(facts, "COMMITTED")
    for level in facts["stock"]:
        sku = level["sku"]
        if level["on_hand"] != ledger[sku]:
            yield f"{sku}: on_hand {level['on_hand']}, ledger says {ledger[sku]}"
        if sold[sku] != committed[sku]:
            yield f"{sku}: ledger says {sold[sku]} sold, holds say {committed[sku]}"


def reserved_is_the_sum_of_holds(facts: Facts) -> Violations:
    """I2: reserved is what holds hold, and never more than there is."""
    held = _held(facts, "HELD")
    for level in facts["stock"]:
        sku, reserved = level["sku"], level["reserved"]
        if reserved != held[sku]:
            yield f"{sku}: reserved {reserved}, holds say {held[sku]}"
        if not 0 <= reserved <= level["on_hand"]:
            yield f"{sku}: reserved {reserved} of {level['on_hand']}"


def nothing_is_oversold(facts: Facts) -> Violations:
    """I3: what orders have bought is what holds have committed, and not more than there ever was."""
    bought: Counter[str] = Counter()
    for order in facts["order"]:
        if order["state"] in SOLD:
            for line in order["lines"]:
                bought[line["sku"]] += line["quantity"]
    committed = _held(facts, "COMMITTED")
    supplied: Counter[str] = Counter()
    for row in facts["stock_ledger"]:
        if row["entry"] in {"initial", "restock", "adjust", "return"}:
            supplied[row["sku"]] += row["quantity"]
    for sku in bought.keys() | committed.keys():
        if bought[sku] != committed[sku]:
            yield f"{sku}: orders bought {bought[sku]}, holds committed {committed[sku]}"
        if bought[sku] > supplied[sku]:
            yield f"{sku}: sold {bought[sku]} of {supplied[sku]}"


def confirmed_means_paid_once(facts: Facts) -> Violations:
    """I4: a confirmed order has exactly one captured payment of its total, and kept money belongs to an order."""
    orders = facts.orders
    for order in orders.values():
        paid = [each for each in facts.payments_of(order["id"]) if each["state"] == "CAPTURED"]
        if order["state"] in CONFIRMED:
            exact = [
                each for each in paid if each["captured"] == order["total"] and each["currency"] == order["currency"]
            ]
            if len(paid) != 1 or len(exact) != 1:
                yield f"{order['number']} is {order['state']} with {len(paid)} captures"
    for payment in facts["payment"]:
        owner = orders.get(payment["order_id"])
        if payment["captured"] > payment["refunded"] and (owner is None or owner["state"] not in SOLD):
            yield f"payment {payment['id']} keeps money for an order that is {owner and owner['state']}"


def never_charged_without_goods(facts: Facts) -> Violations:
    """I4a: captured and not wholly returned means that the hold is committed, unless the order is being cancelled."""
    for payment in facts["payment"]:
        order = facts.orders.get(payment["order_id"])
        hold = facts.holds.get(payment["order_id"])
        kept = payment["state"] == "CAPTURED" and payment["refunded"] < payment["captured"]
        excused = order is not None and order["state"] in {"CANCELLING", "CANCELLED"}
        if kept and not excused and (hold is None or hold["state"] != "COMMITTED"):
            yield f"payment {payment['id']} is captured, its hold is {hold and hold['state']}"


def the_provider_agrees(facts: Facts) -> Violations:
    """I5: captures and refunds at the provider are those in our books; finished orders leave nothing authorised."""
    ours = Counter(
        (each["order_id"], each["captured"], each["currency"]) for each in facts["payment"] if each["captured"]
    )
    theirs = Counter(
        (each["order_id"], each["captured"], each["currency"].upper())
        for each in facts["psp_intent"]
        if each["captured"]
    )
    for what in (ours - theirs).keys() | (theirs - ours).keys():
        yield f"captured {what}: {ours[what]} in our books, {theirs[what]} at the provider"
    our_refunds = Counter((each["id"], each["amount"]) for each in facts["refund"] if each["state"] == "DONE")
    their_refunds = Counter(
        (each["refund_id"], each["amount"]) for each in facts["psp_refund"] if each["status"] == "succeeded"
    )
    for what in (our_refunds - their_refunds).keys() | (their_refunds - our_refunds).keys():
        yield f"refund {what}: {our_refunds[what]} in our books, {their_refunds[what]} at the provider"
    for intent in facts["psp_intent"]:
        order = facts.orders.get(intent["order_id"])
        if intent["status"] == "requires_capture" and (order is None or order["state"] in TERMINAL):
            yield f"intent {intent['id']} is still authorised, its order is {order and order['state']}"


def the_books_balance(facts: Facts) -> Violations:
    """I6: debits equal credits in every ledger transaction."""
    for booked in facts["ledger_tx"]:
        balance: Counter[str] = Counter()
        for posting in booked["postings"]:
            balance[posting["currency"]] += posting["amount"] if posting["side"] == "debit" else -posting["amount"]
        if any(balance.values()) or not booked["postings"]:
            yield f"ledger transaction {booked['ref']} is off by {dict(balance)}"


def no_order_is_stuck(facts: Facts) -> Violations:
    """I7: no order is past its own deadline, and none waits for a person."""
    for order in facts["order"]:
        if order["overdue_seconds"] > OVERDUE_SECONDS:
            yield f"{order['number']} is {order['state']}, {order['overdue_seconds']:.0f} s overdue"
        if order["needs_review"]:
            yield f"{order['number']} needs review"


def cancelled_means_nothing_is_kept(facts: Facts) -> Violations:
    """I8: a cancelled order has neither goods nor money."""
    for order in facts["order"]:
        if order["state"] != "CANCELLED":
            continue
        hold = facts.holds.get(order["id"])
        if hold is not None and hold["state"] in {"HELD", "COMMITTED"}:
            yield f"{order['number']} is cancelled, its hold is {hold['state']}"
        for payment in facts.payments_of(order["id"]):
            returned = payment["state"] == "CAPTURED" and payment["captured"] == payment["refunded"]
            if payment["state"] not in {"FAILED", "VOIDED"} and not returned:
                yield f"{order['number']} is cancelled, its payment is {payment['state']}"


def acknowledged_is_stored(facts: Facts, journal: Journal) -> Violations:
    """I9: every order that a client was promised exists, and every order was asked for."""
    promised = {answer["order_id"] for answer in journal.checkouts()}
    for lost in promised - facts.orders.keys():
        yield f"order {lost} was acknowledged and is lost"
    asked = {answer.get("idempotency_key") for answer in journal.answers}
    for order in facts["order"]:
        if order["idempotency_key"] not in asked and order["user_id"] in {a.get("user") for a in journal.answers}:
            yield f"{order['number']} was never asked for"


def a_key_buys_once(facts: Facts, journal: Journal | None = None) -> Violations:
    """I10: one order and one payment per customer and Idempotency-Key; all answers to a key name the same order."""
    orders = Counter((each["user_id"], each["idempotency_key"]) for each in facts["order"])
    for (user, key), count in orders.items():
        if count > 1:
            yield f"user {user} has {count} orders for key {key}"
    live = Counter(each["order_id"] for each in facts["payment"] if each["state"] not in {"FAILED", "VOIDED"})
    for order_id, count in live.items():
        if count > 1:
            yield f"order {order_id} has {count} live payments"
    answered: defaultdict[tuple[Any, Any], set[str]] = defaultdict(set)
    for answer in journal.checkouts() if journal else ():
        answered[answer.get("user"), answer["idempotency_key"]].add(answer["order_id"])
    for (_, key), named in answered.items():
        if len(named) > 1:
            yield f"key {key} was answered with {len(named)} orders"


def every_message_has_its_effect(facts: Facts) -> Violations:
    """I11: everything said has left, was handled once by everyone who listens, and nothing lies dead."""
    unpublished = [each for each in facts["outbox"] if not each["published"]]
    if unpublished:
        yield f"{len(unpublished)} messages have not left, the first is {unpublished[0]['type']}"
    seen = Counter((each["source"], each["consumer"], each["message_id"]) for each in facts["inbox"])
    for (source, consumer, message), count in seen.items():
        if count > 1:
            yield f"{source}.{consumer} handled {message} {count} times"
    owed = Counter(each["event_id"] for each in facts["delivery"])
    for said in facts["outbox"]:
        if said["type"] in {"OrderConfirmed.v1", "OrderCancelled.v1"} and owed[said["id"]] != 1:
            yield f"{said['type']} {said['id']} is owed {owed[said['id']]} mails"
    for queue in facts["dead_letters"]:
        if queue["count"]:
            yield f"{queue['service']} has {queue['count']} dead letters"


def a_confirmation_is_mailed_once(facts: Facts) -> Violations:
    """I12: every confirmed order has one confirmation, under one Message-ID."""
    owed: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for delivery in facts["delivery"]:
        if delivery["type"] == "order_confirmed":
            owed[delivery["order_id"]].append(delivery)
    caught = Counter(each["message_id"] for each in facts["mail"])
    for order in facts["order"]:
        mails = owed[order["id"]]
        if order["state"] in CONFIRMED and [each["state"] in MAILED for each in mails] != [True]:
            yield f"{order['number']} is {order['state']} with mails {[each['state'] for each in mails]}"
        for each in mails:
            if each["state"] == "ACCEPTED" and not caught[each["message_id"]] and facts["mail"]:
                yield f"the mailbox never saw {each['message_id']} of {order['number']}"


def totals_add_up(facts: Facts, journal: Journal | None = None) -> Violations:
    """I13: the total is what the lines, shipping and tax add up to, and what the customer was shown."""
    for order in facts["order"]:
        lines = sum(line["total"] for line in order["lines"])
        units = all(line["total"] == line["unit_price"] * line["quantity"] for line in order["lines"])
        total = lines + order["shipping"] + order["tax"] - order["discount"]
        if order["subtotal"] != lines or order["total"] != total or not units:
            yield f"{order['number']}: total {order['total']}, its parts make {total}"
    for answer in journal.checkouts() if journal else ():
        order = facts.orders.get(answer["order_id"])
        if order is not None and "quoted_total" in answer and order["total"] != answer["quoted_total"]:
            yield f"{order['number']}: total {order['total']}, quoted {answer['quoted_total']}"


def history_is_a_path(facts: Facts) -> Violations:
    """I15: an order's history is a path in the state graph, one version a step."""
    for order in facts["order"]:
        history = order["history"]
        if not history or history[0]["from"] is not None or history[0]["to"] != "PENDING":
            yield f"{order['number']} does not begin as PENDING"
            continue
        for before, after in itertools.pairwise(history):
            if after["from"] != before["to"] or after["to"] not in GRAPH[before["to"]]:
                yield f"{order['number']} went from {before['to']} to {after['to']}"
            if after["version"] != before["version"] + 1:
                yield f"{order['number']} jumped from version {before['version']} to {after['version']}"
        if history[-1]["to"] != order["state"] or history[-1]["version"] != order["version"]:
            yield f"{order['number']} is {order['state']}, its history ends in {history[-1]['to']}"


def one_live_token_per_family(facts: Facts) -> Violations:
    """I17: a family of refresh tokens has at most one that can still be used."""
    live = Counter(each["family"] for each in facts["refresh_token"] if each["live"])
    for family, count in live.items():
        if count > 1:
            yield f"family {family} has {count} live tokens"


def only_declared_statuses(_facts: Facts, journal: Journal) -> Violations:
    """I19: every answer had a declared status, and every refusal was a problem+json."""
    for answer in journal.answers:
        status = answer["status"]
        if not 200 <= status < 300 and status != 304 and status not in STATUSES:
            yield f"{answer['method']} {answer['path']} answered {status}"
        elif status >= 400 and answer.get("content_type") != "application/problem+json":
            yield f"{answer['method']} {answer['path']} answered {status} as {answer.get('content_type')}"


def _held(facts: Facts, state: str) -> Counter[str]:
    held: Counter[str] = Counter()
    for hold in facts["hold"]:
        if hold["state"] == state:
            for line in hold["lines"]:
                held[line["sku"]] += line["quantity"]
    return held


AT_REST: dict[str, Callable[[Facts], Violations]] = {
    "I1": stock_is_the_sum_of_its_ledger,
    "I2": reserved_is_the_sum_of_holds,
    "I3": nothing_is_oversold,
    "I4": confirmed_means_paid_once,
    "I4a": never_charged_without_goods,
    "I5": the_provider_agrees,
    "I6": the_books_balance,
    "I7": no_order_is_stuck,
    "I8": cancelled_means_nothing_is_kept,
    "I10": a_key_buys_once,
    "I11": every_message_has_its_effect,
    "I12": a_confirmation_is_mailed_once,
    "I13": totals_add_up,
    "I15": history_is_a_path,
    "I17": one_live_token_per_family,
}
WITH_JOURNAL: dict[str, Callable[[Facts, Journal], Violations]] = {
    "I9": acknowledged_is_stored,
    "I10": a_key_buys_once,
    "I13": totals_add_up,
    "I19": only_declared_statuses,
}


def check(facts: Facts, journal: Journal | None = None) -> dict[str, list[str]]:
    """Every invariant that can be checked, with its violations."""
    found = {name: list(invariant(facts)) for name, invariant in AT_REST.items()}
    if journal is not None:
        found |= {name: list(invariant(facts, journal)) for name, invariant in WITH_JOURNAL.items()}
    return found


def assert_holds(facts: Facts, journal: Journal | None = None) -> None:
    """For tests: fails with every violation, one a line."""
    violations = [f"{name}: {each}" for name, found in check(facts, journal).items() for each in found]
    assert not violations, "\n".join(violations)
