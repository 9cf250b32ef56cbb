"""Checkout over HTTP."""

import asyncio
from dataclasses import replace
from uuid import UUID

import httpx2
import pytest
from order_service.domain.saga_table import Trigger
from order_service.settings import OrderSettings

ORDERS = "/api/v1/orders"
CARD = "0190a000-0000-7000-8000-0000000000cc"
SHOP = "http://localhost:8080/back"


def back_to(url: str) -> dict:
    return {"payment": {"hosted": {"return_url": url}}}


KEY = {"Idempotency-Key": "a-key-of-this-very-wish"}
OTHER_KEY = {"Idempotency-Key": "another-key-of-another-wish"}


async def test_an_order_is_accepted_with_a_place_to_follow_it(ada, form, stored) -> None:
    answer = await ada.post(ORDERS, json=await form(ada, TEA_1=2, CUP_2=1), headers=KEY)

    assert answer.status_code == 202
    order = answer.json()
    assert answer.headers["location"] == f"/api/v1/orders/{order['id']}"
    assert "idempotent-replayed" not in answer.headers
    assert (order["state"], order["currency"]) == ("PENDING", "EUR")
    assert (order["subtotal"], order["shipping"], order["tax"], order["discount"]) == (2150, 490, 502, 0)
    assert (order["total"], order["refunded"]) == (3142, 0)
    assert order["lines"][0] == {"sku": "TEA-1", "name": "A TEA-1", "quantity": 2, "unit_price": 450, "total": 900}
    assert order["address"]["line2"] is None
    assert [step["state"] for step in order["history"]] == ["PENDING"]
    assert (await ada.get(answer.headers["location"])).json() == order
    [fact] = await stored()
    assert (fact["id"], fact["number"], fact["total"]) == (order["id"], order["number"], 3142)
    assert [each["type"] for each in await stored("outbox")] == ["ReserveStock.v1"]


async def test_the_same_key_again_gets_the_very_same_body(ada, form, till, service, stored) -> None:
    body = await form(ada)
    first = await ada.post(ORDERS, json=body, headers=KEY)
    await till.reply(await placed(service, first), Trigger.STOCK_RESERVED, Trigger.DECLINED)

    again = await ada.post(ORDERS, json=body, headers=KEY)

    assert (again.status_code, again.headers["idempotent-replayed"]) == (202, "true")
    assert again.json() == first.json()
    assert again.headers["location"] == first.headers["location"]
    assert len(await stored()) == 1


async def placed(service, answer: httpx2.Response):
    found = await service.place_order.orders.any(UUID(answer.json()["id"]))
    assert found is not None
    return found


async def test_fifty_at_once_with_one_key_are_one_order_and_one_answer(ada, form, stored) -> None:
    body = await form(ada)

    answers = await asyncio.gather(*(ada.post(ORDERS, json=body, headers=KEY) for _ in range(50)))

    assert {each.status_code for each in answers} == {202}
    assert len({each.content for each in answers}) == 1
    assert [each.headers.get("idempotent-replayed") for each in answers].count("true") == 49
    assert len(await stored()) == len(await stored("outbox")) == 1


async def test_two_tabs_with_two_keys_buy_once(ada, form, stored, refused) -> None:
    body = await form(ada)

    answers = await asyncio.gather(*(ada.post(ORDERS, json=body, headers=key) for key in (KEY, OTHER_KEY)))

    won, lost = sorted(answers, key=lambda each: each.status_code)
    assert won.status_code == 202
    refused(lost, 409, "cart_already_ordered")
    assert lost.json()["order_id"] == won.json()["id"]
    assert len(await stored()) == 1


async def test_the_same_key_with_another_body_is_refused(ada, form, stored, refused) -> None:
    body = await form(ada)
    await ada.post(ORDERS, json=body, headers=KEY)

    answer = await ada.post(ORDERS, json={**body, "quote_hash": "0" * 64}, headers=KEY)

    refused(answer, 422, "idempotency_key_reused", "Idempotency-Key")
    assert len(await stored()) == 1


async def test_the_order_of_members_and_spaces_is_not_another_body(ada, form) -> None:
    body = await form(ada)
    first = await ada.post(ORDERS, json=body, headers=KEY)
    turned = {**dict(reversed(body.items())), "address": {**body["address"], "city": "  Berlin "}}

    again = await ada.post(ORDERS, json=turned, headers=KEY)

    assert (again.status_code, again.json()) == (202, first.json())


@pytest.mark.parametrize("key", ["short", "x" * 256, "a key with spaces in it", "ä" * 20])
async def test_a_bad_key_is_named(ada, form, stored, refused, key) -> None:
    answer = await ada.post(ORDERS, json=await form(ada), headers={"Idempotency-Key": key.encode()})

    refused(answer, 422, "invalid_request", "Idempotency-Key")
    assert await stored() == []


