"""RabbitMQ by aio-pika: confirms, mandatory routing, retry ladder, dead letters. Topology is made elsewhere."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from uuid import UUID

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractConnection, AbstractExchange, AbstractIncomingMessage, AbstractQueue
from aio_pika.exceptions import AMQPError, DeliveryError

from chassis.broker import CONFIRM_SECONDS, Dispatch, StoreProbe
from chassis.faults import BrokerDown
from chassis.logging import get_logger
from chassis.messages import Outgoing
from chassis.rabbit_consumer import RabbitConsumer
from chassis.world import World

CONNECT_SECONDS = 5.0
HEARTBEAT = 10
LOST = (AMQPError, ConnectionError, OSError, TimeoutError, RuntimeError)
"""What aio-pika raises once a connection or channel is gone."""

log = get_logger("chassis.rabbit")


class RabbitBroker:
    """One service's way to the broker, with the rights of its own user."""

    def __init__(self, url: str, *, world: World) -> None:
        self._url = url
        self._world = world

    @asynccontextmanager
    async def line(self, service: str) -> AsyncGenerator["RabbitLine"]:
        async with self._channel() as channel:
            yield RabbitLine(channel, service)

    @asynccontextmanager
    async def consume(
        self, service: str, dispatch: Dispatch, *, store_answers: StoreProbe, concurrency: int = 8
    ) -> AsyncGenerator[None]:
        consumer = RabbitConsumer(
            connect=self._connect,
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
            with _named():
                queue = await channel.get_queue(f"{service}.dead")
                return queue.declaration_result.message_count or 0

    async def redrive(self, service: str, *, limit: int = 1000) -> int:
        async with self._channel() as channel:
            with _named():
                dead = await channel.get_queue(f"{service}.dead", ensure=False)
                internal = await channel.get_exchange(f"{service}.internal", ensure=False)
                return await _move(dead, internal, limit)

    @asynccontextmanager
    async def _channel(self) -> AsyncGenerator[AbstractChannel]:
        with _named():
            connection = await self._connect()
        try:
            with _named():
                # Without `on_return_raises` a message that no queue takes is confirmed, and gone.
                channel = await connection.channel(publisher_confirms=True, on_return_raises=True)
            yield channel
        finally:
            with suppress(*LOST):
                await connection.close()

    async def _connect(self) -> AbstractConnection:
        # A plain connection: a robust one comes back without telling anyone that it was away.
        return await aio_pika.connect(self._url, timeout=CONNECT_SECONDS, heartbeat=HEARTBEAT)


@dataclass(frozen=True, slots=True)
class RabbitLine:
    """The relay's connection."""

    channel: AbstractChannel
    service: str

    async def publish(self, batch: Sequence[Outgoing]) -> frozenset[UUID]:
        outcomes = await asyncio.gather(*(self._publish(each) for each in batch), return_exceptions=True)
        for outcome in outcomes:
            if isinstance(outcome, BaseException):
                raise outcome
        return frozenset(outcome for outcome in outcomes if isinstance(outcome, UUID))

    async def incarnation(self) -> UUID | None:
        with _named():
            queue = await self.channel.get_queue(self._epoch, ensure=False)
            found: list[AbstractIncomingMessage] = []
            while (message := await queue.get(fail=False, timeout=CONFIRM_SECONDS)) is not None:
                found.append(message)
            known = {UUID(bytes=message.body) for message in found}
            if len(known) != 1:
                return None
            # Publish again, then acknowledge: getting and returning it would count against the delivery limit.
            await self._send(f"{self.service}.internal", "epoch", found[0].body)
            for message in found:
                await message.ack()
            return known.pop()

    async def write_incarnation(self, incarnation: UUID) -> None:
        with _named():
            queue = await self.channel.get_queue(self._epoch, ensure=False)
            while (old := await queue.get(fail=False, timeout=CONFIRM_SECONDS)) is not None:
                await old.ack()
            await self._send(f"{self.service}.internal", "epoch", incarnation.bytes)

    @property
    def _epoch(self) -> str:
        return f"{self.service}.epoch"

    async def _publish(self, each: Outgoing) -> UUID | None:
        """The id, once the broker has it in a queue; None when it refused it."""
        try:
            with _named():
                await self._send(each.exchange, each.routing_key, each.body, message_id=str(each.id))
        except DeliveryError as refused:
            log.error("message.not_routed", type=each.routing_key, id=str(each.id), why=type(refused).__name__)
            return None
        return each.id

    async def _send(self, exchange: str, key: str, body: bytes, *, message_id: str | None = None) -> None:
        message = aio_pika.Message(
            body,
            delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
            message_id=message_id,
            content_type="application/json",
        )
        to = await self.channel.get_exchange(exchange, ensure=False)
        await to.publish(message, key, mandatory=True, timeout=CONFIRM_SECONDS)


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
        await internal.publish(fresh, "work", timeout=CONFIRM_SECONDS)
        await letter.ack()
        moved += 1
    return moved


class _named:  # noqa: N801 - reads as an adjective
    """Turn a lost connection into BrokerDown; a refused message stays what it is."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, DeliveryError):
            return
        if isinstance(error, LOST):
            raise BrokerDown(f"{type(error).__name__}: {error}") from error
