"""Every invariant can fail: a world that is right passes, and each way of breaking it is named."""

import copy
from collections.abc import Callable
from typing import Any

import pytest
from testkit.verify.facts import Fact, Facts
from testkit.verify.invariants import check
from testkit.verify.journal import Journal

World = dict[str, list[Fact]]


def path(*states: str) -> list[Fact]:
    return [
        {"version": n, "from": states[n - 2] if n > 1 else None, "to": state, "trigger": "t", "at": "now"}
        for n, state in enumerate(states, start=1)
    ]


def an_order(id_: str, *states: str, **more: Any) -> Fact:
    line = {"sku": "MUG-1", "quantity": 2, "unit_price": 1000, "total": 2000}
    return {
        "kind": "order",
        "id": id_,
        "number": f"M-{id_}",
        "user_id": "ada",
        "idempotency_key": f"key-{id_}",
        "state": states[-1],
        "version": len(states),
        "currency": "EUR",
        "lines": [line],
        "subtotal": 2000,
        "shipping": 490,
        "tax": 473,
        "discount": 0,
        "total": 2963,
        "needs_review": False,
        "overdue_seconds": 0,
        "history": path(*states),
        **more,
    }


def a_right_world() -> World:
    """One order bought, one that found no stock, one that was paid and taken back."""
    bought = an_order("bought", "PENDING", "RESERVED", "AUTHORIZED", "COMMITTED", "CONFIRMED")
    late = an_order("late", "PENDING", "CANCELLED")
    back = an_order("back", "PENDING", "RESERVED", "AUTHORIZED", "COMMITTED", "CONFIRMED", "CANCELLING", "CANCELLED")
    return {
        "order": [
            bought,
            late,
            back,
            {"kind": "outbox", "id": "e1", "type": "OrderConfirmed.v1", "aggregate_id": "bought", "published": True},
            {"kind": "outbox", "id": "e2", "type": "OrderCancelled.v1", "aggregate_id": "late", "published": True},
        ],
        "product": [
            {"kind": "stock", "sku": "MUG-1", "on_hand": 8, "reserved": 0},
            {"kind": "hold", "order_id": "bought", "state": "COMMITTED", "lines": [{"sku": "MUG-1", "quantity": 2}]},
            {"kind": "hold", "order_id": "late", "state": "REJECTED", "lines": []},
            {"kind": "hold", "order_id": "back", "state": "UNCOMMITTED", "lines": [{"sku": "MUG-1", "quantity": 2}]},
            {"kind": "stock_ledger", "id": 1, "sku": "MUG-1", "entry": "initial", "quantity": 10, "ref": "seed"},
            {"kind": "stock_ledger", "id": 2, "sku": "MUG-1", "entry": "sale", "quantity": -2, "ref": "bought"},
            {"kind": "stock_ledger", "id": 3, "sku": "MUG-1", "entry": "sale", "quantity": -2, "ref": "back"},
            {"kind": "stock_ledger", "id": 4, "sku": "MUG-1", "entry": "uncommit", "quantity": 2, "ref": "back"},
        ],
        "payment": [
            a_payment("p1", "bought", captured=2963),
            a_payment("p2", "back", captured=2963, refunded=2963),
            {"kind": "refund", "id": "r1", "payment_id": "p2", "amount": 2963, "state": "DONE"},
            {
                "kind": "ledger_tx",
                "id": 1,
                "entry": "capture",
                "ref": "capture:p1",
                "postings": [
                    {"account": "psp_clearing", "side": "debit", "amount": 2963, "currency": "EUR"},
                    {"account": "revenue", "side": "credit", "amount": 2963, "currency": "EUR"},
                ],
            },
        ],
        "notification": [
            a_mail_owed("e1", "order_confirmed", "bought", message_id="<m1@x>"),
            a_mail_owed("e2", "order_cancelled", "late", message_id="<m2@x>"),
        ],
        "user": [
            {"kind": "refresh_token", "family": "f", "live": True},
            {"kind": "refresh_token", "family": "f", "live": False},
        ],
        "psp": [
            an_intent("i1", "bought"),
            an_intent("i2", "back"),
            {
                "kind": "psp_refund",
                "id": "re",
                "intent": "i2",
                "amount": 2963,
                "refund_id": "r1",
                "status": "succeeded",
            },
        ],
        "mail": [{"kind": "mail", "message_id": "<m1@x>"}, {"kind": "mail", "message_id": "<m2@x>"}],
    }


