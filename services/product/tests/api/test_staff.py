"""Products and stock over HTTP, for staff."""

from typing import Any
from uuid import uuid4

import httpx2
import pytest
from product_service.adapters.seed_catalogue import seed_catalogue
from product_service.domain.product import CURRENCIES

from ..conftest import signed_in
from .answers import fields, slug

PRODUCTS, STOCK = "/api/v1/staff/products", "/api/v1/staff/stock"
PRICES = {"EUR": 1000, "USD": 1100, "GBP": 900, "JPY": 1600}
POT = {
    "slug": "great-pot",
    "name": "Great pot",
    "brand": "Anvil",
    "category": "kitchen",
    "description": "Holds soup for twelve.",
    "attributes": {"material": "steel"},
    "tags": ["large"],
    "variants": [{"sku": "POT-L", "options": {"size": "L"}, "prices": PRICES}],
}
GARBAGE: list[Any] = [None, -1, 2**63, 1.5, "", "\u0000", "x" * 5000, [], {}, True, {"$ne": None}]

NOBODY = "0190a000-0000-7000-8000-00000000dead"
DOORS: list[tuple[str, str, Any]] = [
    ("GET", PRODUCTS, None),
    ("POST", PRODUCTS, POT),
    ("GET", f"{PRODUCTS}/{NOBODY}", None),
    ("PATCH", f"{PRODUCTS}/{NOBODY}", {"version": 1, "name": "Mine"}),
    ("DELETE", f"{PRODUCTS}/{NOBODY}", None),
    ("GET", f"{STOCK}/POT-L", None),
    ("GET", f"/api/v1/staff/holds/{NOBODY}", None),
    ("POST", f"{STOCK}/POT-L/adjustments", {"kind": "restock", "quantity": 1, "reason": "greed"}),
]
BAD_VARIANTS: list[dict[str, Any]] = [
    {"sku": "POT-L"},
    {"prices": PRICES},
    {"sku": "pot l", "prices": PRICES},
    {"sku": "POT-L", "prices": {}},
    {"sku": "POT-L", "prices": {name: PRICES[name] for name in CURRENCIES if name != "JPY"}},
    {"sku": "POT-L", "prices": {**PRICES, "CHF": 1}},
    {"sku": "POT-L", "prices": {**PRICES, "EUR": -1}},
    {"sku": "POT-L", "prices": {**PRICES, "EUR": 9.5}},
    {"sku": "POT-L", "prices": {**PRICES, "EUR": "10"}},
    {"sku": "POT-L", "prices": {**PRICES, "EUR": True}},
    {"sku": "POT-L", "prices": {**PRICES, "EUR": 2**31}},
    {"sku": "POT-L", "prices": PRICES, "options": {"": "x"}},
    {"sku": "POT-L", "prices": PRICES, "options": {"size": 5}},
    {"sku": "POT-L", "prices": PRICES, "colour": "red"},
]
NO_CHANGES: list[tuple[dict[str, Any], str]] = [
    ({"name": "No version"}, "version"),
    ({"version": 1}, "body"),
    ({"version": 1, "name": None}, "body"),
    ({"version": "1", "name": "Text"}, "version"),
    ({"version": True, "name": "Truth"}, "version"),
    ({"version": 0, "name": "Nothing"}, "version"),
    ({"version": 1, "slug": "other"}, "slug"),
    ({"version": 1, "archived": True}, "archived"),
    ({"version": 1, "popularity": 9}, "popularity"),
    ({"version": 1, "name": ""}, "name"),
    ({"version": 1, "category": "attic"}, "category"),
]
BAD_ADJUSTMENTS: list[tuple[dict[str, Any], str]] = [
    ({"quantity": 0}, "quantity"),
    ({"quantity": -1}, "quantity"),
    ({"quantity": 1.0}, "quantity"),
    ({"quantity": "1"}, "quantity"),
    ({"quantity": True}, "quantity"),
    ({"quantity": 2**31}, "quantity"),
    ({"quantity": 10**9, "kind": "adjust"}, "quantity"),
    ({"kind": "sale"}, "kind"),
    ({"kind": None}, "kind"),
    ({"reason": ""}, "reason"),
    ({"reason": "   "}, "reason"),
    ({"reason": "\u0000"}, "reason"),
    ({"reason": "x" * 201}, "reason"),
    ({"by": "me"}, "by"),
]


@pytest.fixture
async def staff(client: httpx2.AsyncClient) -> httpx2.AsyncClient:
    client.headers.update(signed_in("support"))
    return client


