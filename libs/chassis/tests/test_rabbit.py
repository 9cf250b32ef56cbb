"""What only the real broker can do: refuse, hang, lose a queue, close a channel."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote
from uuid import UUID, uuid4

import aio_pika
import httpx2
import pytest
from chassis import topology
from chassis.broker import Verdict
from chassis.faults import BrokerDown
from chassis.messages import Outgoing, seal
from chassis.rabbit_broker import RabbitBroker
from chassis.world import World
from contracts.rabbitmq import definitions
from testkit.stores import providers
from testkit.stores.rabbit import Rabbit

from .conftest import Ear, Said

SCALE = 0.001


class Nowhere(Said):
    exchange = "nobody.events"


@dataclass
class Place:
    """A vhost of its own, with the hands of an administrator."""

    url: str
    management_url: str
    vhost: str
    broker: RabbitBroker

    async def apply(self) -> None:
        made = definitions(vhost=self.vhost, retry_scale=SCALE)
        await topology.apply(self.management_url, made, vhost=self.vhost)

    async def ask(self, method: str, path: str, body: Any = None) -> httpx2.Response:
        async with httpx2.AsyncClient(base_url=f"{self.management_url}/api", timeout=20) as client:
            answer = await client.request(method, path.format(vhost=quote(self.vhost, safe="")), json=body)
        return answer.raise_for_status()

    @asynccontextmanager
    async def channel(self) -> AsyncIterator[aio_pika.abc.AbstractChannel]:
        async with await aio_pika.connect(self.url) as connection:
            yield await connection.channel()

    async def put(self, exchange: str, key: str, *bodies: bytes) -> None:
        async with self.channel() as channel:
            to = await channel.get_exchange(exchange, ensure=False)
            for body in bodies:
                await to.publish(aio_pika.Message(body), key)

    async def count(self, queue: str) -> int:
        async with self.channel() as channel:
            return (await channel.declare_queue(queue, passive=True)).declaration_result.message_count


@pytest.fixture
async def place(fresh_vhost) -> Place:
    found = Place(
        fresh_vhost.url, fresh_vhost.management_url, fresh_vhost.vhost, RabbitBroker(fresh_vhost.url, world=World())
    )
    await found.apply()
    return found


def said(text: str = "", kind: Callable[..., Said] = Said) -> Outgoing:
    return seal(kind(order_id=uuid4(), text=text), world=World())


@asynccontextmanager
async def listening(broker: RabbitBroker, ear: Ear, service: str = "order") -> AsyncIterator[None]:
    async with broker.consume(service, ear, store_answers=ear.answers, concurrency=2):
        yield


async def until(ask: Callable, wanted: Any) -> None:
    async with asyncio.timeout(30):
        while await ask() != wanted:
            await asyncio.sleep(0.02)


async def test_an_exchange_that_is_missing_stops_no_other_and_not_the_line(place: Place) -> None:
    lost, fine, later = said(kind=Nowhere), said("fine"), said("later")

    async with place.broker.line("product") as line:
        assert await line.publish([lost, fine]) == {fine.id}
        assert await line.publish([fine, lost]) == {fine.id}
        assert await line.publish([later]) == {later.id}


async def test_a_full_queue_refuses_its_own_rows_and_no_others(place: Place) -> None:
    class Sent(Said):
        exchange = "user.events"

        @classmethod
        def routing_key(cls) -> str:
            return "UserRegistered.v1"

    policy = {"pattern": r"^order\.work$", "apply-to": "queues", "priority": 9}
    full = {"definition": {"max-length": 1, "overflow": "reject-publish"}}
    await place.ask("PUT", "/policies/{vhost}/full", policy | full)
    refused: set[UUID] = set()

    async with place.broker.line("product") as line, asyncio.timeout(30):
        while not refused:
            batch = [said(), said(), said(), said(kind=Sent)]
            confirmed = await line.publish(batch)
            assert batch[3].id in confirmed
            refused = {each.id for each in batch} - confirmed


async def test_a_consumer_waits_for_its_queue_to_be_made(fresh_vhost) -> None:
    broker, ear = RabbitBroker(fresh_vhost.url, world=World()), Ear()
    place = Place(fresh_vhost.url, fresh_vhost.management_url, fresh_vhost.vhost, broker)

    async with listening(broker, ear):
        await place.apply()
        await place.put("product.events", "StockReserved.v1", b"late")
        await ear.has_heard(1)

    assert ear.heard == [b"late"]


async def test_a_consumer_notices_that_its_queue_was_deleted(place: Place) -> None:
    ear = Ear()
    async with listening(place.broker, ear):
        await place.put("product.events", "StockReserved.v1", b"before")
        await ear.has_heard(1)
        await place.ask("DELETE", "/queues/{vhost}/order.work")
        await place.apply()
        await place.put("product.events", "StockReserved.v1", b"after")
        await ear.has_heard(2)

    assert ear.heard == [b"before", b"after"]


async def test_a_consumer_comes_back_when_its_connection_was_cut(place: Place) -> None:
    ear = Ear()

    async with listening(place.broker, ear):
        await place.put("product.events", "StockReserved.v1", b"before")
        await ear.has_heard(1)
        await place.ask("DELETE", "/vhosts/{vhost}")
        await place.ask("PUT", "/vhosts/{vhost}")
        await place.apply()
        await place.put("product.events", "StockReserved.v1", b"after")
        await ear.has_heard(2)

    assert ear.heard == [b"before", b"after"]


async def test_a_ladder_that_takes_no_copy_loses_no_message(place: Place) -> None:
    ear = Ear(verdicts=[Verdict.RETRY] * 1000)
    await place.ask("DELETE", "/bindings/{vhost}/e/order.internal/q/order.retry.1s/retry.1s")

    await place.put("product.events", "StockReserved.v1", b"stubborn")
    async with listening(place.broker, ear):
        await ear.has_heard(4)
        ear.verdicts.clear()
        await ear.has_heard(5)
        await until(lambda: place.count("order.work"), 0)

    assert set(ear.heard) == {b"stubborn"}
    assert await place.broker.dead_letters("order") == 0


async def test_a_message_that_is_tried_again_comes_back_to_its_own_queue_alone(place: Place) -> None:
    await place.ask(
        "POST", "/bindings/{vhost}/e/product.events/q/notification.work", {"routing_key": "StockReserved.v1"}
    )
    failing, fine = Ear(verdicts=[Verdict.RETRY] * 2), Ear()

    await place.put("product.events", "StockReserved.v1", b"a")
    async with listening(place.broker, failing), listening(place.broker, fine, "notification"):
        await failing.has_heard(3)
        await until(lambda: place.count("order.work"), 0)

    assert fine.heard == [b"a"]


async def test_a_bug_in_the_dispatcher_does_not_end_the_consumer(place: Place) -> None:
    class Buggy(Ear):
        async def __call__(self, body: bytes) -> Verdict:
            await super().__call__(body)
            if len(self.heard) < 6:
                raise LookupError("a bug")
            return Verdict.DONE

    ear = Buggy()
    await place.put("product.events", "StockReserved.v1", b"a")
    async with listening(place.broker, ear):
        await ear.has_heard(6)
        await until(lambda: place.count("order.work"), 0)


async def test_a_store_that_answers_but_is_busy_is_asked_again_with_the_message_in_hand(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chassis.rabbit_consumer.MAX_PATIENCE_SECONDS", 0.01)
    ear = Ear(verdicts=[Verdict.STORE_DOWN] * 120)  # given back so often, it would be over the delivery limit

    await place.put("product.events", "StockReserved.v1", b"a")
    async with listening(place.broker, ear):
        async with asyncio.timeout(30):
            while len(ear.heard) < 121:
                ear.news.clear()
                await ear.news.wait()
        await until(lambda: place.count("order.work"), 0)

    assert set(ear.heard) == {b"a"}
    assert await place.broker.dead_letters("order") == 0


async def test_the_notes_of_strangers_are_no_incarnation(place: Place) -> None:
    life = uuid4()
    await place.put("product.internal", "epoch", b"not a uuid", b"")

    async with place.broker.line("product") as line:
        assert await line.incarnation() is None
        await line.write_incarnation(life)
        assert await line.incarnation() == life
    assert await place.count("product.epoch") == 1


async def test_two_equal_notes_are_a_memory_and_two_different_ones_are_not(place: Place) -> None:
    life = uuid4()
    await place.put("product.internal", "epoch", life.bytes, life.bytes)
    async with place.broker.line("product") as line:
        assert await line.incarnation() == life
    assert await place.count("product.epoch") == 1

    await place.put("product.internal", "epoch", uuid4().bytes)
    async with place.broker.line("product") as line:
        assert await line.incarnation() is None


async def test_a_note_that_cannot_be_written_is_a_broker_that_is_not_there_yet(place: Place) -> None:
    await place.ask("DELETE", "/bindings/{vhost}/e/product.internal/q/product.epoch/epoch")

    async with place.broker.line("product") as line:
        with pytest.raises(BrokerDown):
            await line.write_incarnation(uuid4())


@pytest.fixture
def own_rabbit():
    server = Rabbit(providers.RABBIT.find() or providers.RABBIT.install())
    server.start()
    yield server
    server.close()


async def test_a_broker_that_hangs_holds_nobody(own_rabbit: Rabbit) -> None:
    await topology.apply(own_rabbit.management_url, definitions(retry_scale=SCALE))
    broker, ear = RabbitBroker(own_rabbit.url, world=World()), Ear()
    place = Place(own_rabbit.url, own_rabbit.management_url, "/", broker)

    async with broker.line("product") as line, asyncio.timeout(60):
        async with listening(broker, ear):
            await place.put("product.events", "StockReserved.v1", b"before")
            await ear.has_heard(1)
            own_rabbit.pause()
            with pytest.raises(BrokerDown):
                await line.publish([said()])
        with pytest.raises(BrokerDown):
            async with broker.line("product"):
                raise AssertionError("a frozen broker accepts nobody")
    own_rabbit.resume()


async def test_a_broker_that_was_killed_is_found_again_by_its_consumer(own_rabbit: Rabbit) -> None:
    await topology.apply(own_rabbit.management_url, definitions(retry_scale=SCALE))
    broker, ear = RabbitBroker(own_rabbit.url, world=World()), Ear()
    place = Place(own_rabbit.url, own_rabbit.management_url, "/", broker)

    async with listening(broker, ear), asyncio.timeout(120):
        await place.put("product.events", "StockReserved.v1", b"before")
        await ear.has_heard(1)
        await asyncio.to_thread(own_rabbit.kill)
        with pytest.raises(BrokerDown):
            async with broker.line("product"):
                raise AssertionError("nobody is there")
        await asyncio.to_thread(own_rabbit.start)
        await place.put("product.events", "StockReserved.v1", b"after")
        while b"after" not in ear.heard:
            await ear.has_heard(len(ear.heard) + 1)

    # The broker may have died before it took down that we were done: then it delivers once more.
    assert list(dict.fromkeys(ear.heard)) == [b"before", b"after"]
