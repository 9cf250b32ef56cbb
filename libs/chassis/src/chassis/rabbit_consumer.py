"""One service's consumer on RabbitMQ: takes deliveries, asks the dispatcher, settles by its verdict.

It lives in sessions. A session ends when the connection is lost, when our own store is down, or when the process
leaves; what was not settled by then is delivered again.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractConnection, AbstractIncomingMessage
from aio_pika.exceptions import AMQPError

from chassis.broker import CONFIRM_SECONDS, RETRY_LADDER, Dispatch, StoreProbe, Verdict
from chassis.logging import get_logger
from chassis.world import World

ATTEMPT = "x-attempt"
RUNGS = tuple(RETRY_LADDER)
FINISH_SECONDS = 15.0
PROBE_SECONDS = 0.2
MAX_BACKOFF_SECONDS = 5.0
LOST = (AMQPError, ConnectionError, OSError, TimeoutError, RuntimeError)

log = get_logger("chassis.rabbit")

Connect = Callable[[], Awaitable[AbstractConnection]]


class RabbitConsumer:
    """Runs until `stop`. Survives a broker that is down, restarted or empty."""

    def __init__(
        self,
        *,
        connect: Connect,
        service: str,
        dispatch: Dispatch,
        store_answers: StoreProbe,
        concurrency: int,
        world: World,
    ) -> None:
        self._connect = connect
        self._service = service
        self._dispatch = dispatch
        self._store_answers = store_answers
        self._concurrency = concurrency
        self._world = world
        self._stopping = asyncio.Event()
        self._store_down = asyncio.Event()

    def stop(self) -> None:
        """Take nothing new, finish what runs."""
        self._stopping.set()

    async def run(self) -> None:
        failures = 0
        while not self._stopping.is_set():
            try:
                await self._session()
                failures = 0
            except LOST as fault:
                log.warning("consumer.interrupted", service=self._service, fault=f"{type(fault).__name__}: {fault}")
                await self._pause(self._world.jitter(base=0.1, attempt=failures, cap=MAX_BACKOFF_SECONDS))
                failures += 1
            while self._store_down.is_set() and not self._stopping.is_set():
                await self._pause(PROBE_SECONDS)
                if await self._store_answers():
                    self._store_down.clear()

    async def _session(self) -> None:
        connection = await self._connect()
        try:
            channel = await connection.channel(publisher_confirms=True, on_return_raises=True)
            await channel.set_qos(prefetch_count=2 * self._concurrency)
            await self._consume(channel)
        finally:
            with suppress(*LOST):
                await connection.close()

    async def _consume(self, channel: AbstractChannel) -> None:
        waiting: asyncio.Queue[AbstractIncomingMessage | None] = asyncio.Queue()
        queue = await channel.get_queue(f"{self._service}.work", ensure=False)
        hands = [
            self._world.spawn(self._work(channel, waiting), name=f"{self._service}-hand-{n}")
            for n in range(self._concurrency)
        ]
        try:
            tag = await queue.consume(waiting.put)
            ended = await self._until_over(channel)
            if ended:
                raise ConnectionError("the channel was closed")
            with suppress(*LOST):
                await queue.cancel(tag, timeout=CONFIRM_SECONDS)
        finally:
            await self._finish(hands, waiting)

    async def _until_over(self, channel: AbstractChannel) -> bool:
        """True when the channel was closed under us; False when it is we who want to go."""
        closed = self._world.spawn(_closed(channel), name="consumer-channel")
        reasons = [
            self._world.spawn(self._stopping.wait(), name="consumer-stop"),
            self._world.spawn(self._store_down.wait(), name="consumer-store-down"),
        ]
        try:
            await asyncio.wait({closed, *reasons}, return_when=asyncio.FIRST_COMPLETED)
            return closed.done()
        finally:
            for each in (closed, *reasons):
                each.cancel()

    async def _finish(
        self, hands: list[asyncio.Task[None]], waiting: asyncio.Queue[AbstractIncomingMessage | None]
    ) -> None:
        """Let handlers that run finish; what was not begun goes back when the connection closes."""
        while not waiting.empty():
            waiting.get_nowait()
        for _ in hands:
            waiting.put_nowait(None)
        _, late = await asyncio.wait(hands, timeout=FINISH_SECONDS)
        for each in late:
            each.cancel()
        await asyncio.gather(*hands, return_exceptions=True)

    async def _work(self, channel: AbstractChannel, waiting: asyncio.Queue[AbstractIncomingMessage | None]) -> None:
        while (message := await waiting.get()) is not None:
            verdict = await self._dispatch(message.body)
            # A connection that was lost meanwhile delivers it again; the effect knows its repeats.
            with suppress(*LOST):
                await self._settle(channel, message, verdict)

    async def _settle(self, channel: AbstractChannel, message: AbstractIncomingMessage, verdict: Verdict) -> None:
        attempt = _attempt(message)
        if verdict is Verdict.STORE_DOWN:
            self._store_down.set()
        elif verdict is Verdict.DONE:
            await message.ack()
        elif verdict is Verdict.RETRY and attempt < len(RUNGS):
            await self._climb(channel, message, attempt)
            await message.ack()
        else:
            # `reject` dead-letters it by the queue's policy.
            await message.reject(requeue=False)

    async def _climb(self, channel: AbstractChannel, message: AbstractIncomingMessage, attempt: int) -> None:
        """Put a copy on the next rung of the ladder, confirmed, before the original is acknowledged."""
        copy = aio_pika.Message(
            message.body,
            headers={ATTEMPT: attempt + 1},
            delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
            message_id=message.message_id,
            content_type=message.content_type,
        )
        internal = await channel.get_exchange(f"{self._service}.internal", ensure=False)
        await internal.publish(copy, f"retry.{RUNGS[attempt]}", mandatory=True, timeout=CONFIRM_SECONDS)

    async def _pause(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._stopping.wait()


async def _closed(channel: AbstractChannel) -> None:
    await channel.closed()


def _attempt(message: AbstractIncomingMessage) -> int:
    found = (message.headers or {}).get(ATTEMPT, 0)
    return found if isinstance(found, int) else 0