@pytest.fixture
async def pot(staff: httpx2.AsyncClient) -> dict[str, Any]:
    answer = await staff.post(PRODUCTS, json=POT)
    assert answer.status_code == 201, answer.text
    return answer.json()


def a_key() -> dict[str, str]:
    return {"Idempotency-Key": str(uuid4())}


async def adjust(staff: httpx2.AsyncClient, sku: str = "POT-L", *, key: dict[str, str] | None = None, **body: Any):
    sent = {"kind": "restock", "quantity": 5, "reason": "a delivery", **body}
    return await staff.post(f"{STOCK}/{sku}/adjustments", json=sent, headers=key or a_key())


async def on_hand(staff: httpx2.AsyncClient, sku: str = "POT-L") -> int:
    return (await staff.get(f"{STOCK}/{sku}")).json()["on_hand"]


async def test_these_doors_are_for_staff_alone(client: httpx2.AsyncClient) -> None:
    for method, path, body in DOORS:
        for headers, status in (({}, 401), (signed_in("forged"), 401), (signed_in("customer"), 403)):
            answer = await client.request(method, path, headers={**headers, **a_key()}, json=body)
            assert answer.status_code == status, (method, path)
            assert slug(answer) == {401: "not_signed_in", 403: "forbidden"}[status]
    assert (await client.get("/api/v1/products/great-pot")).status_code == 404

    for role in ("support", "admin"):
        for method, path, body in DOORS:
            answer = await client.request(method, path, headers={**signed_in(role), **a_key()}, json=body)
            assert answer.status_code not in {401, 403}, (method, path)


async def test_a_new_product_is_in_the_shop_with_nothing_in_stock(staff: httpx2.AsyncClient, pot: Any) -> None:
    assert {name: pot[name] for name in POT} == POT
    assert (pot["version"], pot["archived"], pot["popularity"]) == (1, False, 0)
    assert (await staff.get(f"{PRODUCTS}/{pot['id']}")).json() == pot

    shown = (await staff.get("/api/v1/products/great-pot")).json()
    assert (shown["id"], shown["in_stock"], shown["variants"][0]["available"]) == (pot["id"], False, 0)
    newest = (await staff.get("/api/v1/products?limit=1")).json()["items"]
    assert [each["slug"] for each in newest] == ["great-pot"]


async def test_a_taken_slug_or_sku_or_an_unknown_category_is_refused_by_name(staff: httpx2.AsyncClient, pot) -> None:
    same_slug = await staff.post(PRODUCTS, json={**POT, "variants": [{"sku": "NEW-1", "prices": PRICES}]})
    same_sku = await staff.post(PRODUCTS, json={**POT, "slug": "other-pot"})
    nowhere = await staff.post(PRODUCTS, json={**POT, "slug": "other-pot", "category": "attic"})

    assert (same_slug.status_code, slug(same_slug)) == (409, "slug_taken")
    assert [each["field"] for each in same_slug.json()["errors"]] == ["slug"]
    assert (same_sku.status_code, slug(same_sku)) == (409, "sku_taken")
    assert [each["field"] for each in same_sku.json()["errors"]] == ["variants"]
    assert (fields(nowhere), slug(nowhere)) == (["category"], "unknown_category")
    assert (await staff.get("/api/v1/products/other-pot")).status_code == 404
    assert (await staff.get(f"{STOCK}/NEW-1")).status_code == 404


async def test_a_changed_price_is_seen_by_everybody(staff: httpx2.AsyncClient, pot: Any) -> None:
    dearer = {**PRICES, "EUR": 1200}
    new = {"sku": "POT-M", "options": {}, "prices": {**PRICES, "EUR": 800}}
    changed = await staff.patch(
        f"{PRODUCTS}/{pot['id']}", json={"version": 1, "variants": [{"sku": "POT-L", "prices": dearer}, new]}
    )

    assert changed.status_code == 200
    assert changed.json() == {**pot, "version": 2, "variants": [{"sku": "POT-L", "options": {}, "prices": dearer}, new]}
    shown = (await staff.get("/api/v1/products/great-pot")).json()
    assert shown["price"] == {"amount": 800, "currency": "EUR"}
    assert [each["price"]["amount"] for each in shown["variants"]] == [1200, 800]


async def test_who_has_not_seen_the_last_change_is_told(staff: httpx2.AsyncClient, pot: Any) -> None:
    await staff.patch(f"{PRODUCTS}/{pot['id']}", json={"version": 1, "name": "Greater pot"})

    late = await staff.patch(f"{PRODUCTS}/{pot['id']}", json={"version": 1, "name": "Smaller pot"})

    assert (late.status_code, slug(late), late.json()["version"]) == (409, "product_changed", 2)
    assert (await staff.get(f"{PRODUCTS}/{pot['id']}")).json()["name"] == "Greater pot"


