"""A message that fails is neither swallowed nor kept going round for ever."""

import asyncio
from collections import Counter
from typing import Any
from uuid import UUID, uuid4

import pytest
from chassis.broker import Verdict
from chassis.consuming import Dispatcher, Listener
from chassis.messages import seal
from chassis.world import World
from contracts.product import ReserveStock, StockLine
from contracts.rabbitmq import DELIVERY_LIMIT
from testkit.evidence import Evidence

from tests.scars.post import Ear, Post, always
from tests.scars.size import PATIENCE_SECONDS, TIMES
from tests.scars.warehouse import Warehouse

FAILURES = 3
TRIES = 6
"""The first, and one after each rung of the ladder."""


class NotToday(Exception):
    """What a bug in a handler looks like to the dispatcher."""


@pytest.fixture
async def post(fresh_vhost: Any) -> Post:
    return await Post.on(fresh_vhost)


async def test_a_handler_that_throws_three_times_has_its_effect_once(
    warehouse: Warehouse, post: Post, evidence: Evidence
) -> None:
    """S11, dotnet/eShop: the consumer acknowledged even what its handler had thrown at."""
    evidence("S11", trials=2 * TIMES, unit="messages")
    await warehouse.add("ANY", 2 * TIMES)
    orders = [uuid4() for _ in range(TIMES)]
    settled: asyncio.Queue[Verdict] = asyncio.Queue()
    failed: Counter[UUID] = Counter()

    async def reserve(command: ReserveStock, _envelope: Any) -> None:
        before_it_throws = failed[command.order_id] % 2 == 1
        if before_it_throws or failed[command.order_id] == FAILURES:
            await warehouse.reserve(command.order_id, *((line.sku, line.quantity) for line in command.lines))
        if failed[command.order_id] < FAILURES:
            failed[command.order_id] += 1
            raise NotToday(command.order_id)

    listener, observe = Listener(ReserveStock, reserve), lambda _type, verdict, _seconds: settled.put_nowait(verdict)
    dispatch = Dispatcher(listener, observe=observe)
    commands = [ReserveStock(order_id=each, lines=(StockLine(sku="ANY", quantity=2),)) for each in orders]
    await post.put("product.commands", "ReserveStock.v1", *(seal(each, world=World()).body for each in commands))
    await post.put("product.commands", "ReserveStock.v1", *(b"poison %d" % number for number in range(TIMES)))

    async with post.broker.consume("product", dispatch, store_answers=always, concurrency=5):
        verdicts: Counter[Verdict] = Counter()
        async with asyncio.timeout(PATIENCE_SECONDS):
            while verdicts[Verdict.DONE] < TIMES or verdicts[Verdict.DEAD] < TIMES:
                verdicts[await settled.get()] += 1
        await post.dead("product", TIMES)

    del verdicts[Verdict.STORE_DOWN]  # one that was too busy for a moment: no try is counted
    assert verdicts == {Verdict.RETRY: FAILURES * TIMES, Verdict.DONE: TIMES, Verdict.DEAD: TIMES}
    assert await warehouse.states() == dict.fromkeys(orders, "HELD")
    assert await warehouse.levels() == {"ANY": (2 * TIMES, 2 * TIMES)}
    assert await warehouse.violations() == []


async def test_poison_leaves_after_its_tries_and_holds_up_nobody(post: Post, evidence: Evidence) -> None:
    """S15, RabbitMQ 4.3 with classic queues: what was returned with `nack(requeue)` came back uncounted, for ever.

    Seen here on the version that is installed, which is printed.
    """
    evidence("S15", trials=TIMES, unit="messages")
    print(f"RabbitMQ {await post.version()}")
    stubborn, fine = Ear(Verdict.RETRY), Ear()
    poison = [b"poison %d" % number for number in range(TIMES)]
    await post.put("product.events", "StockReserved.v1", *poison)

    async with post.broker.consume("order", stubborn, store_answers=always):
        await post.dead("order", TIMES)
    assert stubborn.heard == dict.fromkeys(poison, TRIES)

    await post.put("product.events", "StockReserved.v1", b"fine")
    async with post.broker.consume("order", fine, store_answers=always):
        await fine.has_heard(1)
    assert fine.heard == {b"fine": 1}


async def test_poison_that_kills_its_consumer_leaves_too(post: Post, evidence: Evidence) -> None:
    """S15: nobody lives to count, so the broker does."""
    evidence("S15", trials=1, unit="messages")
    await post.put("product.events", "StockReserved.v1", b"deadly")
    deaths = 0
    async with post.channel() as watching, asyncio.timeout(PATIENCE_SECONDS):
        dead = await watching.get_queue("order.dead", ensure=False)
        while (letter := await dead.get(fail=False)) is None:
            async with post.channel() as channel:
                work = await channel.get_queue("order.work", ensure=False)
                deaths += await work.get(fail=False) is not None
            assert deaths <= DELIVERY_LIMIT + 1, "it comes back for ever"
        await letter.ack()

    assert letter.body == b"deadly"
    assert deaths == DELIVERY_LIMIT + 1
