"""RabbitMQ by aio-pika: confirms, mandatory routing, retry ladder, dead letters. Topology is made elsewhere."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractExchange, AbstractQueue

from chassis.broker import CONFIRM_SECONDS, Dispatch, StoreProbe
from chassis.rabbit_connection import connected, named, open_channel
from chassis.rabbit_consumer import RabbitConsumer
from chassis.rabbit_line import RabbitLine
from chassis.world import World


class RabbitBroker:
    """One service's way to the broker, with the rights of its own user."""

    def __init__(self, url: str, *, world: World) -> None:
        self._url = url
        self._world = world

    @asynccontextmanager
    async def line(self, service: str) -> AsyncGenerator[RabbitLine]:
        async with connected(self._url) as connection:
            yield RabbitLine(connection, await open_channel(connection), service)

    @asynccontextmanager
    async def consume(
        self, service: str, dispatch: Dispatch, *, store_answers: StoreProbe, concurrency: int = 8
    ) -> AsyncGenerator[None]:
        consumer = RabbitConsumer(
            channel=self._channel,
            service=service,
            dispatch=dispatch,
            store_answers=store_answers,
            concurrency=concurrency,
            world=self._world,
        )
        consuming = self._world.spawn(consumer.run(), name=f"{service}-consumer")
        try:
            yield
        finally:
            consumer.stop()
            await asyncio.gather(consuming, return_exceptions=True)

    async def dead_letters(self, service: str) -> int:
        async with self._channel() as channel:
            with named():
                queue = await channel.declare_queue(f"{service}.dead", passive=True, timeout=CONFIRM_SECONDS)
                return queue.declaration_result.message_count or 0

    async def redrive(self, service: str, *, limit: int = 1000) -> int:
        async with self._channel() as channel:
            with named():
                dead = await channel.get_queue(f"{service}.dead", ensure=False)
                internal = await channel.get_exchange(f"{service}.internal", ensure=False)
                return await _move(dead, internal, limit)

    @asynccontextmanager
    async def _channel(self) -> AsyncGenerator[AbstractChannel]:
        async with connected(self._url) as connection:
            yield await open_channel(connection)


async def _move(dead: AbstractQueue, internal: AbstractExchange, limit: int) -> int:
    """Each letter is confirmed at its new place before it leaves the old one."""
    moved = 0
    while moved < limit and (letter := await dead.get(fail=False, timeout=CONFIRM_SECONDS)) is not None:
        fresh = aio_pika.Message(
            letter.body,
            delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
            message_id=letter.message_id,
            content_type=letter.content_type,
        )
        await internal.publish(fresh, "work", mandatory=True, timeout=CONFIRM_SECONDS)
        await letter.ack()
        moved += 1
    return moved
