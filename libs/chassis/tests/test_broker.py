"""One suite for the broker in memory and for RabbitMQ."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from chassis import topology
from chassis.broker import Broker, Verdict
from chassis.memory_broker import MemoryBroker
from chassis.messages import Outgoing, seal
from chassis.rabbit_broker import RabbitBroker
from chassis.world import World
from contracts.rabbitmq import definitions
from contracts.topology import bindings

from .conftest import Ear, Said, Unheard

SCALE = 0.02


@pytest.fixture(params=["memory", "rabbit"])
async def broker(request: pytest.FixtureRequest) -> AsyncIterator[Broker]:
    if request.param == "memory":
        ladder = [timedelta(seconds=seconds * SCALE) for seconds in (1, 5, 30, 120, 600)]
        twin = MemoryBroker(bindings(), World(), ladder=[min(each, timedelta(seconds=0.2)) for each in ladder])
        yield twin
        twin.close()
        return
    fresh = request.getfixturevalue("fresh_vhost")
    made = definitions(vhost=fresh.vhost, retry_scale=SCALE / 20)
    await topology.apply(fresh.management_url, made, vhost=fresh.vhost)
    yield RabbitBroker(fresh.url, world=World())


def said(text: str = "") -> Outgoing:
    return seal(Said(order_id=uuid4(), text=text), world=World())


@asynccontextmanager
async def listening(broker: Broker, ear: Any, service: str = "order") -> AsyncIterator[None]:
    async with broker.consume(service, ear, store_answers=ear.answers, concurrency=4):
        yield


async def publish(broker: Broker, *messages: Outgoing) -> frozenset[Any]:
    async with broker.line("product") as line:
        return await line.publish(messages)


async def dead(broker: Broker, count: int) -> None:
    async with asyncio.timeout(10):
        while await broker.dead_letters("order") != count:
            await asyncio.sleep(0.02)


async def test_a_message_reaches_the_service_that_listens(broker) -> None:
    ear, message = Ear(), said("hello")

    confirmed = await publish(broker, message)
    async with listening(broker, ear):
        await ear.has_heard(1)

    assert confirmed == {message.id}
    assert ear.heard == [message.body]


async def test_a_message_that_nobody_takes_is_not_confirmed(broker) -> None:
    lost, fine = seal(Unheard(order_id=uuid4()), world=World()), said()

    assert await publish(broker, lost, fine) == {fine.id}


async def test_a_failing_message_climbs_the_ladder_and_heals(broker) -> None:
    ear = Ear(verdicts=[Verdict.RETRY] * 3)

    await publish(broker, said())
    async with listening(broker, ear):
        await ear.has_heard(4)

    assert await broker.dead_letters("order") == 0


async def test_a_message_that_never_heals_is_dead_after_its_attempts(broker) -> None:
    ear = Ear(verdicts=[Verdict.RETRY] * 100)

    await publish(broker, said())
    async with listening(broker, ear):
        await dead(broker, 1)

    assert len(ear.heard) == 6


async def test_poison_is_dead_at_once_and_blocks_nobody(broker) -> None:
    ear = Ear(verdicts=[Verdict.DEAD])

    await publish(broker, said("poison"))
    async with listening(broker, ear):
        await dead(broker, 1)
        await publish(broker, said("fine"))
        await ear.has_heard(2)

    assert len(ear.heard) == 2


async def test_dead_letters_get_a_new_life(broker) -> None:
    ear = Ear(verdicts=[Verdict.DEAD, Verdict.DEAD])
    await publish(broker, said("a"), said("b"))
    async with listening(broker, ear):
        await dead(broker, 2)

        assert await broker.redrive("order") == 2
        await ear.has_heard(4)

    assert await broker.dead_letters("order") == 0


async def test_dead_letters_are_looked_at_and_stay_where_they_are(broker) -> None:
    gone, tried = said("gone"), said("tried")
    await publish(broker, gone)
    async with listening(broker, Ear(verdicts=[Verdict.DEAD])):
        await dead(broker, 1)
    await publish(broker, tried)
    async with listening(broker, Ear(verdicts=[Verdict.RETRY] * 100)):
        await dead(broker, 2)

    for _ in range(2):
        first, second = await broker.look_at_dead("order", limit=10)
        assert (first.body, first.message_id, first.reason, first.attempts) == (gone.body, str(gone.id), "rejected", 1)
        assert (second.body, second.message_id, second.reason) == (tried.body, str(tried.id), "rejected")
        assert second.attempts == 6
        assert abs(datetime.now(UTC) - first.died_at) < timedelta(minutes=1)
    assert [each.body for each in await broker.look_at_dead("order", limit=1)] == [gone.body]

    await dead(broker, 2)
    assert await broker.redrive("order") == 2
    assert await broker.look_at_dead("order", limit=10) == []


async def test_a_store_that_is_down_costs_no_attempt(broker) -> None:
    ear = Ear(verdicts=[Verdict.STORE_DOWN] * 8)

    await publish(broker, said())
    async with listening(broker, ear):
        await ear.has_heard(9)

    assert await broker.dead_letters("order") == 0
    assert len(set(ear.heard)) == 1


async def test_nothing_is_consumed_while_the_store_is_down(broker) -> None:
    ear, messages = Ear(store_up=False), [said(str(n)) for n in range(12)]

    await publish(broker, *messages)
    async with listening(broker, ear):
        await ear.was_asked(8)
        begun = len(ear.heard)
        await ear.was_asked(12)
        assert len(ear.heard) == begun <= 4
        ear.store_up = True
        await ear.has_heard(begun + 12)

    assert set(ear.heard) == {message.body for message in messages}
    assert await broker.dead_letters("order") == 0


async def test_leaving_finishes_what_was_begun(broker) -> None:
    begun, finished = asyncio.Event(), []

    class Slow(Ear):
        async def __call__(self, body: bytes) -> Verdict:
            begun.set()
            await asyncio.sleep(0.2)
            finished.append(body)
            return Verdict.DONE

    first, second = said("first"), said("second")
    await publish(broker, first)
    async with listening(broker, Slow()):
        async with asyncio.timeout(5):
            await begun.wait()

    assert finished == [first.body]
    again = Ear()
    await publish(broker, second)
    async with listening(broker, again):
        await again.has_heard(1)
    assert again.heard == [second.body]


async def test_the_incarnation_is_kept_and_read_as_often_as_one_likes(broker) -> None:
    life = uuid4()
    async with broker.line("product") as line:
        assert await line.incarnation() is None
        await line.write_incarnation(uuid4())
        await line.write_incarnation(life)
    for _ in range(3):
        async with broker.line("product") as line:
            assert await line.incarnation() == life
