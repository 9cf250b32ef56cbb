"""Looking at orders and cancelling them over HTTP."""

import asyncio
from uuid import UUID, uuid4

import pytest
from order_service.domain.saga_table import Trigger

ORDERS = "/api/v1/orders"
KEY = {"Idempotency-Key": "a-key-to-cancel-with"}
OTHER_KEY = {"Idempotency-Key": "another-key-to-cancel-with"}
PAID = (Trigger.STOCK_RESERVED, Trigger.AUTHORIZED, Trigger.STOCK_COMMITTED, Trigger.CAPTURED)


@pytest.fixture
def reply(service, till):
    """The others answer about an order that was placed over HTTP."""

    async def reply(order: dict, *triggers: Trigger) -> None:
        found = await service.place_order.orders.any(UUID(order["id"]))
        await till.reply(found, *triggers)

    return reply


async def test_an_order_shows_how_it_came_where_it_is(ada, buy, reply) -> None:
    order = await buy(ada)
    await reply(order, *PAID)

    seen = (await ada.get(f"{ORDERS}/{order['id']}")).json()

    assert seen["state"] == "CONFIRMED"
    assert [step["state"] for step in seen["history"]] == [
        "PENDING",
        "RESERVED",
        "AUTHORIZED",
        "COMMITTED",
        "CONFIRMED",
    ]
    assert {**seen, "state": "PENDING", "history": order["history"]} == order


async def test_a_stranger_is_answered_like_for_a_missing_order(ada, bob, anybody, buy, stored, refused) -> None:
    order = await buy(ada)
    before = await stored()
    missing = await bob.get(f"{ORDERS}/{uuid4()}")

    answers = [
        missing,
        await bob.get(f"{ORDERS}/{order['id']}"),
        await bob.get(f"{ORDERS}/{order['id']}?wait=10"),
        await bob.post(f"{ORDERS}/{order['id']}/cancel", json={}, headers=KEY),
        await ada.post(f"{ORDERS}/{uuid4()}/cancel", json={}, headers=KEY),
    ]

    for answer in answers:
        refused(answer, 404, "order_not_found")
        assert {**answer.json(), "trace": None} == {**missing.json(), "trace": None}
    refused(await anybody.get(f"{ORDERS}/{order['id']}"), 401, "not_signed_in")
    refused(await anybody.get(ORDERS), 401, "not_signed_in")
    refused(await anybody.post(f"{ORDERS}/{order['id']}/cancel", json={}, headers=KEY), 401, "not_signed_in")
    assert [each["version"] for each in await stored()] == [each["version"] for each in before]


async def test_waiting_answers_when_it_is_settled_or_when_time_is_up(ada, buy, reply, clock, refused) -> None:
    order = await buy(ada)
    began = clock.now()
    assert (await ada.get(f"{ORDERS}/{order['id']}?wait=3")).json()["state"] == "PENDING"
    assert (clock.now() - began).total_seconds() == pytest.approx(3)

    await reply(order, Trigger.STOCK_REJECTED)
    began = clock.now()
    assert (await ada.get(f"{ORDERS}/{order['id']}?wait=10")).json()["cancel_reason"] == "OUT_OF_STOCK"
    assert clock.now() == began

    for wait in ("-1", "11", "soon", ""):
        refused(await ada.get(f"{ORDERS}/{order['id']}?wait={wait}"), 422, "invalid_request", "wait")


async def test_a_list_is_ones_own_newest_first_page_by_page(ada, bob, buy) -> None:
    orders = [await buy(ada) for _ in range(5)]
    await buy(bob)

    pages, cursor = [], ""
    while cursor is not None:
        page = (await ada.get(f"{ORDERS}?limit=2{cursor and f'&cursor={cursor}'}")).json()
        pages.append([each["id"] for each in page["items"]])
        cursor = page["next_cursor"]

    assert [len(page) for page in pages] == [2, 2, 1]
    assert [id_ for page in pages for id_ in page] == [order["id"] for order in reversed(orders)]
    assert (await ada.get(ORDERS)).json()["items"][0] == orders[-1]


@pytest.mark.parametrize(
    "cursor", ["x", "!!!", "W10", "WyJvcmRlcnMiLDddXQ", "WyJvcmRlcnMiLCJubyBpZCJd", "WyJwcm9kdWN0cyIsIjEiXQ", "%00"]
)
async def test_a_cursor_that_we_did_not_make_is_refused(ada, refused, cursor) -> None:
    refused(await ada.get(f"{ORDERS}?cursor={cursor}"), 422, "invalid_cursor", "cursor")


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=many", "limit"),
        ("page=2", "page"),
        ("limit=1&limit=2", "limit"),
    ],
)
async def test_a_bad_query_is_refused_by_field(ada, refused, query, field) -> None:
    refused(await ada.get(f"{ORDERS}?{query}"), 422, "invalid_request", field)


