"""Every invariant can fail: a world that is right passes, and each way of breaking it is named."""

import copy
from collections.abc import Callable
from typing import Any

import pytest
from testkit.verify import __main__ as command
from testkit.verify.__main__ import report
from testkit.verify.facts import Fact, Facts
from testkit.verify.invariants import AT_REST, WITH_JOURNAL, assert_holds, check
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
        "refunded": 0,
        "refunds": [],
        "needs_review": False,
        "overdue_seconds": 0,
        "history": path(*states),
        **more,
    }


def said(id_: str, type_: str, about: str) -> Fact:
    return {"kind": "outbox", "id": id_, "type": type_, "aggregate_id": about, "published": True}


def a_right_world() -> World:
    """One order bought, one that found no stock, one that was paid and taken back, one of which a piece came back."""
    bought = an_order("bought", "PENDING", "RESERVED", "AUTHORIZED", "COMMITTED", "CONFIRMED")
    late = an_order("late", "PENDING", "CANCELLED")
    back = an_order("back", "PENDING", "RESERVED", "AUTHORIZED", "COMMITTED", "CONFIRMED", "CANCELLING", "CANCELLED")
    back["refunded"] = 2963
    sold = ("PENDING", "RESERVED", "AWAITING_CUSTOMER", "AUTHORIZED", "COMMITTED", "CONFIRMED", "SHIPPED")
    piece = {"id": "r3", "amount": 1235, "outcome": "DONE", "restock": [{"sku": "MUG-1", "quantity": 1}]}
    failed = {"id": "r4", "amount": 1235, "outcome": "FAILED", "restock": [{"sku": "MUG-1", "quantity": 1}]}
    part = an_order("part", *sold, "REFUNDING", "REFUNDING", "DELIVERED", refunded=1235, refunds=[failed, piece])
    return {
        "order": [
            bought,
            late,
            back,
            part,
            said("e4", "OrderConfirmed.v1", "part"),
            said("e5", "OrderShipped.v1", "part"),
            said("e6", "OrderRefunded.v1", "part"),
            said("e1", "OrderConfirmed.v1", "bought"),
            said("e2", "OrderCancelled.v1", "late"),
            said("c1", "ReserveStock.v1", "bought"),
            said("c2", "AuthorizePayment.v1", "bought"),
        ],
        "product": [
            {"kind": "stock", "sku": "MUG-1", "on_hand": 8, "reserved": 0},
            {"kind": "hold", "order_id": "bought", "state": "COMMITTED", "lines": [{"sku": "MUG-1", "quantity": 2}]},
            {"kind": "hold", "order_id": "late", "state": "REJECTED", "lines": []},
            {"kind": "hold", "order_id": "back", "state": "UNCOMMITTED", "lines": [{"sku": "MUG-1", "quantity": 2}]},
            {"kind": "hold", "order_id": "part", "state": "COMMITTED", "lines": [{"sku": "MUG-1", "quantity": 2}]},
            {"kind": "stock_ledger", "id": 5, "sku": "MUG-1", "entry": "sale", "quantity": -2, "ref": "part"},
            {"kind": "stock_ledger", "id": 6, "sku": "MUG-1", "entry": "return", "quantity": 1, "ref": "refund:r3"},
            {"kind": "stock_ledger", "id": 1, "sku": "MUG-1", "entry": "initial", "quantity": 11, "ref": "seed"},
            {"kind": "stock_ledger", "id": 2, "sku": "MUG-1", "entry": "sale", "quantity": -2, "ref": "bought"},
            {"kind": "stock_ledger", "id": 3, "sku": "MUG-1", "entry": "sale", "quantity": -2, "ref": "back"},
            {"kind": "stock_ledger", "id": 4, "sku": "MUG-1", "entry": "uncommit", "quantity": 2, "ref": "back"},
        ],
        "payment": [
            a_payment("p1", "bought", captured=2963),
            a_payment("p2", "back", captured=2963, refunded=2963),
            {"kind": "refund", "id": "r1", "payment_id": "p2", "amount": 2963, "state": "DONE"},
            a_payment("p3", "part", captured=2963, refunded=1235),
            {"kind": "refund", "id": "r3", "payment_id": "p3", "amount": 1235, "state": "DONE"},
            {"kind": "refund", "id": "r4", "payment_id": "p3", "amount": 1235, "state": "FAILED"},
            an_entry("capture:p1"),
            an_entry("capture:p3"),
            an_entry("refund:r3", 1235),
            an_entry("capture:p2"),
            an_entry("refund:r1"),
        ],
        "notification": [
            a_mail_owed("e1", "order_confirmed", "bought", message_id="<m1@x>"),
            a_mail_owed("e2", "order_cancelled", "late", message_id="<m2@x>"),
            a_mail_owed("e4", "order_confirmed", "part", message_id="<m4@x>"),
            a_mail_owed("e5", "order_shipped", "part", message_id="<m5@x>"),
            a_mail_owed("e6", "order_refunded", "part", message_id="<m6@x>"),
            a_mail_owed("e3", "verify_email", None, message_id="<m3@x>"),
            {**a_mail_owed("e5", "order_shipped", "part", message_id="SM1"), "channel": "sms"},
            a_feed(
                "order_confirmed:e1",
                "order_cancelled:e2",
                "order_confirmed:e4",
                "order_shipped:e5",
                "order_refunded:e6",
            ),
        ],
        "user": [
            said("e3", "EmailVerificationRequested.v1", "ada"),
            {"kind": "refresh_token", "family": "f", "live": True},
            {"kind": "refresh_token", "family": "f", "live": False},
        ],
        "psp": [
            an_authorization("i1", "bought"),
            a_capture("i1", "bought"),
            an_authorization("i3", "part"),
            a_capture("i3", "part"),
            {**of_intent("i3", "part"), "kind": "refund", "refund_id": "r3", "amount": 1235, "status": "succeeded"},
            an_authorization("i2", "back"),
            a_capture("i2", "back"),
            {**of_intent("i2", "back"), "kind": "refund", "refund_id": "r1", "amount": 2963, "status": "succeeded"},
        ],
        "mail": [{"kind": "mail", "message_id": f"<m{n}@x>"} for n in range(1, 7)],
        "phone": [{"kind": "sms", "sid": "SM1", "to": "+491711234567"}],
        "broker": [{"kind": "dead_letters", "service": "order", "count": 0}],
    }