async def test_what_is_archived_is_out_of_the_shop_and_stays_as_it_is(staff: httpx2.AsyncClient, pot: Any) -> None:
    first = await staff.delete(f"{PRODUCTS}/{pot['id']}")
    again = await staff.delete(f"{PRODUCTS}/{pot['id']}")
    change = await staff.patch(f"{PRODUCTS}/{pot['id']}", json={"version": 2, "name": "Back"})

    assert (first.status_code, first.json()) == (200, {**pot, "archived": True, "version": 2})
    assert (again.status_code, again.json()) == (200, first.json())
    assert (change.status_code, slug(change)) == (409, "product_archived")
    assert (await staff.get("/api/v1/products/great-pot")).status_code == 404
    assert (await staff.get(f"{PRODUCTS}/{pot['id']}")).json()["archived"] is True
    assert (await staff.get("/api/v1/pictures/great-pot.svg")).status_code == 200


async def test_a_product_that_is_not_there_is_not_found(staff: httpx2.AsyncClient) -> None:
    path = f"{PRODUCTS}/{uuid4()}"

    for answer in (
        await staff.get(path),
        await staff.delete(path),
        await staff.patch(path, json={"version": 1, "name": "Nothing"}),
    ):
        assert (answer.status_code, slug(answer)) == (404, "product_not_found")
    assert fields(await staff.get(f"{PRODUCTS}/no-uuid")) == ["product_id"]


async def test_garbage_in_a_new_product_is_refused_by_name(staff: httpx2.AsyncClient) -> None:
    may_be_empty = {"attributes": [{}], "tags": [[]]}
    for name in POT:
        for rubbish in GARBAGE:
            if rubbish in may_be_empty.get(name, []):
                continue
            answer = await staff.post(PRODUCTS, json={**POT, name: rubbish})
            assert any(each == name or each.startswith(f"{name}.") for each in fields(answer)), (rubbish, answer.text)
    assert (await staff.get("/api/v1/products/great-pot")).status_code == 404


async def test_garbage_in_a_variant_is_refused(staff: httpx2.AsyncClient) -> None:
    for variant in BAD_VARIANTS:
        answer = await staff.post(PRODUCTS, json={**POT, "variants": [variant]})
        assert all(each.startswith("variants.0") for each in fields(answer)), answer.text


async def test_a_product_has_each_sku_once_and_no_end_of_variants(staff: httpx2.AsyncClient, pot: Any) -> None:
    many = [{"sku": f"POT-{n}", "prices": PRICES} for n in range(50)]

    twice = await staff.post(PRODUCTS, json={**POT, "slug": "p2", "variants": [many[0], many[0]]})
    too_many = await staff.post(PRODUCTS, json={**POT, "slug": "p2", "variants": [*many, {**many[0], "sku": "POT-50"}]})
    grown = await staff.patch(f"{PRODUCTS}/{pot['id']}", json={"version": 1, "variants": many})

    assert (fields(twice), fields(too_many)) == (["variants"], ["variants"])
    assert (fields(grown), slug(grown)) == (["variants"], "too_many_variants")


async def test_a_change_that_is_none_is_refused_by_name(staff: httpx2.AsyncClient, pot: Any) -> None:
    for body, field in NO_CHANGES:
        assert fields(await staff.patch(f"{PRODUCTS}/{pot['id']}", json=body)) == [field], body
    assert (await staff.get(f"{PRODUCTS}/{pot['id']}")).json() == pot


async def test_a_delivery_can_be_bought_and_the_ledger_says_where_it_came_from(staff, pot) -> None:
    done = await adjust(staff, quantity=5, reason="a delivery")
    counted = await adjust(staff, kind="adjust", quantity=-2, reason="broken")

    assert (done.status_code, done.json()) == (201, {"sku": "POT-L", "on_hand": 5, "reserved": 0, "available": 5})
    assert counted.json()["on_hand"] == 3
    history = (await staff.get(f"{STOCK}/POT-L")).json()
    assert (history["sku"], history["on_hand"], history["available"]) == ("POT-L", 3, 3)
    assert [(row["kind"], row["quantity"], row["reason"], row["on_hand"]) for row in history["ledger"]] == [
        ("adjust", -2, "broken", 3),
        ("restock", 5, "a delivery", 5),
    ]
    assert (await staff.get("/api/v1/products/great-pot")).json()["in_stock"] is True