async def test_an_id_that_is_none_is_named(ada, refused) -> None:
    refused(await ada.get(f"{ORDERS}/mine"), 422, "invalid_request", "order_id")
    refused(await ada.post(f"{ORDERS}/mine/cancel", json={}, headers=KEY), 422, "invalid_request", "order_id")


async def test_cancelling_a_paid_order_brings_back_goods_and_money(ada, buy, reply, stored) -> None:
    order = await buy(ada)
    await reply(order, *PAID)

    answer = await ada.post(f"{ORDERS}/{order['id']}/cancel", json={}, headers=KEY)

    assert answer.status_code == 202
    assert "idempotent-replayed" not in answer.headers
    assert (answer.json()["state"], answer.json()["cancel_reason"]) == ("CANCELLING", "CUSTOMER")
    assert [each["type"] for each in await stored("outbox")][-2:] == ["RefundPayment.v1", "ReleaseStock.v1"]
    await reply(order, Trigger.REFUNDED, Trigger.STOCK_RELEASED)
    over = (await ada.get(f"{ORDERS}/{order['id']}?wait=10")).json()
    assert (over["state"], over["refunded"]) == ("CANCELLED", over["total"])


async def test_the_same_key_cancels_once_and_answers_alike_for_ever(ada, buy, reply, stored) -> None:
    order = await buy(ada)
    await reply(order, *PAID)
    path = f"{ORDERS}/{order['id']}/cancel"

    answers = await asyncio.gather(*(ada.post(path, json={}, headers=KEY) for _ in range(10)))
    await reply(order, Trigger.REFUNDED, Trigger.STOCK_RELEASED)
    answers.append(await ada.post(path, json={}, headers=KEY))

    assert {each.status_code for each in answers} == {202}
    assert len({each.content for each in answers}) == 1
    assert [each.headers.get("idempotent-replayed") for each in answers].count("true") == 10
    assert [each["type"] for each in await stored("outbox")].count("RefundPayment.v1") == 1


async def test_a_wish_to_cancel_while_money_is_taken_is_shown(ada, buy, reply) -> None:
    order = await buy(ada)
    await reply(order, *PAID[:3])

    answer = await ada.post(f"{ORDERS}/{order['id']}/cancel", json={}, headers=KEY)

    assert (answer.json()["state"], answer.json()["cancel_requested"]) == ("COMMITTED", True)
    assert [step["state"] for step in answer.json()["history"]][-1] == "COMMITTED"


async def test_what_is_over_can_not_be_cancelled(ada, buy, reply, stored, refused) -> None:
    order = await buy(ada)
    path = f"{ORDERS}/{order['id']}/cancel"
    await ada.post(path, json={}, headers=KEY)

    being_cancelled = await ada.post(path, json={}, headers=OTHER_KEY)
    refused(being_cancelled, 409, "order_over")
    assert being_cancelled.json()["state"] == "CANCELLING"

    await reply(order, Trigger.STOCK_RELEASED)
    over = await ada.post(path, json={}, headers=OTHER_KEY)
    refused(over, 409, "order_over")
    assert over.json()["state"] == "CANCELLED"
    [fact] = await stored()
    assert fact["version"] == 3


async def test_a_cancellation_needs_a_key_and_an_empty_body(ada, buy, stored, refused) -> None:
    path = f"{ORDERS}/{(await buy(ada))['id']}/cancel"

    refused(await ada.post(path, json={}), 400, "idempotency_key_missing", "Idempotency-Key")
    refused(await ada.post(path, json={"reason": "why not"}, headers=KEY), 422, "invalid_request", "reason")
    refused(
        await ada.post(path, json={}, headers={"Idempotency-Key": "short"}), 422, "invalid_request", "Idempotency-Key"
    )

    assert [each["state"] for each in await stored()] == ["PENDING"]


async def test_the_internal_door_shows_facts_and_metrics_and_the_public_one_does_not(internal, ada, buy) -> None:
    order = await buy(ada)

    facts = (await internal.get("/facts")).text
    metrics = (await internal.get("/metrics")).text

    assert f'"id": "{order["id"]}"' in facts
    assert '"type": "ReserveStock.v1"' in facts
    assert "shop_orders_placed_total 1.0" in metrics
    for personal in ("Lovelace", "Unter den Linden", "30 123456"):
        assert personal not in facts
    assert (await ada.get("/facts")).status_code == (await ada.get("/metrics")).status_code == 404
