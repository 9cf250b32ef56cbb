"""Whatever is sent, the answer is clear, names the field, and nothing has happened."""

from typing import Any
from uuid import uuid4

import pytest

from tests.journeys.shop import HOME, Customer, Shop
from tests.journeys.test_buying import a_bestseller

GARBAGE: list[Any] = [None, -1, 2**63, 1.5, "", "\u0000", "x" * 5000, [], {}, True, "{{7*7}}", {"$ne": None}]


@pytest.fixture(scope="module")
def ada(shop: Shop) -> Customer:
    return shop.customer()


def refused(answer: Any, field: str | None = None) -> None:
    assert 400 <= answer.status_code < 500, f"{answer.status_code} {answer.text[:300]}"
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == answer.status_code
    assert problem["type"].startswith("urn:mercato:problem:")
    if field is not None:
        named = [each["field"] for each in problem["errors"]]
        assert any(each == field or each.startswith(f"{field}.") for each in named), named


FORMS: list[tuple[str, str, dict[str, Any]]] = [
    ("POST", "/api/v1/users", {"email": "a@example.org", "name": "Ada", "password": "correct horse battery"}),
    ("POST", "/api/v1/sessions", {"email": "a@example.org", "password": "correct horse battery"}),
    ("POST", "/api/v1/sessions/refresh", {"refresh_token": "x" * 43}),
    ("POST", "/api/v1/users/verification", {"token": "x" * 43}),
    ("POST", "/api/v1/carts", {"currency": "EUR"}),
    ("POST", "/api/v1/cart/merge", {"cart_id": "unknown"}),
    ("POST", "/api/v1/quotes", {"cart_id": "unknown", "country": "DE", "shipping_method": "standard"}),
    ("POST", "/api/v1/payment-methods", {"provider_token": "pm_card_visa"}),
    (
        "POST",
        "/api/v1/orders",
        {
            "cart_id": "unknown",
            "address": HOME,
            "shipping_method": "standard",
            "payment": {"method_id": str(uuid4())},
            "quote_hash": "0" * 64,
        },
    ),
]
FIELDS = [(method, path, form, name) for method, path, form in FORMS for name in form]


@pytest.mark.parametrize(("method", "path", "form", "name"), FIELDS, ids=[f"{p}:{n}" for _, p, _, n in FIELDS])
def test_garbage_in_a_field_is_refused_by_name(shop: Shop, ada: Customer, method, path, form, name) -> None:
    for rubbish in GARBAGE:
        if isinstance(rubbish, str) and rubbish and rubbish.isprintable() and len(rubbish) < 100:
            continue  # a plain text may well be acceptable where a text is wanted
        answer = ada.call(method, path, body={**form, name: rubbish}, key=str(uuid4()))
        refused(answer, name)


@pytest.mark.parametrize(("method", "path", "form"), FORMS, ids=[path for _, path, _ in FORMS])
def test_unknown_and_missing_fields_are_refused_by_name(shop: Shop, ada: Customer, method, path, form) -> None:
    refused(ada.call(method, path, body={**form, "is_admin": True}, key=str(uuid4())), "is_admin")
    for name in form:
        if name == "currency":
            continue  # it has a default
        missing = {key: value for key, value in form.items() if key != name}
        refused(ada.call(method, path, body=missing, key=str(uuid4())), name)


