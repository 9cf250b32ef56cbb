"""Orders for staff, over HTTP."""

import asyncio
from uuid import UUID, uuid4

import pytest
from order_service.domain.saga_table import Trigger

STAFF = "/api/v1/staff/orders"
KEY = {"Idempotency-Key": "a-key-of-this-very-refund"}
OTHER_KEY = {"Idempotency-Key": "another-key-of-a-refund"}
PAID = (Trigger.STOCK_RESERVED, Trigger.AUTHORIZED, Trigger.STOCK_COMMITTED, Trigger.CAPTURED)
PARCEL = {"carrier": "Post", "tracking": "TR-4711"}
REFUND = {"amount": 500, "reason": "broken"}


@pytest.fixture
async def sam(door):
    return await door("sam")


@pytest.fixture
def reply(service, till):
    """The others answer about an order that was placed over HTTP."""

    async def reply(order: dict, *triggers: Trigger) -> None:
        await till.reply(await service.see_any_order(UUID(order["id"])), *triggers)

    return reply


@pytest.fixture
async def paid(ada, buy, reply) -> dict:
    order = await buy(ada)
    await reply(order, *PAID)
    return order


async def test_an_order_leaves_arrives_and_is_paid_back_in_parts(sam, ada, paid, reply, stored) -> None:
    path = f"{STAFF}/{paid['id']}"

    shipped = await sam.post(f"{path}/ship", json=PARCEL)
    assert (shipped.status_code, shipped.json()["state"]) == (200, "SHIPPED")
    assert (await sam.post(f"{path}/ship", json=PARCEL)).json() == shipped.json()
    arrived = await sam.post(f"{path}/deliver", json={})
    assert (arrived.status_code, arrived.json()["state"]) == (200, "DELIVERED")
    assert (await sam.post(f"{path}/deliver", json={})).json() == arrived.json()

    body = {
        "lines": [{"sku": "TEA-1", "quantity": 1}],
        "restock": [{"sku": "TEA-1", "quantity": 1}],
        "reason": "broken",
    }
    asked = await sam.post(f"{path}/refunds", json=body, headers=KEY)
    assert asked.status_code == 202
    refund = asked.json()["refund"]
    assert (refund["amount"], refund["outcome"], refund["restock"]) == (535, "OPEN", [{"sku": "TEA-1", "quantity": 1}])
    assert asked.json()["order"]["state"] == "REFUNDING"
    await reply(paid, Trigger.REFUNDED)

    rest = await sam.post(f"{path}/refunds", json={"reason": "all of it"}, headers=OTHER_KEY)
    assert rest.json()["refund"]["amount"] == paid["total"] - 535
    await reply(paid, Trigger.REFUNDED)

    seen = (await ada.get(f"/api/v1/orders/{paid['id']}")).json()
    assert (seen["state"], seen["refunded"]) == ("REFUNDED", paid["total"])
    assert {**seen["shipment"], "at": None} == {**PARCEL, "at": None}
    assert [step["state"] for step in seen["history"]][-6:] == [
        "SHIPPED",
        "DELIVERED",
        "REFUNDING",
        "DELIVERED",
        "REFUNDING",
        "REFUNDED",
    ]
    assert [each["type"] for each in await stored("outbox")][-6:] == [
        "OrderShipped.v1",
        "RefundPayment.v1",
        "OrderRefunded.v1",
        "ReturnStock.v1",
        "RefundPayment.v1",
        "OrderRefunded.v1",
    ]


async def test_staff_sees_every_step_and_refund_of_anybodys_order(sam, paid, reply) -> None:
    path = f"{STAFF}/{paid['id']}"
    await sam.post(f"{path}/refunds", json=REFUND, headers=KEY)

    seen = (await sam.get(path)).json()

    assert (seen["state"], seen["came_from"], seen["awaits"]) == ("REFUNDING", "CONFIRMED", ["refund_payment"])
    assert [(each["version"], each["trigger"]) for each in seen["transitions"]] == [
        (1, "placed"),
        (2, "StockReserved"),
        (3, "PaymentAuthorized"),
        (4, "StockCommitted"),
        (5, "PaymentCaptured"),
        (6, "refund"),
    ]
    [refund] = seen["refunds"]
    assert (refund["amount"], refund["reason"], refund["outcome"]) == (500, "broken", "OPEN")
    assert refund["by"] == "0190a000-0000-7000-8000-00000000005a"
    assert seen["user_id"] == "0190a000-0000-7000-8000-000000000001"