def a_payment(id_: str, order: str, *, captured: int, refunded: int = 0, state: str = "CAPTURED") -> Fact:
    return {
        "kind": "payment",
        "id": id_,
        "order_id": order,
        "state": state,
        "amount": 2963,
        "currency": "EUR",
        "captured": captured,
        "refunded": refunded,
    }


def an_intent(id_: str, order: str, status: str = "succeeded", captured: int = 2963) -> Fact:
    return {
        "kind": "psp_intent",
        "id": id_,
        "status": status,
        "amount": 2963,
        "currency": "eur",
        "captured": captured,
        "order_id": order,
    }


def a_mail_owed(event: str, type_: str, order: str, *, message_id: str) -> Fact:
    return {
        "kind": "delivery",
        "id": f"{event}|email|ada",
        "event_id": event,
        "type": type_,
        "order_id": order,
        "state": "ACCEPTED",
        "message_id": message_id,
    }


def violated(world: World, journal: Journal | None = None) -> set[str]:
    facts = Facts()
    for source, lines in world.items():
        facts.add(source, lines)
    return {name for name, found in check(facts, journal).items() if found}


def find(world: World, kind: str, **wanted: Any) -> Fact:
    return next(
        each
        for lines in world.values()
        for each in lines
        if each["kind"] == kind and all(each[key] == value for key, value in wanted.items())
    )


def test_a_world_that_is_right_violates_nothing() -> None:
    assert violated(a_right_world()) == set()


def edit(kind: str, where: dict[str, Any], **change: Any) -> Callable[[World], None]:
    return lambda world: find(world, kind, **where).update(change)


def add(source: str, *lines: Fact) -> Callable[[World], None]:
    return lambda world: world[source].extend(copy.deepcopy(lines))


