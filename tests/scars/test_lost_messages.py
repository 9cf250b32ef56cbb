"""What was decided is said, whoever dies, whoever is late, and whether anybody listens yet."""

import asyncio
import os
import signal
import sys
from pathlib import Path
from random import Random, SystemRandom
from typing import Any
from uuid import UUID, uuid4

import aio_pika
import pytest
from aio_pika.exceptions import PublishError
from chassis.database import Database
from chassis.messages import Envelope, seal
from chassis.outbox_relay import TableOutbox
from chassis.outbox_table import announce
from chassis.relay import Relay
from chassis.world import World
from contracts.product import StockReserved
from testkit.evidence import Evidence

from tests.scars.post import Ear, Post, always
from tests.scars.size import PATIENCE_SECONDS, TIMES

ROOT = Path(__file__).parents[2]
SLEEPERS = 200


@pytest.fixture
async def post(fresh_vhost: Any) -> Post:
    return await Post.on(fresh_vhost)


async def test_what_was_decided_by_a_process_that_died_is_said_by_the_next(
    product_database: Any, post: Post, evidence: Evidence
) -> None:
    """S10, dotnet/eShop: what is pending is published right after the commit by the same process, or never."""
    evidence("S10", trials=TIMES, unit="decisions")
    url = product_database.url
    dying = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.scars.dying", url, str(TIMES)), cwd=ROOT, stderr=asyncio.subprocess.PIPE
    )
    _, said = await dying.communicate()
    assert dying.returncode == -signal.SIGKILL, said.decode()

    outbox, ear = TableOutbox(url, world=World()), Ear()
    relay = Relay(service="product", outbox=outbox, broker=post.broker, world=World())
    async with post.broker.consume("order", ear, store_answers=always):
        running = asyncio.create_task(relay.run())
        async with asyncio.timeout(PATIENCE_SECONDS):
            while (await outbox.backlog()).pending:
                await asyncio.sleep(0.02)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    heard = {Envelope.model_validate_json(body).aggregate_id for body in ear.heard}
    assert heard == {str(UUID(int=number)) for number in range(TIMES)}


async def test_what_commits_late_is_not_passed_over(product_database: Any, evidence: Evidence) -> None:
    """S13, event-driven.io: a reader that asks for `id > last` passes over what was begun before and commits later."""
    evidence("S13", trials=SLEEPERS, unit="transactions")
    seed = int(os.environ.get("MERCATO_SEED") or SystemRandom().randrange(2**32))
    print(f"seed {seed}")
    dice = Random(seed)
    world, database = World(), Database(product_database.url, pool_size=40)
    few = asyncio.Semaphore(40)
    written: set[UUID] = set()

    async def write(pause: float) -> None:
        order = uuid4()
        async with few, database.transaction() as connection:
            await announce(connection, StockReserved(order_id=order), world=world)
            await asyncio.sleep(pause)
        written.add(order)

    sent: list[UUID] = []
    async with TableOutbox(product_database.url, world=world).lead() as queue, asyncio.TaskGroup() as group:
        writers = [group.create_task(write(dice.random() * 0.2)) for _ in range(SLEEPERS)]
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                over = all(each.done() for each in writers)
                due = await queue.due()
                sent += [UUID(each.envelope.aggregate_id) for each in due]
                await queue.settle(confirmed=[each.id for each in due], refused=[])
                if over and not due:
                    break
                await asyncio.sleep(0.005)
    await database.close()

    assert len(written) == SLEEPERS
    assert sorted(sent) == sorted(written)


async def test_a_message_that_no_queue_takes_is_refused_aloud(post: Post, evidence: Evidence) -> None:
    """S14, aio-pika: `mandatory=True` alone resolves without an error, and the message is gone."""
    evidence("S14", trials=2 * TIMES, unit="messages")
    async with post.channel() as channel:
        events = await channel.get_exchange("product.events", ensure=False)
        for number in range(TIMES):
            with pytest.raises(PublishError):
                await events.publish(aio_pika.Message(b"{}"), f"NobodyListens.{number}", mandatory=True)

    class Unheard(StockReserved):
        @classmethod
        def routing_key(cls) -> str:
            return "NobodyListens.v1"

    batch = [seal(kind(order_id=uuid4()), world=World()) for kind in (Unheard, StockReserved) for _ in range(TIMES)]
    async with post.broker.line("product") as line:
        confirmed = await line.publish(batch)
    assert confirmed == {each.id for each in batch if each.routing_key == "StockReserved.v1"}
