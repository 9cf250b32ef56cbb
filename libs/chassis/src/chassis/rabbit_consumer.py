"""One service's consumer on RabbitMQ: takes deliveries, asks the dispatcher, settles by its verdict.

It lives in sessions. A session ends when the connection is lost, when our own store is down, or when the process
leaves; what was not settled by then is delivered again.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager, suppress
from typing import Any

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractIncomingMessage

from chassis.broker import CONFIRM_SECONDS, FINISH_SECONDS, RETRY_LADDER, Dispatch, StoreProbe, Verdict
from chassis.faults import BrokerDown
from chassis.log_events import EVENTS
from chassis.logging import get_logger
from chassis.rabbit_connection import ANSWER_SECONDS, LOST
from chassis.world import World

ATTEMPT = "x-attempt"
RUNGS = tuple(RETRY_LADDER)
PROBE_SECONDS = 0.2
MAX_BACKOFF_SECONDS = 5.0
MAX_PATIENCE_SECONDS = 1.0

log = get_logger("chassis.rabbit", EVENTS)

OpenChannel = Callable[[], AbstractAsyncContextManager[AbstractChannel]]


class RabbitConsumer:
    """Runs until `stop`. Survives a broker that is down, restarted, hanging or empty, and bugs of our own."""

    def __init__(
        self,
        *,
        channel: OpenChannel,
        service: str,
        dispatch: Dispatch,
        store_answers: StoreProbe,
        concurrency: int,
        world: World,
    ) -> None:
        self._channel = channel
        self._service = service
        self._dispatch = dispatch
        self._store_answers = store_answers
        self._concurrency = concurrency
        self._world = world
        self._failures = 0
        self._stopping = asyncio.Event()
        self._store_down = asyncio.Event()

    def stop(self) -> None:
        """Take nothing new, finish what runs."""
        self._stopping.set()

    async def run(self) -> None:
        while not self._stopping.is_set():
            try:
                await self._session()
                await self._outage()
            except (BrokerDown, *LOST) as fault:
                log.warning("consumer.interrupted", service=self._service, fault=f"{type(fault).__name__}: {fault}")
                await self._back_off()
            except Exception as fault:  # a consumer that is gone would be missed by nobody until the shop stands still
                log.error("consumer.failed", service=self._service, exc_info=fault)
                await self._back_off()

    async def _back_off(self) -> None:
        await self._pause(self._world.jitter(base=0.1, attempt=self._failures, cap=MAX_BACKOFF_SECONDS))
        self._failures += 1

    async def _outage(self) -> None:
        """While our store is away nothing is consumed; it is asked apart whether it is back."""
        while self._store_down.is_set() and not self._stopping.is_set():
            await self._pause(PROBE_SECONDS)
            if await self._store_answers():
                self._store_down.clear()

    async def _session(self) -> None:
        async with self._channel() as channel:
            async with asyncio.timeout(ANSWER_SECONDS):
                await channel.set_qos(prefetch_count=2 * self._concurrency)
            await self._consume(channel)

    async def _consume(self, channel: AbstractChannel) -> None:
        waiting: asyncio.Queue[AbstractIncomingMessage | None] = asyncio.Queue()
        queue = await channel.get_queue(f"{self._service}.work", ensure=False)
        cancelled = await _told_off(channel)
        hands = [
            self._world.spawn(self._work(channel, waiting), name=f"{self._service}-hand-{n}")
            for n in range(self._concurrency)
        ]
        try:
            tag = await queue.consume(waiting.put, timeout=ANSWER_SECONDS)
            await self._until_over(channel, cancelled, hands)
            with suppress(*LOST):
                await queue.cancel(tag, timeout=CONFIRM_SECONDS)
        finally:
            await self._finish(hands, waiting)

    async def _until_over(
        self, channel: AbstractChannel, cancelled: asyncio.Event, hands: Sequence[asyncio.Task[None]]
    ) -> None:
        """Returns when it is we who want to go. Raises when the channel, the subscription or a hand is gone."""
        reasons = [
            self._world.spawn(_closed(channel), name="consumer-channel"),
            self._world.spawn(cancelled.wait(), name="consumer-cancelled"),
            self._world.spawn(self._stopping.wait(), name="consumer-stop"),
            self._world.spawn(self._store_down.wait(), name="consumer-store-down"),
        ]
        try:
            await asyncio.wait({*reasons, *hands}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in reasons:
                each.cancel()
        for hand in hands:
            if hand.done():
                hand.result()
        if reasons[0].done() or cancelled.is_set():
            raise ConnectionError("the channel was closed, or the queue deleted")

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
        """Whatever goes wrong here ends the session; the message comes again, and the effect knows its repeats."""
        while (message := await waiting.get()) is not None:
            if not self._store_down.is_set():
                await self._settle(channel, message, await self._judge(message.body))

    async def _judge(self, body: bytes) -> Verdict:
        """A store that answers, and only had no time for this, is asked again with the message in hand."""
        tries = 0
        while (verdict := await self._dispatch(body)) is Verdict.STORE_DOWN:
            if self._stopping.is_set() or not await self._store_answers():
                break
            await self._pause(self._world.jitter(base=0.05, attempt=tries, cap=MAX_PATIENCE_SECONDS))
            tries += 1
        return verdict

    async def _settle(self, channel: AbstractChannel, message: AbstractIncomingMessage, verdict: Verdict) -> None:
        attempt = attempts_before(message)
        if verdict is Verdict.STORE_DOWN:
            # Neither taken nor refused: it goes back when the session closes, and no attempt is counted.
            self._store_down.set()
            return
        if verdict is Verdict.DONE:
            await message.ack()
        elif verdict is Verdict.RETRY and attempt < len(RUNGS):
            await self._climb(channel, message, attempt)
            await message.ack()
        else:
            # `reject` dead-letters it by the queue's policy.
            await message.reject(requeue=False)
        self._failures = 0

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


async def _told_off(channel: AbstractChannel) -> asyncio.Event:
    """Set when the broker ends our subscription and keeps the channel: that is how a deleted queue looks."""
    told = asyncio.Event()

    def cancelled(*_frame: Any) -> None:
        told.set()

    underlay = await channel.get_underlay_channel()
    underlay.on_consumer_cancel_callbacks.add(cancelled)
    return told


def attempts_before(message: AbstractIncomingMessage) -> int:
    """How often it has failed already."""
    found = (message.headers or {}).get(ATTEMPT, 0)
    return found if isinstance(found, int) else 0