async def test_the_same_key_gives_back_once_and_answers_alike_for_ever(sam, paid, reply, stored, refused) -> None:
    path = f"{STAFF}/{paid['id']}/refunds"

    answers = await asyncio.gather(*(sam.post(path, json=REFUND, headers=KEY) for _ in range(10)))
    await sam.post(f"{STAFF}/{paid['id']}/ship", json=PARCEL)
    await reply(paid, Trigger.REFUNDED)
    answers.append(await sam.post(path, json=REFUND, headers=KEY))

    assert {each.status_code for each in answers} == {202}
    assert len({each.content for each in answers}) == 1
    assert [each.headers.get("idempotent-replayed") for each in answers].count("true") == 10
    assert [each["type"] for each in await stored("outbox")].count("RefundPayment.v1") == 1
    other = await sam.post(path, json={**REFUND, "amount": 501}, headers=KEY)
    refused(other, 422, "idempotency_key_reused", "Idempotency-Key")


async def test_staff_cancels_in_its_own_name(sam, ada, paid, refused) -> None:
    path = f"{STAFF}/{paid['id']}/cancel"
    refused(await sam.post(path, json={}), 400, "idempotency_key_missing", "Idempotency-Key")

    answer = await sam.post(path, json={}, headers=KEY)
    again = await sam.post(path, json={}, headers=KEY)

    assert (answer.status_code, answer.json()["state"], answer.json()["cancel_reason"]) == (202, "CANCELLING", "STAFF")
    assert (again.content, again.headers["idempotent-replayed"]) == (answer.content, "true")
    refused(await ada.post(f"/api/v1/orders/{paid['id']}/cancel", json={}, headers=KEY), 409, "order_over")


async def test_what_can_not_be_done_now_is_refused_and_changes_nothing(sam, ada, buy, paid, stored, refused) -> None:
    fresh = f"{STAFF}/{(await buy(ada))['id']}"
    path = f"{STAFF}/{paid['id']}"
    before = await stored()

    refused(await sam.post(f"{fresh}/ship", json=PARCEL), 409, "order_not_shippable")
    refused(await sam.post(f"{fresh}/deliver", json={}), 409, "order_not_deliverable")
    refused(await sam.post(f"{fresh}/refunds", json=REFUND, headers=KEY), 409, "order_not_refundable")
    too_much = {**REFUND, "amount": paid["total"] + 1}
    refused(await sam.post(f"{path}/refunds", json=too_much, headers=KEY), 422, "refund_too_much", "amount")
    tea = [{"sku": "TEA-1", "quantity": 1}]
    early = await sam.post(f"{path}/refunds", json={**REFUND, "restock": tea}, headers=KEY)
    refused(early, 409, "goods_not_shipped", "restock")
    cup = {"lines": [{"sku": "CUP-2", "quantity": 1}], "reason": "broken"}
    refused(await sam.post(f"{path}/refunds", json=cup, headers=KEY), 422, "not_bought", "lines.CUP-2")
    refused(await sam.post(f"{path}/refunds", json=REFUND), 400, "idempotency_key_missing", "Idempotency-Key")

    assert await stored() == before


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"reason": "x", "amount": 0}, "amount"),
        ({"reason": "x", "amount": "5"}, "amount"),
        ({"reason": "x", "amount": 1.5}, "amount"),
        ({"reason": "x", "amount": 2**60}, "amount"),
        ({"amount": 1}, "reason"),
        ({"amount": 1, "reason": " "}, "reason"),
        ({"reason": "x", "amount": 1, "lines": [{"sku": "TEA-1", "quantity": 1}]}, "body"),
        ({"reason": "x", "amount": None}, "body"),
        ({"reason": "x", "lines": []}, "lines"),
        ({"reason": "x", "lines": [{"sku": "tea", "quantity": 1}]}, "lines.0.sku"),
        ({"reason": "x", "restock": [{"sku": "TEA-1", "quantity": 0}]}, "restock.0.quantity"),
        ({"reason": "x", "refund_id": "mine"}, "refund_id"),
    ],
    ids=str,
)
async def test_a_bad_refund_is_refused_by_field(sam, refused, body, field) -> None:
    refused(await sam.post(f"{STAFF}/{uuid4()}/refunds", json=body, headers=KEY), 422, "invalid_request", field)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"carrier": "Post"}, "tracking"),
        ({"carrier": "Post", "tracking": "a b"}, "tracking"),
        ({"carrier": "", "tracking": "TR-1"}, "carrier"),
        ({"carrier": "x" * 61, "tracking": "TR-1"}, "carrier"),
        ({**PARCEL, "at": "now"}, "at"),
    ],
    ids=str,
)
async def test_a_bad_parcel_is_refused_by_field(sam, refused, body, field) -> None:
    refused(await sam.post(f"{STAFF}/{uuid4()}/ship", json=body), 422, "invalid_request", field)


async def test_only_staff_comes_in_and_customers_are_not_told_what_is_there(
    ada, anybody, paid, stored, refused
) -> None:
    before = await stored()
    path = f"{STAFF}/{paid['id']}"
    asked = [
        ("GET", STAFF, None),
        ("GET", path, None),
        ("POST", f"{path}/ship", PARCEL),
        ("POST", f"{path}/deliver", {}),
        ("POST", f"{path}/refunds", REFUND),
        ("POST", f"{path}/cancel", {}),
    ]

    for method, url, body in asked:
        refused(await ada.request(method, url, json=body, headers=KEY), 403, "forbidden")
        refused(await anybody.request(method, url, json=body, headers=KEY), 401, "not_signed_in")

    assert await stored() == before