def a_feed(*told: str) -> Fact:
    """`type:event` each."""
    parts = [each.partition(":") for each in told]
    items = [{"seq": n, "type": kind, "event_id": event} for n, (kind, _, event) in enumerate(parts, start=1)]
    return {"kind": "feed", "user_id": "ada", "newest": len(items), "read": 0, "items": items}


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


def an_entry(ref: str, amount: int = 2963) -> Fact:
    return {
        "kind": "ledger_tx",
        "id": ref,
        "entry": ref.partition(":")[0],
        "ref": ref,
        "postings": [
            {"account": "psp_clearing", "side": "debit", "amount": amount, "currency": "EUR"},
            {"account": "customer_receivable", "side": "credit", "amount": amount, "currency": "EUR"},
        ],
    }


def of_intent(id_: str, order: str) -> Fact:
    """What every line of the provider's own books says."""
    return {"intent_id": id_, "charge_id": f"ch-{id_}", "order_id": order, "payment_id": "p", "currency": "EUR"}


def an_authorization(id_: str, order: str, *, open_: bool = False) -> Fact:
    return {**of_intent(id_, order), "kind": "authorization", "amount": 2963, "open": open_}


def a_capture(id_: str, order: str, amount: int = 2963) -> Fact:
    return {**of_intent(id_, order), "kind": "capture", "amount": amount}


def a_mail_owed(event: str, type_: str, order: str | None, *, message_id: str) -> Fact:
    return {
        "kind": "delivery",
        "id": f"{event}|email|ada",
        "event_id": event,
        "type": type_,
        "channel": "email",
        "order_id": order,
        "state": "ACCEPTED",
        "message_id": message_id,
    }


def told(world: World) -> Facts:
    facts = Facts()
    for source, lines in world.items():
        facts.add(source, lines)
    return facts


def violated(world: World, journal: Journal | None = None) -> set[str]:
    return {name for name, found in check(told(world), journal).items() if found}


def find(world: World, kind: str, **wanted: Any) -> Fact:
    return next(
        each
        for lines in world.values()
        for each in lines
        if each["kind"] == kind and all(each.get(key) == value for key, value in wanted.items())
    )


def test_a_world_that_is_right_violates_nothing() -> None:
    assert violated(a_right_world()) == set()


def edit(kind: str, where: dict[str, Any], **change: Any) -> Callable[[World], None]:
    return lambda world: find(world, kind, **where).update(change)


