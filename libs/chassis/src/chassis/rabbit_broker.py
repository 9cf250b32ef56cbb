"""RabbitMQ by aio-pika: confirms, mandatory routing, retry ladder, dead letters. Topology is made elsewhere."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractExchange, AbstractIncomingMessage, AbstractQueue

from chassis.broker import CONFIRM_SECONDS, DeadLetter, Dispatch, StoreProbe
from chassis.rabbit_connection import connected, named, open_channel
from chassis.rabbit_consumer import RabbitConsumer, attempts_before
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

    async def look_at_dead(self, service: str, *, limit: int) -> Sequence[DeadLetter]:
        async with self._channel() as channel:
            with named():
                dead = await channel.get_queue(f"{service}.dead", ensure=False)
                return await _look(dead, limit)

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


async def _look(dead: AbstractQueue, limit: int) -> list[DeadLetter]:
    """The broker has no way to show a message: each is taken, and all are put back at their places."""
    taken: list[AbstractIncomingMessage] = []
    while len(taken) < limit and (letter := await dead.get(fail=False, timeout=CONFIRM_SECONDS)) is not None:
        taken.append(letter)
    if taken:
        await taken[-1].nack(multiple=True, requeue=True)
    return [_to_dead_letter(each) for each in taken]


def _to_dead_letter(letter: AbstractIncomingMessage) -> DeadLetter:
    deaths: Any = letter.headers.get("x-death") or []
    # A message that climbed the ladder has died on each rung too: what counts is how it left the work queue.
    last = next((each for each in deaths if str(each.get("queue", "")).endswith(".work")), {})
    died_at = last.get("time")
    return DeadLetter(
        letter.body,
        letter.message_id,
        died_at=died_at if isinstance(died_at, datetime) else None,
        reason=str(last["reason"]) if "reason" in last else None,
        attempts=attempts_before(letter) + 1,
    )


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
