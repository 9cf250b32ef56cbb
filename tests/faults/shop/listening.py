"""A hand in the bus: hear everything that anybody says, or make what waits in a queue vanish."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import aio_pika
from aio_pika.abc import AbstractIncomingMessage
from chassis.broker import RETRY_LADDER
from contracts.topology import LISTENERS, SPEAKERS

from tests.faults.shop.street import Street

PATIENCE_SECONDS = 60
QUEUES = [
    f"{service}.{queue}" for service in LISTENERS for queue in ("work", *(f"retry.{rung}" for rung in RETRY_LADDER))
]
EXCHANGES = sorted({said.exchange for messages in SPEAKERS.values() for said in messages})


@asynccontextmanager
async def overheard(street: Street) -> AsyncGenerator[list[dict[str, Any]]]:
    """The envelopes of all messages, in the order in which they were heard."""
    heard: list[dict[str, Any]] = []

    async def hear(message: AbstractIncomingMessage) -> None:
        heard.append(json.loads(message.body))

    async with await aio_pika.connect(everything(street)) as connection:
        channel = await connection.channel()
        ear = await channel.declare_queue(exclusive=True)
        for exchange in EXCHANGES:
            await ear.bind(exchange, "#")
        await ear.consume(hear, no_ack=True)
        yield heard


async def vanish(street: Street, queue: str, *, at_least: int) -> None:
    """What comes into the queue is gone, and nobody is told; returns once it were so many messages."""
    async with await aio_pika.connect(everything(street)) as connection, asyncio.timeout(PATIENCE_SECONDS):
        channel = await connection.channel()
        doomed = await channel.get_queue(queue, ensure=False)
        gone = 0
        while gone < at_least:
            gone += (await doomed.purge()).message_count or 0
            await asyncio.sleep(0.02)


async def waiting(street: Street) -> int:
    """How many messages wait for somebody, or to be tried again; those in a hand are not counted."""
    async with await aio_pika.connect(everything(street)) as connection:
        channel = await connection.channel()
        found = [await channel.declare_queue(each, passive=True) for each in QUEUES]
    return sum(each.declaration_result.message_count or 0 for each in found)


def everything(street: Street) -> str:
    """An address with all rights."""
    return f"{street.grounds.rabbit.url.rstrip('/')}/{street.grounds.vhost}"