def add(source: str, *lines: Fact) -> Callable[[World], None]:
    return lambda world: world[source].extend(copy.deepcopy(lines))


def reserve_too_much(world: World) -> None:
    find(world, "stock").update(reserved=9)
    find(world, "hold", order_id="late").update(state="HELD", lines=[{"sku": "MUG-1", "quantity": 9}])


def begin_late(world: World) -> None:
    order = find(world, "order", id="late")
    for each in (order, *order["history"]):
        each["version"] += 1


BREAKAGES: list[tuple[str, str, Callable[[World], None]]] = [
    ("I1", "a unit vanished", edit("stock", {}, on_hand=7)),
    ("I1", "a sale without a ledger row", edit("stock_ledger", {"id": 2}, entry="adjust")),
    ("I1", "a ledger row of something that is not in stock", edit("stock_ledger", {"id": 4}, sku="GONE")),
    ("I2", "a reservation that nobody holds", edit("stock", {}, reserved=1)),
    ("I2", "a hold that is not reserved", edit("hold", {"order_id": "back"}, state="HELD")),
    ("I2", "more reserved than there is", reserve_too_much),
    ("I2", "less than nothing reserved", edit("stock", {}, reserved=-1)),
    (
        "I2",
        "a hold of something that is not in stock",
        add("product", {"kind": "hold", "order_id": "x", "state": "HELD", "lines": [{"sku": "GONE", "quantity": 1}]}),
    ),
    ("I3", "an order without its goods", edit("hold", {"order_id": "bought"}, state="RELEASED")),
    ("I3", "goods sold to nobody", edit("hold", {"order_id": "back"}, state="COMMITTED")),
    ("I3", "more sold than there ever was", edit("stock_ledger", {"id": 1}, quantity=1)),
    ("I3", "goods that were to come back and did not", edit("stock_ledger", {"id": 6}, ref="adjust:1")),
    ("I3", "goods that came back twice", lambda w: w["product"].append(dict(find(w, "stock_ledger", id=6)))),
    ("I3", "more came back than was decided", edit("stock_ledger", {"id": 6}, quantity=2)),
    ("I3", "goods of a refund that failed came back", edit("stock_ledger", {"id": 6}, ref="refund:r4")),
    ("I4", "a refund that the order does not know of", edit("order", {"id": "part"}, refunded=0)),
    ("I4", "all came back and the order stands", edit("order", {"id": "part"}, refunded=2963)),
    ("I4", "said to be refunded and is not", edit("order", {"id": "part"}, state="REFUNDED")),
    ("I4", "confirmed and never captured", edit("payment", {"id": "p1"}, state="AUTHORIZED", captured=0)),
    ("I4", "captured twice", add("payment", a_payment("p9", "bought", captured=2963))),
    ("I4", "captured a cent less", edit("payment", {"id": "p1"}, captured=2962)),
    ("I4", "captured in another currency", edit("payment", {"id": "p1"}, currency="USD")),
    ("I4", "money kept for nobody", edit("payment", {"id": "p1"}, order_id="nobody")),
    ("I4", "money kept for a cancelled order", edit("payment", {"id": "p2"}, refunded=0)),
    ("I4a", "charged without goods", edit("hold", {"order_id": "bought"}, state="EXPIRED")),
    ("I4a", "charged and never held", lambda w: w["product"].remove(find(w, "hold", order_id="bought"))),
    ("I5", "a second capture for one order", add("psp", an_authorization("i9", "bought"), a_capture("i9", "bought"))),
    ("I5", "a second capture on one intent", add("psp", a_capture("i1", "bought"))),
    ("I5", "a capture without an authorisation", add("psp", a_capture("i9", "bought"))),
    ("I5", "a capture for an order that is not ours", add("psp", a_capture("i9", "elsewhere"))),
    ("I5", "a capture that the provider does not know", lambda w: w["psp"].remove(a_capture("i1", "bought"))),
    ("I5", "a capture of another amount", edit("capture", {"intent_id": "i1"}, amount=2962)),
    ("I5", "a capture in another currency", edit("capture", {"intent_id": "i1"}, currency="USD")),
    ("I5", "a refund that never left", edit("refund", {"refund_id": "r1"}, status="failed")),
    ("I5", "a refund of another amount", edit("refund", {"refund_id": "r1"}, amount=1)),
    ("I5", "a refund in another currency", edit("refund", {"refund_id": "r1"}, currency="USD")),
    ("I5", "a refund to another order", edit("refund", {"refund_id": "r1"}, order_id="bought")),
    ("I5", "a refund made twice", lambda w: w["psp"].append(dict(find(w, "refund", refund_id="r1")))),
    ("I5", "a refund that nobody asked for", lambda w: w["psp"].append({**w["psp"][-1], "refund_id": None})),
    ("I5", "returned without a refund", edit("payment", {"id": "p1"}, refunded=1)),
    ("I5", "money still authorised", add("psp", an_authorization("i9", "late", open_=True))),
    ("I5", "money authorised for nobody", add("psp", an_authorization("i9", "nobody", open_=True))),
    ("I5", "a capture that is not in the ledger", lambda w: w["payment"].remove(an_entry("capture:p1"))),
    ("I5", "a capture that is in the ledger twice", add("payment", an_entry("capture:p1"))),
    ("I5", "a refund that is not in the ledger", lambda w: w["payment"].remove(an_entry("refund:r1"))),
    ("I5", "an entry for nothing", add("payment", an_entry("capture:p9"))),
    ("I6", "a ledger transaction with one leg", lambda w: find(w, "ledger_tx")["postings"].pop()),
    ("I6", "a ledger transaction without legs", edit("ledger_tx", {"ref": "capture:p1"}, postings=[])),
    (
        "I6",
        "debit and credit in different currencies",
        lambda w: find(w, "ledger_tx")["postings"][0].update(currency="USD"),
    ),
    ("I6", "a negative posting", lambda w: [each.update(amount=-1) for each in find(w, "ledger_tx")["postings"]]),
    ("I7", "an order past its deadline", edit("order", {"id": "bought"}, overdue_seconds=6)),
    ("I7", "an order that waits for a person", edit("order", {"id": "bought"}, needs_review=True)),
    ("I8", "cancelled with its hold", edit("hold", {"order_id": "back"}, state="HELD")),
    (
        "I8",
        "cancelled with its authorisation",
        edit("payment", {"id": "p2"}, state="AUTHORIZED", captured=0, refunded=0),
    ),
    ("I8", "cancelled with its goods", edit("hold", {"order_id": "back"}, state="COMMITTED")),
    ("I8", "cancelled and not wholly returned", edit("payment", {"id": "p2"}, refunded=2962)),
    ("I10", "one key, two orders", edit("order", {"id": "late"}, idempotency_key="key-bought")),
    ("I10", "two live payments", add("payment", a_payment("p9", "bought", captured=0, state="AUTHORIZED"))),
    ("I11", "a message that never left", edit("outbox", {"id": "e1"}, published=False)),
    ("I11", "an event without its mail", edit("delivery", {"event_id": "e2"}, event_id="other")),
    ("I11", "a parcel without its mail", edit("delivery", {"event_id": "e5"}, event_id="other")),
    ("I11", "a refund without its mail", edit("delivery", {"event_id": "e6"}, type="order_shipped")),
    ("I11", "an event with two mails", lambda w: w["notification"].append(dict(w["notification"][1]))),
    ("I11", "an event with a mail of another kind", edit("delivery", {"event_id": "e1"}, type="order_cancelled")),
    ("I11", "a verification without its mail", edit("delivery", {"event_id": "e3"}, event_id="other")),
    ("I11", "a reservation without its hold", lambda w: w["product"].remove(find(w, "hold", order_id="bought"))),
    ("I11", "an authorisation without its payment", lambda w: w["payment"].remove(find(w, "payment", id="p1"))),
    ("I11", "an event that no feed tells", lambda w: find(w, "feed")["items"][1].update(event_id="other")),
    (
        "I11",
        "an event that a feed tells as another",
        lambda w: find(w, "feed")["items"][0].update(type="order_shipped"),
    ),
    ("I11", "an event that is told twice", lambda w: find(w, "feed")["items"][1].update(find(w, "feed")["items"][0])),
    ("I11", "a number left out", lambda w: find(w, "feed")["items"][4].update(seq=6)),
    ("I11", "numbers that end before the newest", edit("feed", {}, newest=6)),
    ("I11", "a dead letter", edit("dead_letters", {}, count=1)),
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
    ("I12", "confirmed and given up", edit("delivery", {"event_id": "e1"}, state="GIVEN_UP")),
    ("I12", "a mail that nobody saw", lambda w: w["mail"].remove({"kind": "mail", "message_id": "<m1@x>"})),
    ("I12", "an empty mailbox", lambda w: w["mail"].clear()),
    ("I12", "a second Message-ID", add("mail", {"kind": "mail", "message_id": "<m1-again@x>"})),
    ("I12", "a second copy", add("mail", {"kind": "mail", "message_id": "<m1@x>"})),
    ("I12", "a text message that no telephone got", lambda w: w["phone"].clear()),
    ("I12", "a text message that nobody was owed", add("phone", {"kind": "sms", "sid": "SM2", "to": "+491711234567"})),
    ("I13", "a total that is not its parts", edit("order", {"id": "bought"}, total=2964)),
    ("I13", "a line that is not its units", lambda w: find(w, "order", id="bought")["lines"][0].update(unit_price=999)),
    ("I13", "a subtotal that is not its lines", edit("order", {"id": "bought"}, subtotal=2001)),
    ("I13", "a discount that is not taken off", edit("order", {"id": "bought"}, discount=1)),
    ("I13", "half a cent", edit("order", {"id": "bought"}, shipping=490.5, total=2963.5)),
    ("I15", "no beginning", edit("order", {"id": "late"}, history=path("RESERVED", "CANCELLED"))),
    ("I15", "no history", edit("order", {"id": "late"}, history=[])),
    (
        "I15",
        "a life after the end",
        edit("order", {"id": "late"}, history=path("PENDING", "CANCELLED", "RESERVED"), state="RESERVED", version=3),
    ),
    ("I15", "a first version that is not 1", begin_late),
    ("I15", "a version that the history lacks", edit("order", {"id": "late"}, version=3)),
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


def a_cancel(**more: Any) -> dict[str, Any]:
    path = "/api/v1/orders/back/cancel"
    return {"method": "POST", "path": path, "status": 202, "idempotency_key": "key-cancel", "user": "ada", **more}


OTHERS = [
    a_checkout(order_id="late", idempotency_key="key-late"),
    a_checkout(order_id="back", idempotency_key="key-back"),
    a_checkout(order_id="part", idempotency_key="key-part"),
]


def test_a_journal_that_agrees_violates_nothing() -> None:
    again = [a_checkout(answer_hash="one"), a_checkout(answer_hash="one"), a_cancel(answer_hash="other")]
    refused = a_checkout(status=409, content_type="application/problem+json")
    no_page = a_checkout(method="GET", path="/nothing", status=404, content_type="text/html")
    assert violated(a_right_world(), Journal([*again, *OTHERS, refused, no_page])) == set()


def test_an_order_that_nobody_was_told_of_was_asked_for_all_the_same() -> None:
    unheard = {key: value for key, value in a_checkout().items() if key not in {"status", "content_type", "order_id"}}
    elsewhere = {**unheard, "path": "/api/v1/orders/bought/cancel"}

    assert violated(a_right_world(), Journal(OTHERS, unanswered=[unheard])) == set()
    assert violated(a_right_world(), Journal(OTHERS, unanswered=[elsewhere])) == {"I9"}


def test_orders_of_customers_of_another_journal_are_not_asked_about() -> None:
    world = a_right_world()
    find(world, "order", id="bought").update(user_id="bob")

    assert violated(world, Journal(OTHERS)) == set()


@pytest.mark.parametrize(
    ("name", "answers"),
    [
        ("I9", [a_checkout(order_id="lost"), *OTHERS]),
        ("I9", OTHERS),
        ("I9", [a_checkout(idempotency_key="another"), *OTHERS]),
        ("I9", [a_checkout(user="bob"), *OTHERS]),
        ("I9", [a_checkout(path="/api/v1/orders/bought/cancel"), *OTHERS]),
        ("I10", [a_checkout(), a_checkout(order_id="late"), *OTHERS]),
        ("I10", [a_checkout(answer_hash="one"), a_checkout(answer_hash="two"), *OTHERS]),
        ("I10", [a_checkout(), *OTHERS, *[a_cancel(answer_hash=each) for each in ("one", "two")]]),
        ("I13", [a_checkout(quoted_total=2900), *OTHERS]),
        ("I19", [a_checkout(), *OTHERS, a_checkout(status=500, content_type="application/problem+json")]),
        ("I19", [a_checkout(), *OTHERS, a_checkout(status=302)]),
        ("I19", [a_checkout(), *OTHERS, a_checkout(status=418, content_type="application/problem+json")]),
        ("I19", [a_checkout(), *OTHERS, a_checkout(status=404, content_type="text/html")]),
        ("I19", [a_checkout(), *OTHERS, a_checkout(method="GET", path="/", status=404, content_type="text/plain")]),
    ],
)
def test_a_journal_that_disagrees_is_noticed(name: str, answers: list[dict[str, Any]]) -> None:
    assert name in violated(a_right_world(), Journal(answers))


def test_every_invariant_is_seen_to_fail_somewhere_above() -> None:
    in_stores = {name for name, _, _ in BREAKAGES}

    assert in_stores == set(AT_REST)
    assert set(WITH_JOURNAL) == {"I9", "I10", "I13", "I19"}


def test_a_second_copy_is_forgiven_as_often_as_a_sender_was_cut_off() -> None:
    world = a_right_world()
    world["mail"].append({"kind": "mail", "message_id": "<m1@x>"})

    assert check(told(world), resends=1)["I12"] == []
    with pytest.raises(AssertionError, match="I12: the mailbox has 1 copies too many"):
        assert_holds(told(world))


def test_without_a_journal_the_report_says_what_was_not_checked(capsys: pytest.CaptureFixture[str]) -> None:
    assert report(told(a_right_world()), None) == 0

    lines = {line.split()[0]: line for line in capsys.readouterr().out.splitlines()}
    for name in ("I9", "I19"):
        assert lines[name].split()[1:3] == ["not", "checked"]
    for name in ("I10", "I13"):
        assert "holds" in lines[name]
        assert "not checked against answers" in lines[name]
    assert lines["over"] == "over 4 orders, 3 payments, 4 holds, 6 mails; at rest"


def test_the_report_names_what_is_violated_and_counts_it(capsys: pytest.CaptureFixture[str]) -> None:
    world = a_right_world()
    find(world, "stock").update(on_hand=7)

    assert report(told(world), Journal([a_checkout(), *OTHERS])) == 1

    out = capsys.readouterr().out
    assert "I1   VIOLATED" in out
    assert "MUG-1: on_hand 7, ledger says 8" in out
    assert "not checked" not in out


def test_a_shop_that_is_not_at_rest_is_not_right_yet(capsys: pytest.CaptureFixture[str]) -> None:
    world = a_right_world()
    world["notification"].append({**a_mail_owed("e9", "verify_email", None, message_id="<m9@x>"), "state": "QUEUED"})

    assert report(told(world), None) == 1
    assert "NOT AT REST" in capsys.readouterr().out


def test_a_text_message_beside_a_mail_is_no_second_mail() -> None:
    world = a_right_world()
    beside = a_mail_owed("e1", "order_confirmed", "bought", message_id="SM1")
    world["notification"].append({**beside, "id": "e1|sms|ada", "channel": "sms"})

    assert report(told(world), None) == 0


def test_an_empty_shop_proves_little_and_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert report(Facts(), None) == 0
    assert "Nothing was ordered here" in capsys.readouterr().out


@pytest.mark.parametrize(("breakage", "code"), [(None, 0), ({"on_hand": 7}, 1)])
def test_the_exit_code_says_whether_all_is_well(monkeypatch: pytest.MonkeyPatch, breakage, code) -> None:
    world = a_right_world()
    find(world, "stock").update(breakage or {})

    async def fetch(_url: str) -> Facts:
        return told(world)

    monkeypatch.setattr(command, "fetch", fetch)

    assert command.main(["--url", "http://shop"]) == code


def test_what_was_read_before_the_last_store_came_to_rest_is_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stores are read one after the other: orders that are confirmed by now, and a shelf as it was a moment before."""
    then, now = a_right_world(), a_right_world()
    find(then, "stock").update(on_hand=10)
    looks = [told(then), told(now), told(now)]

    async def fetch(_url: str) -> Facts:
        return looks.pop(0)

    monkeypatch.setattr(command, "fetch", fetch)

    assert command.main(["--url", "http://shop"]) == 0


@pytest.mark.parametrize("more", [[], ["--journal", "/there/is/none"]])
def test_a_shop_or_journal_that_cannot_be_read_is_another_exit_code(more, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["--url", "http://127.0.0.1:1", *more]) == 2
    assert "nothing could be read" in capsys.readouterr().err


def test_a_feed_that_is_full_may_have_let_its_oldest_go() -> None:
    world = a_right_world()
    feed = find(world, "feed")
    feed["items"] = feed["items"][1:]

    assert violated(world) == set()
