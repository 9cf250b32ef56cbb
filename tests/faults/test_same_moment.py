"""Two wishes at the same moment that exclude each other, and one wish many times: one of them comes true, wholly."""

import asyncio
import os
import time
from collections import Counter
from collections.abc import Awaitable, Sequence
from random import Random

import httpx2
import pytest
from testkit.evidence import Evidence

from tests.faults.shop.busy_day import PARCEL
from tests.faults.shop.crowd import ORDERS, Buyer, Crowd, Json, Wish
from tests.faults.shop.deeds import cancel, until
from tests.faults.shop.ending import at_rest, ends_as, ends_well
from tests.faults.shop.shelves import clerk, put_on_shelves

pytestmark = pytest.mark.asyncio(loop_scope="session")

AT_ONCE = 50
CANCELS = int(os.environ.get("MERCATO_CANCELS", "24"))
"""Orders that are cancelled around their capture; `MERCATO_CANCELS=1000` is the size that counts."""
PAIRS = int(os.environ.get("MERCATO_PAIRS", "4"))
"""Orders on which two wishes meet; `MERCATO_PAIRS=50` is the size that counts."""
REFUNDS = 5
BUSY, NOT_POSSIBLE = 409, frozenset({409, 422})

Answers = list[httpx2.Response]


async def at_once(*requests: Awaitable[httpx2.Response | None]) -> Answers:
    """All of their answers; each must have been given one."""
    answers = await asyncio.gather(*requests)
    found = [each for each in answers if each is not None]
    assert len(found) == len(answers)
    return found


def one_effect(answers: Answers) -> Json:
    """What all were told that were told anything; the others were told to come again."""
    statuses = Counter(each.status_code for each in answers)
    print(f"one key {len(answers)} times at once: {dict(statuses)}")
    assert set(statuses) <= {202, BUSY}
    assert {each.headers.get("retry-after") for each in answers if each.status_code == BUSY} <= {"1"}
    taken = [each for each in answers if each.is_success]
    assert len({each.content for each in taken}) == 1
    assert sum(each.headers.get("idempotent-replayed") != "true" for each in taken) == 1
    return taken[0].json()


async def test_one_key_fifty_times_at_once_is_one_order_and_one_cancellation(crowd: Crowd, evidence: Evidence) -> None:
    evidence("F12", trials=2 * AT_ONCE, unit="requests")
    await put_on_shelves(crowd.street, **{"ONE-KEY": 1})
    (buyer,) = await crowd.grow(1)
    before, choice, key = await orders(crowd, buyer), await buyer.choose(Wish("ONE-KEY")), buyer.key()
    noted = {"quote_hash": choice.body["quote_hash"], "quoted_total": choice.total}

    order = one_effect(
        await at_once(*(buyer.once("POST", ORDERS, key=key, noted=noted, json=choice.body) for _ in range(AT_ONCE)))
    )
    await until(buyer, order["id"], "CONFIRMED")
    path, key = f"{ORDERS}/{order['id']}/cancel", buyer.key()
    one_effect(await at_once(*(buyer.once("POST", path, key=key, json={}) for _ in range(AT_ONCE))))

    await ends_as(crowd, {order["id"]: "CUSTOMER"})
    facts = await crowd.street.facts()
    assert [each["order_id"] for each in facts["psp_refund"]].count(order["id"]) == 1
    assert await orders(crowd, buyer) - before == {order["id"]}


async def test_one_key_fifty_times_at_once_is_one_refund(crowd: Crowd, evidence: Evidence) -> None:
    evidence("F12", trials=AT_ONCE, unit="requests")
    (buyer, order), *_ = await confirmed(crowd, "ONE-REFUND")
    path, key = f"/api/v1/staff/orders/{order['id']}/refunds", {"Idempotency-Key": buyer.key()}
    body = {"amount": 100, "reason": "for a test"}

    async with clerk(crowd.street) as staff:
        one_effect(await at_once(*(staff.client.post(path, json=body, headers=key) for _ in range(AT_ONCE))))

    await ends_as(crowd, {order["id"]: "CONFIRMED"})
    facts = await crowd.street.facts()
    assert facts.orders[order["id"]]["refunded"] == 100
    assert [each["amount"] for each in facts["psp_refund"] if each["order_id"] == order["id"]] == [100]


async def test_one_cart_ordered_in_fifty_tabs_at_once_is_bought_once(crowd: Crowd, evidence: Evidence) -> None:
    evidence("F12", trials=AT_ONCE, unit="requests")
    await put_on_shelves(crowd.street, **{"ONE-CART": 100})
    (buyer,) = await crowd.grow(1)
    before, choice = await orders(crowd, buyer), await buyer.choose(Wish("ONE-CART"))

    answers = await at_once(*(buyer.once("POST", ORDERS, key=buyer.key(), json=choice.body) for _ in range(AT_ONCE)))

    assert Counter(each.status_code for each in answers) == {202: 1, 409: AT_ONCE - 1}
    [order] = [each.json() for each in answers if each.is_success]
    await ends_as(crowd, {order["id"]: "CONFIRMED"})
    assert await orders(crowd, buyer) - before == {order["id"]}


