"""One checkout, seen from the gate to the mail: a trace that nobody in it falls out of, and nobody's name in it."""

import json
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from testkit.verify.journal import Journal

from tests.dev.rung import Rung, until
from tests.journeys.shop import Customer, Shop, eventually

Span = dict[str, Any]
HEARD = {
    "product": {"hear ReserveStock.v1", "hear CommitStock.v1"},
    "payment": {"hear AuthorizePayment.v1", "hear CapturePayment.v1"},
    "order": {
        "hear StockReserved.v1",
        "hear PaymentAuthorized.v1",
        "hear StockCommitted.v1",
        "hear PaymentCaptured.v1",
    },
    "notification": {"hear OrderConfirmed.v1"},
}


def spans(shop: Shop) -> list[Span]:
    return [json.loads(line) for line in shop.door("GET", "facts/spans").text.splitlines()]


@pytest.fixture
def shop(single: Rung) -> Iterator[Shop]:
    with httpx2.Client(base_url=single.url, timeout=20) as client:
        yield Shop(client, Journal())


def traced_checkout(shop: Shop) -> tuple[Customer, list[Span]]:
    """Somebody buys something; every span of that purchase, once the last has come."""
    customer, sku = shop.customer(), shop.staff().something_new(stock=5)
    order = customer.order_in(customer.checkout(**{sku: 1})["id"], "CONFIRMED")
    shop.mail(customer.email, f"{order['number']} is confirmed")

    def whole() -> list[Span] | None:
        known = spans(shop)
        mails = {each["trace"] for each in known if each["name"] == "SMTP send"}
        placed = [each for each in known if each["service"] == "gateway" and each["name"] == "POST /api/v1/orders"]
        trace = next((each["trace"] for each in reversed(placed) if each["trace"] in mails), None)
        return [each for each in known if each["trace"] == trace] if trace else None

    eventually(whole, "the trace of the checkout")
    until(lambda: _unchanged(shop), "the last spans")
    found = whole()
    assert found is not None
    return customer, found


def _unchanged(shop: Shop) -> bool:
    """Everybody sends once a second: whoever is named as a parent has come."""
    known = spans(shop)
    ids = {each["id"] for each in known}
    return all(each["parent"] in ids for each in known if each["parent"])


def test_one_checkout_is_one_trace_from_the_gate_to_the_mail(shop: Shop) -> None:
    _, trace = traced_checkout(shop)
    print(f"{len(trace)} spans", *sorted({f"{each['service']}: {each['name']}" for each in trace}), sep="\n  ")

    names = {each["service"]: {one["name"] for one in trace if one["service"] == each["service"]} for each in trace}
    assert set(names) == {"gateway", "order", "product", "payment", "notification"}
    for service, heard in HEARD.items():
        assert heard <= names[service]
    assert {"POST /api/v1/orders", "POST product"} <= names["order"]
    assert "POST /api/v1/orders" in names["gateway"]
    assert {"provider create", "provider capture", "settle payment"} <= names["payment"]
    assert {"send email", "SMTP send"} <= names["notification"]


def test_every_span_has_its_parent_and_only_the_first_has_none(shop: Shop) -> None:
    _, trace = traced_checkout(shop)

    known = {each["id"] for each in trace}
    roots = [each for each in trace if each["parent"] is None]
    assert [(each["service"], each["name"]) for each in roots] == [("gateway", "POST /api/v1/orders")]
    assert [each for each in trace if each["parent"] and each["parent"] not in known] == []


def test_stores_are_seen_where_they_were_asked(shop: Shop) -> None:
    _, trace = traced_checkout(shop)

    stores = {(each["service"], each["attributes"].get("db.system")) for each in trace}
    assert {
        ("order", "mongodb"),
        ("order", "redis"),
        ("product", "postgresql"),
        ("payment", "postgresql"),
        ("notification", "mongodb"),
    } <= stores


def test_nobody_is_named_in_any_span(shop: Shop) -> None:
    customer, _ = traced_checkout(shop)
    staff = shop.staff()
    staff.shop.call("GET", f"/api/v1/staff/orders?email={customer.email}", token=staff.access)
    staff.shop.call("GET", f"/api/v1/users/{customer.user_id}", token=staff.access)
    shop.call("GET", f"/api/v1/orders/none?token={customer.access}", headers={"Cookie": "session=topsecret"})
    until(lambda: _unchanged(shop), "the last spans")

    everything = json.dumps(spans(shop)).lower()
    secrets = (customer.access[:20], "topsecret", "a heron")
    canaries = (customer.email, customer.user_id, "Ada Example", "Example Street", *secrets)
    assert [each for each in canaries if each.lower() in everything] == []