async def test_a_missing_key_is_named(ada, form, stored, refused) -> None:
    refused(await ada.post(ORDERS, json=await form(ada)), 400, "idempotency_key_missing", "Idempotency-Key")

    assert await stored() == []


async def test_nobody_buys_without_signing_in(anybody, ada, door, form, stored, refused) -> None:
    body = await form(ada)

    refused(await anybody.post(ORDERS, json=body, headers=KEY), 401, "not_signed_in")
    refused(await (await door("mallory")).post(ORDERS, json=body, headers=KEY), 401, "not_signed_in")
    assert await stored() == []


async def test_nobody_buys_a_strangers_or_an_anonymous_cart(anybody, ada, bob, form, stored, refused) -> None:
    hers = await form(ada)
    anonymous = await form(anybody)

    for body in (hers, anonymous):
        refused(await bob.post(ORDERS, json=body, headers=KEY), 404, "cart_not_found")
    assert await stored() == []


async def test_a_changed_price_answers_with_the_new_quote(ada, form, shelf, stored, refused) -> None:
    body = await form(ada)
    shelf.prices["TEA-1"] = 500

    answer = await ada.post(ORDERS, json=body, headers=KEY)

    refused(answer, 409, "price_changed")
    quote = answer.json()["quote"]
    assert (quote["subtotal"], quote["lines"][0]["unit_price"]) == (1000, 500)
    assert await stored() == await stored("outbox") == []
    agreed = await ada.post(ORDERS, json={**body, "quote_hash": quote["quote_hash"]}, headers=KEY)
    assert (agreed.status_code, agreed.json()["total"]) == (202, quote["total"])


HOME = {"name": "Ada", "line1": "A street 1", "city": "Berlin", "postal_code": "10117", "country": "DE"}


@pytest.mark.parametrize(
    ("change", "slug", "field"),
    [
        ({"address": {**HOME, "country": "ZZ"}}, "unknown_country", "address.country"),
        ({"address": {**HOME, "country": "Germany"}}, "invalid_request", "address.country"),
        ({"address": {**HOME, "name": "4242 4242 4242 4242"}}, "card_number_in_address", "address.name"),
        ({"address": {**HOME, "line2": "4242424242424242"}}, "card_number_in_address", "address.line2"),
        ({"address": {**HOME, "postal_code": "4242424242424242"}}, "card_number_in_address", "address.postal_code"),
        ({"address": {**HOME, "phone": "4242 4242 4242 4242"}}, "card_number_in_address", "address.phone"),
        ({"address": {**HOME, "phone": "call me"}}, "invalid_request", "address.phone"),
        ({"address": {**HOME, "name": " "}}, "invalid_request", "address.name"),
        ({"address": {**HOME, "city": "x" * 201}}, "invalid_request", "address.city"),
        ({"address": {**HOME, "line1": "nul\x00"}}, "invalid_request", "address.line1"),
        ({"address": {**HOME, "planet": "Mars"}}, "invalid_request", "address.planet"),
        ({"address": None}, "invalid_request", "address"),
        ({"shipping_method": "pigeon"}, "unknown_shipping_method", "shipping_method"),
        ({"shipping_method": "Standard!"}, "invalid_request", "shipping_method"),
        ({"payment": {"method_id": "4242424242424242"}}, "invalid_request", "payment.method_id"),
        ({"payment": {"number": "4242"}}, "invalid_request", "payment.number"),
        ({"payment": {}}, "invalid_request", "payment"),
        ({"payment": {"method_id": None}}, "invalid_request", "payment"),
        ({"payment": {"method_id": CARD, "hosted": {"return_url": SHOP}}}, "invalid_request", "payment"),
        ({"payment": {"method_id": None, "hosted": {"return_url": SHOP}}}, "invalid_request", "payment"),
        ({"payment": {"hosted": {}}}, "invalid_request", "payment.hosted.return_url"),
        (
            {"payment": {"hosted": {"return_url": "javascript:alert(1)"}}},
            "invalid_request",
            "payment.hosted.return_url",
        ),
        ({"payment": {"hosted": {"return_url": SHOP + "x" * 500}}}, "invalid_request", "payment.hosted.return_url"),
        (
            {"payment": {"hosted": {"return_url": "https://evil.example/"}}},
            "return_url_not_ours",
            "payment.hosted.return_url",
        ),
        ({"quote_hash": "0" * 63}, "invalid_request", "quote_hash"),
        ({"quote_hash": None}, "invalid_request", "quote_hash"),
        ({"cart_id": 7}, "invalid_request", "cart_id"),
        ({"total": 1}, "invalid_request", "total"),
    ],
    ids=str,
)
async def test_a_bad_wish_is_refused_by_field_and_buys_nothing(ada, form, stored, refused, change, slug, field) -> None:
    body = await form(ada)

    answer = await ada.post(ORDERS, json={**body, **change}, headers=KEY)

    refused(answer, 422, slug, field)
    assert await stored() == await stored("outbox") == []