async def test_an_order_cancelled_at_any_moment_around_its_capture_keeps_nothing(
    crowd: Crowd, dice: Random, evidence: Evidence
) -> None:
    evidence("F15", trials=CANCELS, unit="orders")
    await put_on_shelves(crowd.street, **{"CANCELLED": 10_000})
    buyers = await crowd.grow(8)
    typical = await seconds_until_confirmed(buyers)

    async def changes_mind(buyer: Buyer, times: int) -> list[str]:
        orders = []
        for _ in range(times):
            orders.append((await buyer.buy(Wish("CANCELLED"))).order_id)
            await asyncio.sleep(1.5 * typical * dice.random())
            await cancel(buyer, orders[-1])
        return orders

    cancelled = await asyncio.gather(*(changes_mind(buyer, -(-CANCELS // len(buyers))) for buyer in buyers))

    ends = {order_id: "CUSTOMER" for each in cancelled for order_id in each}
    await ends_as(crowd, ends)
    facts = await crowd.street.facts()
    met = Counter(step["from"] for id_ in ends for step in facts.orders[id_]["history"] if step["trigger"] == "cancel")
    charged = sum(each["order_id"] in ends for each in facts["psp_refund"])
    print(f"{len(ends)} cancelled in {dict(met)}; {charged} had been charged, and got it back")
    assert len(met) > 1, "they were all cancelled in the same state: that is no race"


async def seconds_until_confirmed(buyers: Sequence[Buyer]) -> float:
    """How long an order takes while as many others do."""
    promises = await asyncio.gather(*(buyer.buy(Wish("CANCELLED")) for buyer in buyers))
    began = time.monotonic()
    await asyncio.gather(
        *(until(buyer, each.order_id, "CONFIRMED") for buyer, each in zip(buyers, promises, strict=True))
    )
    return time.monotonic() - began


async def test_an_order_is_shipped_or_cancelled_and_never_both(crowd: Crowd, evidence: Evidence) -> None:
    evidence("F15", trials=PAIRS, unit="orders")
    paid = await confirmed(crowd, "SHIP-OR-CANCEL")
    ends = {}
    async with clerk(crowd.street) as staff:
        for buyer, order in paid:
            ship, stop = await at_once(
                staff.client.post(f"/api/v1/staff/orders/{order['id']}/ship", json=PARCEL),
                buyer.once("POST", f"{ORDERS}/{order['id']}/cancel", key=buyer.key(), json={}),
            )
            assert (ship.status_code, stop.status_code) in {(200, 409), (409, 202)}
            ends[order["id"]] = "SHIPPED" if ship.is_success else "CUSTOMER"

    print(dict(await ends_as(crowd, ends)))


async def test_refunds_at_once_never_return_more_than_was_taken(crowd: Crowd, evidence: Evidence) -> None:
    evidence("F15", trials=3 * PAIRS * REFUNDS, unit="refunds")
    paid = await confirmed(crowd, "REFUNDED")

    # The first takes more than half: a second one is too much, whoever asks for it. What is left comes back once.
    taken = [await sent_back(crowd, paid, part) for part in (0.6, 0.6, None)]

    ends = {order["id"]: "REFUNDED" for _, order in paid}
    assert taken == [dict.fromkeys(ends, 1), dict.fromkeys(ends, 0), dict.fromkeys(ends, 1)]
    await ends_as(crowd, ends)
    returned: Counter[str] = Counter()
    for each in (await crowd.street.facts())["psp_refund"]:
        returned[each["order_id"]] += each["amount"]
    assert {id_: returned[id_] for id_ in ends} == {order["id"]: order["total"] for _, order in paid}


async def sent_back(crowd: Crowd, paid: list[tuple[Buyer, Json]], part: float | None) -> dict[str, int]:
    """Several ask at once for this part of each order, or for all that is left; how many were not refused."""
    taken = {}
    async with clerk(crowd.street) as staff:
        for buyer, order in paid:
            path = f"/api/v1/staff/orders/{order['id']}/refunds"
            amount = {} if part is None else {"amount": round(part * order["total"])}
            body, keys = {"reason": "for a test", **amount}, [buyer.key() for _ in range(REFUNDS)]
            asked = (staff.client.post(path, json=body, headers={"Idempotency-Key": key}) for key in keys)
            answers = await at_once(*asked)
            assert {each.status_code for each in answers} <= {202, *NOT_POSSIBLE}
            taken[order["id"]] = sum(each.is_success for each in answers)
    await at_rest(crowd.street)
    return taken


async def test_a_refund_and_a_cancellation_at_once_are_one_or_the_other(crowd: Crowd, evidence: Evidence) -> None:
    evidence("F15", trials=PAIRS, unit="orders")
    paid = await confirmed(crowd, "REFUND-OR-CANCEL")
    ends = {}
    async with clerk(crowd.street) as staff:
        for buyer, order in paid:
            path, key = f"/api/v1/staff/orders/{order['id']}/refunds", {"Idempotency-Key": buyer.key()}
            back, stop = await at_once(
                staff.client.post(path, json={"amount": 100, "reason": "for a test"}, headers=key),
                buyer.once("POST", f"{ORDERS}/{order['id']}/cancel", key=buyer.key(), json={}),
            )
            # Both: the refund was through before the cancellation was looked at.
            assert (back.status_code, stop.status_code) in {(202, 409), (409, 202), (202, 202)}
            ends[order["id"]] = "CUSTOMER" if stop.is_success else "CONFIRMED"

    print(dict(await ends_as(crowd, ends)))


async def orders(crowd: Crowd, buyer: Buyer) -> set[str]:
    """All that this customer has, as the store knows them."""
    return {each["id"] for each in (await crowd.street.facts())["order"] if each["user_id"] == buyer.user_id}


async def confirmed(crowd: Crowd, sku: str) -> list[tuple[Buyer, Json]]:
    """So many paid orders, each of a customer of its own."""
    await put_on_shelves(crowd.street, **{sku: 10 * PAIRS})
    buyers = await crowd.grow(PAIRS)
    promises = await asyncio.gather(*(buyer.buy(Wish(sku)) for buyer in buyers))
    await ends_well(crowd, promises)
    return [
        (buyer, await until(buyer, each.order_id, "CONFIRMED")) for buyer, each in zip(buyers, promises, strict=True)
    ]