def test_a_body_that_is_no_json_too_large_too_deep_or_of_another_kind_is_refused(shop: Shop, ada: Customer) -> None:
    path, headers = "/api/v1/quotes", {"content-type": "application/json"}
    send = ada.shop.client.post
    refused(send(path, content=b"{", headers=headers))
    refused(send(path, content=b"\xff\xfe", headers=headers))
    refused(send(path, content=b"[" * 10_000, headers=headers))
    refused(send(path, content=b'{"a": NaN}', headers=headers))
    assert send(path, content=b" " * (2 * 1024 * 1024), headers=headers).status_code == 413
    assert send(path, content=b"a=b", headers={"content-type": "application/x-www-form-urlencoded"}).status_code == 415


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/api/v1/products?cursor=rubbish", "cursor"),
        ("/api/v1/products?limit=0", "limit"),
        ("/api/v1/products?limit=101", "limit"),
        ("/api/v1/products?limit=5&limit=6", "limit"),
        ("/api/v1/products?sort=cheapest", "sort"),
        ("/api/v1/products?currency=XXX", "currency"),
        ("/api/v1/products?min_price=-1", "min_price"),
        ("/api/v1/products?colour=red", "colour"),
        ("/api/v1/shipping-methods?country=ZZ&currency=EUR", "country"),
        ("/api/v1/shipping-methods?country=DE&currency=XXX", "currency"),
        ("/api/v1/orders?cursor=rubbish", "cursor"),
    ],
)
def test_a_bad_parameter_is_refused_by_name(shop: Shop, ada: Customer, path, field) -> None:
    refused(ada.call("GET", path), field)


@pytest.mark.parametrize("quantity", [0, 100, -1, 1.5, "2", None, True])
def test_a_quantity_is_a_whole_number_from_1_to_99(shop: Shop, ada: Customer, quantity) -> None:
    sku = a_bestseller(shop)
    before = ada.fill_cart(**{sku: 1})

    refused(ada.call("PUT", f"/api/v1/carts/{ada.cart_id}/lines/{sku}", body={"quantity": quantity}), "quantity")

    assert ada.call("GET", f"/api/v1/carts/{ada.cart_id}").json()["lines"] == before["lines"]


def test_what_is_not_there_is_not_found(shop: Shop, ada: Customer) -> None:
    for path in (
        "/api/v1/orders/0190a000-0000-7000-8000-000000000000",
        "/api/v1/carts/forged.signature",
        "/api/v1/products/no-such-thing",
        "/api/v1/pictures/no-such-thing.svg",
        "/api/v1/nothing",
        "/api/metrics",
        "/.well-known/nothing",
    ):
        answer = ada.call("GET", path)
        assert answer.status_code == 404, f"{path}: {answer.status_code}"
        refused(answer)


def test_what_only_neighbours_may_ask_is_a_page_that_does_not_exist(ada: Customer) -> None:
    for path in ("/internal/quote", "/metrics", "/facts", "/livez", "/startupz"):
        answer = ada.call("GET", path)
        kind = answer.headers["content-type"].partition(";")[0]
        assert (answer.status_code, kind) == (404, "text/html"), f"{path}: {answer.text[:300]}"


def test_an_order_needs_a_key_a_cart_with_lines_and_a_country_that_we_know(shop: Shop) -> None:
    ada = shop.customer()
    ada.fill_cart(**{a_bestseller(shop): 1})
    quote, card = ada.quote(), ada.card()
    body = ada.order_body(quote, card)

    refused(ada.call("POST", "/api/v1/orders", body=body), "Idempotency-Key")
    refused(ada.call("POST", "/api/v1/orders", body=body, key="short"), "Idempotency-Key")
    elsewhere = {**body, "address": {**HOME, "country": "ZZ"}}
    refused(ada.call("POST", "/api/v1/orders", body=elsewhere, key=str(uuid4())), "address.country")
    card_number = {**body, "address": {**HOME, "line2": "4242 4242 4242 4242"}}
    refused(ada.call("POST", "/api/v1/orders", body=card_number, key=str(uuid4())), "address.line2")
    sku = ada.call("GET", f"/api/v1/carts/{ada.cart_id}").json()["lines"][0]["sku"]
    ada.call("DELETE", f"/api/v1/carts/{ada.cart_id}/lines/{sku}")
    empty = ada.call("POST", "/api/v1/orders", body=body, key=str(uuid4()))
    refused(empty)
    assert empty.json()["type"] == "urn:mercato:problem:cart_empty"
    assert ada.call("GET", "/api/v1/orders").json()["items"] == []