BREAKAGES: list[tuple[str, str, Callable[[World], None]]] = [
    ("I1", "a unit vanished", edit("stock", {}, on_hand=7)),
    ("I1", "a sale without a ledger row", edit("stock_ledger", {"id": 2}, entry="adjust")),
    ("I2", "a reservation that nobody holds", edit("stock", {}, reserved=1)),
    ("I3", "an order without its goods", edit("hold", {"order_id": "bought"}, state="RELEASED")),
    ("I3", "goods sold to nobody", edit("hold", {"order_id": "back"}, state="COMMITTED")),
    ("I4", "confirmed and never captured", edit("payment", {"id": "p1"}, state="AUTHORIZED", captured=0)),
    ("I4", "captured twice", add("payment", a_payment("p3", "bought", captured=2963))),
    ("I4", "captured a cent less", edit("payment", {"id": "p1"}, captured=2962)),
    ("I4", "money kept for a cancelled order", edit("payment", {"id": "p2"}, refunded=0)),
    ("I4a", "charged without goods", edit("hold", {"order_id": "bought"}, state="EXPIRED")),
    ("I5", "a capture that our books do not know", add("psp", an_intent("i9", "bought"))),
    ("I5", "a capture that the provider does not know", edit("psp_intent", {"id": "i1"}, captured=0)),
    ("I5", "a refund that never left", edit("psp_refund", {}, status="failed")),
    ("I5", "money still authorised", add("psp", an_intent("i9", "late", "requires_capture", 0))),
    ("I6", "a ledger transaction with one leg", lambda w: find(w, "ledger_tx")["postings"].pop()),
    ("I7", "an order past its deadline", edit("order", {"id": "bought"}, overdue_seconds=6)),
    ("I7", "an order that waits for a person", edit("order", {"id": "bought"}, needs_review=True)),
    ("I8", "cancelled with its hold", edit("hold", {"order_id": "back"}, state="HELD")),
    (
        "I8",
        "cancelled with its authorisation",
        edit("payment", {"id": "p2"}, state="AUTHORIZED", captured=0, refunded=0),
    ),
    ("I10", "one key, two orders", edit("order", {"id": "late"}, idempotency_key="key-bought")),
    ("I10", "two live payments", add("payment", a_payment("p3", "bought", captured=0, state="AUTHORIZED"))),
    ("I11", "a message that never left", edit("outbox", {"id": "e1"}, published=False)),
    ("I11", "an event without its mail", edit("delivery", {"event_id": "e2"}, event_id="other")),
    ("I11", "a dead letter", add("order", {"kind": "dead_letters", "service": "order", "count": 1})),
    (
        "I11",
        "handled twice",
        add("order", *[{"kind": "inbox", "consumer": "c", "message_id": "m"}] * 2),
    ),
    ("I12", "confirmed and not mailed", edit("delivery", {"event_id": "e1"}, type="order_cancelled")),
    (
        "I12",
        "confirmed twice by mail",
        add("notification", a_mail_owed("e7", "order_confirmed", "bought", message_id="<m1@x>")),
    ),
    ("I12", "a mail that nobody saw", edit("mail", {"message_id": "<m1@x>"}, message_id="<m9@x>")),
    ("I13", "a total that is not its parts", edit("order", {"id": "bought"}, total=2964)),
    (
        "I15",
        "a step that the graph lacks",
        edit("order", {"id": "late"}, history=path("PENDING", "CONFIRMED", "CANCELLED")),
    ),
    ("I15", "a state without its step", edit("order", {"id": "bought"}, state="SHIPPED")),
    ("I15", "a version left out", lambda w: find(w, "order", id="bought")["history"][2].update(version=9)),
    ("I17", "two live tokens in a family", add("user", {"kind": "refresh_token", "family": "f", "live": True})),
]


@pytest.mark.parametrize(
    ("name", "breakage"), [(n, b) for n, _, b in BREAKAGES], ids=[f"{n}: {t}" for n, t, _ in BREAKAGES]
)
def test_a_broken_world_is_noticed(name: str, breakage: Callable[[World], None]) -> None:
    world = a_right_world()
    breakage(world)
    assert name in violated(world)


def a_checkout(**more: Any) -> dict[str, Any]:
    return {
        "method": "POST",
        "path": "/api/v1/orders",
        "status": 202,
        "content_type": "application/json",
        "order_id": "bought",
        "idempotency_key": "key-bought",
        "user": "ada",
        "quoted_total": 2963,
        **more,
    }


OTHERS = [
    a_checkout(order_id="late", idempotency_key="key-late"),
    a_checkout(order_id="back", idempotency_key="key-back"),
]


def test_a_journal_that_agrees_violates_nothing() -> None:
    assert violated(a_right_world(), Journal([a_checkout(), *OTHERS])) == set()


@pytest.mark.parametrize(
    ("name", "answers"),
    [
        ("I9", [a_checkout(order_id="lost"), *OTHERS]),
        ("I9", OTHERS),
        ("I10", [a_checkout(), a_checkout(order_id="late"), *OTHERS]),
        ("I13", [a_checkout(quoted_total=2900), *OTHERS]),
        ("I19", [a_checkout(), *OTHERS, a_checkout(status=500, content_type="application/problem+json")]),
        ("I19", [a_checkout(), *OTHERS, a_checkout(status=404, content_type="text/html")]),
    ],
)
def test_a_journal_that_disagrees_is_noticed(name: str, answers: list[dict[str, Any]]) -> None:
    assert name in violated(a_right_world(), Journal(answers))