async def test_a_cart_that_became_empty_or_unsaleable_buys_nothing(ada, form, shelf, stored, refused) -> None:
    body = await form(ada)
    await ada.delete(f"/api/v1/carts/{body['cart_id']}/lines/TEA-1")
    refused(await ada.post(ORDERS, json=body, headers=KEY), 422, "cart_empty", "cart_id")

    body = await form(ada)
    del shelf.prices["TEA-1"]
    refused(await ada.post(ORDERS, json=body, headers=KEY), 422, "lines_not_for_sale", "lines.TEA-1")
    assert await stored() == []


@pytest.mark.parametrize(
    "trouble",
    [
        {"down": True},
        {"answers": httpx2.Response(500)},
        {"answers": httpx2.Response(503, headers={"Retry-After": "30"})},
        {"answers": httpx2.Response(422, json={"type": "urn:mercato:problem:invalid_request"})},
        {"answers": httpx2.Response(200, content=b"not json")},
        {"answers": httpx2.Response(200, json={"lines": [{"sku": "TEA-1"}]})},
    ],
    ids=["down", "500", "503", "refused", "garbage", "half an answer"],
)
async def test_without_product_the_customer_is_asked_to_come_back(ada, form, shelf, stored, refused, trouble) -> None:
    body = await form(ada)
    for name, value in trouble.items():
        setattr(shelf, name, value)

    answer = await ada.post(ORDERS, json=body, headers=KEY)

    refused(answer, 503, "unavailable")
    assert answer.headers["retry-after"] == "1"
    assert await stored() == await stored("outbox") == []
    shelf.down, shelf.answers = False, None
    assert (await ada.post(ORDERS, json=body, headers=KEY)).status_code == 202


async def test_who_pays_on_the_providers_page_is_told_where_until_it_is_paid(ada, form, till, service, stored) -> None:
    body = {**await form(ada), **back_to(SHOP)}
    answer = await ada.post(ORDERS, json=body, headers=KEY)
    assert (answer.status_code, answer.json()["payment_url"]) == (202, None)
    order = await placed(service, answer)
    assert (order.method_id, order.return_url) == (None, SHOP)

    await till.reply(order, Trigger.STOCK_RESERVED, Trigger.ACTION_REQUIRED)
    seen = (await ada.get(f"{ORDERS}/{order.id}?wait=10")).json()
    assert (seen["state"], seen["payment_url"]) == ("AWAITING_CUSTOMER", "https://pay.example/cs_1")
    assert (await ada.post(ORDERS, json=body, headers=KEY)).content == answer.content

    await till.reply(order, Trigger.AUTHORIZED)
    assert (await ada.get(f"{ORDERS}/{order.id}")).json()["payment_url"] is None


async def test_who_is_awaited_may_think_better_of_it(ada, form, till, service, stored) -> None:
    answer = await ada.post(ORDERS, json={**await form(ada), **back_to(SHOP)}, headers=KEY)
    order = await placed(service, answer)
    await till.reply(order, Trigger.STOCK_RESERVED, Trigger.ACTION_REQUIRED)

    cancelled = await ada.post(f"{ORDERS}/{order.id}/cancel", json={}, headers=OTHER_KEY)

    assert (cancelled.json()["state"], cancelled.json()["payment_url"]) == ("CANCELLING", None)
    assert [each["type"] for each in await stored("outbox")][-2:] == ["VoidPayment.v1", "ReleaseStock.v1"]


async def test_the_values_of_production_let_ten_checkouts_a_minute_through(
    ada, bob, form, service, refused, clock
) -> None:
    shipped = OrderSettings.model_fields
    gate = service.place_order.gate
    gate.each = replace(gate.each, amount=shipped["checkouts_per_minute"].default)
    gate.at_once = shipped["checkouts_at_once"].default
    statuses = []
    for n in range(11):
        body = await form(ada)
        answer = await ada.post(ORDERS, json=body, headers={"Idempotency-Key": f"a-key-of-wish-number-{n}"})
        statuses.append(answer.status_code)

    assert statuses == [202] * 10 + [429]
    refused(answer, 429, "too_many_checkouts")
    assert 1 <= int(answer.headers["retry-after"]) <= 60
    assert (await bob.post(ORDERS, json=await form(bob), headers=KEY)).status_code == 202
    clock.move(minutes=1)
    assert (await ada.post(ORDERS, json=body, headers=OTHER_KEY)).status_code == 202


async def test_a_full_shop_says_when_to_come_again(ada, form, service, refused, clock) -> None:
    service.place_order.gate.full_at = 1
    for n in range(2):
        await ada.post(ORDERS, json=await form(ada), headers={"Idempotency-Key": f"a-key-of-wish-number-{n}"})
        clock.move(seconds=5)

    answer = await ada.post(ORDERS, json=await form(ada), headers=KEY)

    refused(answer, 503, "shop_is_full")
    assert 1 <= int(answer.headers["retry-after"]) <= 5
