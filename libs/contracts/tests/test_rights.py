"""What a service's own user may do on a real broker: this, and nothing else."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import aio_pika
import httpx2
import pytest
from aio_pika.abc import AbstractChannel, AbstractConnection
from aio_pika.exceptions import DeliveryError
from aiormq.exceptions import ChannelAccessRefused
from chassis import topology
from chassis.rabbit_broker import RabbitBroker
from chassis.world import World
from contracts.rabbitmq import SERVICES, definitions
from contracts.topology import LISTENERS, SPEAKERS
from testkit.stores import providers
from testkit.stores.rabbit import Rabbit

PASSWORDS = {service: f"of-{service}-alone" for service in SERVICES}
Act = Callable[[AbstractChannel], Awaitable[object]]


@pytest.fixture
async def made(fresh_vhost):
    wanted = definitions(vhost=fresh_vhost.vhost, passwords=PASSWORDS)
    await topology.apply(fresh_vhost.management_url, wanted, vhost=fresh_vhost.vhost)
    return fresh_vhost


@asynccontextmanager
async def signed_in(made, service: str) -> AsyncIterator[AbstractConnection]:
    place = urlsplit(made.url)
    url = f"amqp://{service}:{PASSWORDS[service]}@{place.hostname}:{place.port}/{made.vhost}"
    async with await aio_pika.connect(url) as connection:
        yield connection


async def may(connection: AbstractConnection, act: Act) -> bool:
    """Each on a channel of its own, because a refusal closes it."""
    channel = await connection.channel(publisher_confirms=True, on_return_raises=True)
    try:
        await act(channel)
    except ChannelAccessRefused:
        return False
    except DeliveryError:  # allowed, and nobody listens to it
        pass
    await channel.close()
    return True


def write(exchange: str) -> Act:
    async def act(channel: AbstractChannel) -> None:
        to = await channel.get_exchange(exchange, ensure=False)
        await to.publish(aio_pika.Message(b"x"), "nobody.listens", timeout=5)

    return act


def read(queue: str) -> Act:
    async def act(channel: AbstractChannel) -> None:
        await (await channel.get_queue(queue, ensure=False)).get(fail=False, timeout=5)

    return act


def configure(queue: str) -> Act:
    return lambda channel: channel.declare_queue(queue, durable=True, arguments={"x-queue-type": "quorum"})


def delete(queue: str) -> Act:
    return lambda channel: channel.queue_delete(queue)


def bind(queue: str, exchange: str) -> Act:
    async def act(channel: AbstractChannel) -> None:
        await (await channel.get_queue(queue, ensure=False)).bind(exchange, "StockReserved.v1", timeout=5)

    return act


@pytest.mark.parametrize("service", SERVICES)
async def test_a_service_writes_its_own_exchanges_and_no_others(made, service) -> None:
    exchanges = [each["name"] for each in definitions()["exchanges"]]
    async with signed_in(made, service) as connection:
        allowed = {name for name in (*exchanges, "amq.topic") if await may(connection, write(name))}

    assert allowed == {said.exchange for said in SPEAKERS.get(service, ())} | {f"{service}.internal"}


@pytest.mark.parametrize("service", SERVICES)
async def test_a_service_reads_its_own_queues_and_no_others(made, service) -> None:
    queues = [each["name"] for each in definitions()["queues"]]
    async with signed_in(made, service) as connection:
        allowed = {name for name in queues if await may(connection, read(name))}

    listens, speaks = service in LISTENERS, service in SPEAKERS
    assert allowed == {
        name
        for name, has in ((f"{service}.work", listens), (f"{service}.dead", listens), (f"{service}.epoch", speaks))
        if has
    }


async def test_a_service_configures_nothing_not_even_its_own(made) -> None:
    async with signed_in(made, "order") as connection:
        for act in (
            configure("order.new"),
            configure("order.work"),
            delete("order.work"),
            bind("order.work", "user.events"),
            bind("order.work", "product.events"),
        ):
            assert not await may(connection, act)


async def test_a_service_can_work_with_no_more_than_its_rights(made) -> None:
    place = urlsplit(made.url)
    url = f"amqp://order:{PASSWORDS['order']}@{place.hostname}:{place.port}/{made.vhost}"
    broker = RabbitBroker(url, world=World())

    async with broker.line("order") as line:
        assert await line.incarnation() is None
        await line.write_incarnation(World().ids.uuid7())
        assert await line.incarnation() is not None
    assert await broker.dead_letters("order") == 0
    assert await broker.redrive("order") == 0


async def test_a_service_knows_no_other_place_and_no_management(made) -> None:
    place = urlsplit(made.url)
    with pytest.raises(aio_pika.exceptions.AMQPError):
        await aio_pika.connect(f"amqp://order:{PASSWORDS['order']}@{place.hostname}:{place.port}/")
    door = urlsplit(made.management_url)
    async with httpx2.AsyncClient(base_url=f"http://{door.hostname}:{door.port}") as client:
        answer = await client.get("/api/users", auth=("order", PASSWORDS["order"]))
    assert answer.status_code == 401


async def test_a_broker_that_lost_its_disk_comes_back_with_its_queues_and_users() -> None:
    made = json.dumps(definitions(passwords=PASSWORDS))
    server = Rabbit(providers.RABBIT.find() or providers.RABBIT.install(), definitions=made)
    try:
        for _ in range(2):
            await asyncio.to_thread(server.start)
            broker = RabbitBroker(f"amqp://order:{PASSWORDS['order']}@127.0.0.1:{server.port}/", world=World())
            async with broker.line("order") as line:
                assert await line.incarnation() is None
                await line.write_incarnation(World().ids.uuid7())
            assert await broker.dead_letters("order") == 0
            await asyncio.to_thread(server.kill)
            server.wipe()
    finally:
        await asyncio.to_thread(server.close)