async def test_a_repeated_adjustment_happens_once(staff: httpx2.AsyncClient, pot: Any) -> None:
    key = a_key()
    first = await adjust(staff, key=key)
    await adjust(staff, quantity=10)

    again = await adjust(staff, key=key)
    other = await adjust(staff, key=key, quantity=6)

    assert (again.status_code, again.json()) == (201, first.json())
    assert again.headers["idempotent-replayed"] == "true"
    assert "idempotent-replayed" not in first.headers
    assert (fields(other), slug(other)) == (["Idempotency-Key"], "idempotency_key_reused")
    assert await on_hand(staff) == 15


async def test_no_more_is_taken_away_than_there_is(staff: httpx2.AsyncClient, pot: Any) -> None:
    await adjust(staff, quantity=5)

    answer = await adjust(staff, kind="adjust", quantity=-6)

    assert (answer.status_code, slug(answer)) == (409, "not_enough_stock")
    assert (answer.json()["on_hand"], answer.json()["reserved"]) == (5, 0)
    assert await on_hand(staff) == 5


async def test_garbage_in_an_adjustment_is_refused_by_name(staff: httpx2.AsyncClient, pot: Any) -> None:
    await adjust(staff, quantity=5)

    for body, field in BAD_ADJUSTMENTS:
        assert fields(await adjust(staff, **body)) == [field], body
    assert await on_hand(staff) == 5


async def test_an_adjustment_needs_a_key_and_a_sku_that_we_have(staff: httpx2.AsyncClient, pot: Any) -> None:
    body = {"kind": "restock", "quantity": 5, "reason": "a delivery"}

    without = await staff.post(f"{STOCK}/POT-L/adjustments", json=body)
    short = await adjust(staff, key={"Idempotency-Key": "short"})
    unknown = await adjust(staff, "NOPE-1")

    assert (without.status_code, slug(without)) == (400, "idempotency_key_missing")
    assert fields(short) == ["Idempotency-Key"]
    assert (unknown.status_code, slug(unknown)) == (404, "sku_not_found")
    assert (await staff.get(f"{STOCK}/NOPE-1")).status_code == 404
    assert fields(await staff.get(f"{STOCK}/no%00sku")) == ["sku"]


async def test_staff_sees_what_an_order_has_of_our_stock(client: httpx2.AsyncClient, service) -> None:
    order, sku = uuid4(), seed_catalogue().products[0][0].variants[0].sku
    await service.reserve_stock(order_id=order, lines=[(sku, 2)])
    await service.commit_stock(order_id=order)

    answer = await client.get(f"/api/v1/staff/holds/{order}", headers=signed_in("support"))

    assert answer.status_code == 200
    seen = answer.json()
    assert (seen["order_id"], seen["state"], seen["missing"]) == (str(order), "COMMITTED", [])
    assert seen["lines"] == [{"sku": sku, "quantity": 2}]
    assert [(each["sku"], each["kind"], each["quantity"]) for each in seen["booked"]] == [(sku, "sale", -2)]
    unknown = await client.get(f"/api/v1/staff/holds/{uuid4()}", headers=signed_in("support"))
    assert (unknown.status_code, slug(unknown)) == (404, "hold_not_found")


async def test_staff_lists_products_with_their_stock_page_by_page(client: httpx2.AsyncClient) -> None:
    staff = signed_in("support")
    await client.post(PRODUCTS, json=POT, headers=staff)
    key = {"Idempotency-Key": "a-key-of-this-delivery"}
    await client.post(
        f"{STOCK}/POT-L/adjustments", json={"kind": "restock", "quantity": 7, "reason": "came"}, headers=staff | key
    )

    first = (await client.get(PRODUCTS, params={"limit": 1}, headers=staff)).json()
    second = (await client.get(PRODUCTS, params={"limit": 1, "cursor": first["next_cursor"]}, headers=staff)).json()

    [pot] = first["items"]
    assert (pot["slug"], pot["version"], pot["archived"]) == ("great-pot", 1, False)
    assert pot["picture"] == "/api/v1/pictures/great-pot.svg"
    assert pot["variants"] == [
        {"sku": "POT-L", "options": {"size": "L"}, "prices": PRICES, "on_hand": 7, "reserved": 0}
    ]
    assert second["items"][0]["id"] < pot["id"]
    found = (await client.get(PRODUCTS, params={"q": "great pot"}, headers=staff)).json()["items"]
    assert "great-pot" in [each["slug"] for each in found]
    assert (await client.get(PRODUCTS, params={"archived": "true"}, headers=staff)).json()["items"] == []
    other = await client.get(PRODUCTS, params={"archived": "true", "cursor": first["next_cursor"]}, headers=staff)
    assert (fields(other), slug(other)) == (["cursor"], "invalid_cursor")
