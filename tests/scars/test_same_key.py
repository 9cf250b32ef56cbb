"""One intention, sent many times: it has one effect, and its key is kept with that effect and nowhere else."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from uuid import uuid4

import pytest
import redis.asyncio
from testkit.evidence import Evidence

from tests.scars.buyers import ORDERS, Buyer
from tests.scars.houses import Houses
from tests.scars.opening import Stores, open_houses
from tests.scars.size import TIMES

AT_ONCE = 50
PIECES = 1_000_000


@pytest.fixture
async def counter(stores: Stores) -> AsyncIterator[Houses]:
    """Orders are taken, and nobody works on them."""
    async with open_houses(stores, at_work=[]) as houses:
        await houses.put_on_shelf("PLENTY", PIECES)
        yield houses


async def test_fifty_at_once_with_one_key_have_one_effect(counter: Houses, evidence: Evidence) -> None:
    """S6, spree's idempotent.rb: read from the cache, do it, write to the cache; both of two at once did it."""
    evidence("S6", trials=max(1, TIMES // 10) * AT_ONCE, unit="requests")
    rounds = max(1, TIMES // 10)
    for _ in range(rounds):
        buyer = await Buyer.of(counter)
        choice, key = await buyer.choose("PLENTY"), f"a-key-for-{uuid4()}"

        answers = await asyncio.gather(*(buyer.order(choice, key=key) for _ in range(AT_ONCE)))

        done = [each for each in answers if each.status_code == 202]
        assert {each.status_code for each in answers} <= {202, 409}
        assert len({each.content for each in done}) == 1
        assert [each.headers.get("idempotent-replayed") for each in done].count(None) == 1
    assert len((await counter.facts())["order"]) == rounds


async def test_fifty_at_once_with_one_key_for_two_carts_buy_one_of_them(counter: Houses, evidence: Evidence) -> None:
    """S6: the cart's own index can not help here."""
    evidence("S6", trials=max(1, TIMES // 10) * AT_ONCE, unit="requests")
    rounds = max(1, TIMES // 10)
    for _ in range(rounds):
        buyer = await Buyer.of(counter)
        choices, key = [await buyer.choose("PLENTY"), await buyer.choose("PLENTY")], f"a-key-for-{uuid4()}"

        answers = await asyncio.gather(*(buyer.order(choices[n % 2], key=key) for n in range(AT_ONCE)))

        statuses = Counter(each.status_code for each in answers)
        assert statuses == {202: AT_ONCE // 2, 422: AT_ONCE // 2}
        assert len({each.json()["id"] for each in answers if each.status_code == 202}) == 1
    assert len((await counter.facts())["order"]) == rounds


async def test_a_key_outlives_the_cache(counter: Houses, stores: Stores) -> None:
    """S6: a flush of the cache lost the keys."""
    buyer = await Buyer.of(counter)
    choice, key = await buyer.choose("PLENTY"), f"a-key-for-{uuid4()}"
    first = await buyer.order(choice, key=key)

    async with redis.asyncio.Redis.from_url(stores.redis) as cache:
        await cache.flushall()
    again = await buyer.order(choice, key=key)

    assert (again.status_code, again.json()) == (202, first.json())
    assert again.headers["idempotent-replayed"] == "true"


async def test_without_a_cache_orders_are_taken_all_the_same(stores: Stores) -> None:
    """S6: what is only counted in Redis decides nothing when Redis is away."""
    nobody = "redis://127.0.0.1:1/0"
    async with open_houses(replace(stores, redis=nobody), at_work=[]) as houses:
        await houses.put_on_shelf("PLENTY", PIECES)
        buyer = await Buyer.of(houses)

        key = {"Idempotency-Key": f"a-key-for-{uuid4()}"}
        answer = await buyer.client.post(ORDERS, json=await buyer.choose("PLENTY"), headers=key)

    assert answer.status_code == 202
