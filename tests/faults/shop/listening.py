"""An ear on the bus: everything that anybody says while it is there."""

import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import aio_pika
from aio_pika.abc import AbstractIncomingMessage
from contracts.topology import SPEAKERS

from tests.faults.shop.street import Street

EXCHANGES = sorted({said.exchange for messages in SPEAKERS.values() for said in messages})


@asynccontextmanager
async def overheard(street: Street) -> AsyncGenerator[list[dict[str, Any]]]:
    """The envelopes of all messages, in the order in which they were heard."""
    heard: list[dict[str, Any]] = []

    async def hear(message: AbstractIncomingMessage) -> None:
        heard.append(json.loads(message.body))

    url = f"{street.grounds.rabbit.url.rstrip('/')}/{street.grounds.vhost}"
    async with await aio_pika.connect(url) as connection:
        channel = await connection.channel()
        ear = await channel.declare_queue(exclusive=True)
        for exchange in EXCHANGES:
            await ear.bind(exchange, "#")
        await ear.consume(hear, no_ack=True)
        yield heard