async def test_a_missing_order_is_missing_for_staff_too(sam, refused) -> None:
    path = f"{STAFF}/{uuid4()}"

    refused(await sam.get(path), 404, "order_not_found")
    refused(await sam.post(f"{path}/ship", json=PARCEL), 404, "order_not_found")
    refused(await sam.post(f"{path}/deliver", json={}), 404, "order_not_found")
    refused(await sam.post(f"{path}/refunds", json=REFUND, headers=KEY), 404, "order_not_found")
    refused(await sam.post(f"{path}/cancel", json={}, headers=KEY), 404, "order_not_found")


@pytest.mark.parametrize("sort", ["newest", "oldest"])
async def test_everybodys_orders_page_by_page(sam, ada, bob, buy, clock, sort) -> None:
    orders = []
    for buyer in (ada, bob, ada, bob, ada):
        orders.append(await buy(buyer))
        clock.move(seconds=1)

    ids, cursor = [], ""
    while cursor is not None:
        page = (await sam.get(f"{STAFF}?sort={sort}&limit=2{cursor and f'&cursor={cursor}'}")).json()
        ids += [each["id"] for each in page["items"]]
        cursor = page["next_cursor"]

    expected = [each["id"] for each in orders]
    assert ids == (expected if sort == "oldest" else expected[::-1])


async def test_orders_are_found_by_what_is_known_of_them(sam, ada, bob, buy, paid, clock) -> None:
    clock.move(hours=1)
    other = await buy(bob)
    clock.move(minutes=2)

    async def found(query: str) -> list[str]:
        answer = await sam.get(f"{STAFF}?sort=oldest&{query}")
        assert answer.status_code == 200
        return [each["id"] for each in answer.json()["items"]]

    assert await found("state=CONFIRMED") == [paid["id"]]
    assert await found("customer=0190a000-0000-7000-8000-000000000002") == [other["id"]]
    assert await found(f"number={paid['number']}") == [paid["id"]]
    assert await found("placed_from=2026-11-01T12:30:00Z") == [other["id"]]
    assert await found("placed_to=2026-11-01T14:30:00%2B02:00") == [paid["id"]]
    assert await found("overdue=true") == [other["id"]]
    assert await found("needs_review=true") == []
    assert await found("needs_review=false") == [paid["id"], other["id"]]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("state=GONE", "state"),
        ("customer=ada", "customer"),
        ("number=7", "number"),
        ("number=M-7K3Q-92TD%00", "number"),
        ("placed_from=yesterday", "placed_from"),
        ("placed_from=2026-11-01T12:30:00", "placed_from"),
        ("placed_to=0001-01-01T00:00:00%2B14:00", "placed_to"),
        ("placed_to=9999-12-31T23:59:59-14:00", "placed_to"),
        ("sort=price", "sort"),
        ("overdue=perhaps", "overdue"),
        ("page=2", "page"),
    ],
)
async def test_a_bad_query_is_refused_by_field(sam, refused, query, field) -> None:
    refused(await sam.get(f"{STAFF}?{query}"), 422, "invalid_request", field)


async def test_a_cursor_is_good_for_its_own_sorting_and_must_be_ours(sam, ada, buy, refused) -> None:
    for _ in range(2):
        await buy(ada)
    cursor = (await sam.get(f"{STAFF}?limit=1")).json()["next_cursor"]

    assert (await sam.get(f"{STAFF}?cursor={cursor}")).status_code == 200
    refused(await sam.get(f"{STAFF}?sort=oldest&cursor={cursor}"), 422, "invalid_cursor", "cursor")
    # ["staff-orders-newest", 2**62, "x"]: no time, and no order.
    refused(
        await sam.get(f"{STAFF}?cursor=WyJzdGFmZi1vcmRlcnMtbmV3ZXN0Iiw0NjExNjg2MDE4NDI3Mzg3OTA0LCJ4Il0"),
        422,
        "invalid_cursor",
        "cursor",
    )


async def test_staff_sees_what_an_order_has_said(sam, ada, paid, refused) -> None:
    path = f"{STAFF}/{paid['id']}/messages"

    said = (await sam.get(path)).json()["items"]

    assert [each["name"] for each in said if each["name"] != "OrderProgressed"] == [
        "ReserveStock",
        "AuthorizePayment",
        "CommitStock",
        "CapturePayment",
        "OrderConfirmed",
    ]
    first = said[0]
    assert (first["exchange"], first["lane"], first["attempts"]) == ("product.commands", "saga", 0)
    assert (first["first_sent_at"], first["published_at"]) == (None, None)
    refused(await sam.get(f"{STAFF}/{uuid4()}/messages"), 404, "order_not_found")
    refused(await ada.get(path), 403, "forbidden")
