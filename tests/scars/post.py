"""A vhost of one's own with the shop's topology, and somebody who listens at the end of a queue."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aio_pika
import httpx2
from aio_pika.abc import AbstractChannel
from chassis import topology
from chassis.broker import Verdict
from chassis.rabbit_broker import RabbitBroker
from chassis.rabbit_connection import connected, open_channel
from chassis.world import World
from contracts.rabbitmq import definitions

from tests.scars.size import PATIENCE_SECONDS

RETRY_SCALE = 0.001


@dataclass(frozen=True)
class Post:
    url: str
    management_url: str
    broker: RabbitBroker

    @classmethod
    async def on(cls, vhost: Any) -> "Post":
        made = definitions(vhost=vhost.vhost, retry_scale=RETRY_SCALE)
        await topology.apply(vhost.management_url, made, vhost=vhost.vhost)
        return cls(vhost.url, vhost.management_url, RabbitBroker(vhost.url, world=World()))

    @asynccontextmanager
    async def channel(self) -> AsyncIterator[AbstractChannel]:
        """As the shop opens its own."""
        async with connected(self.url) as connection:
            yield await open_channel(connection)

    async def put(self, exchange: str, key: str, *bodies: bytes) -> None:
        async with self.channel() as channel:
            to = await channel.get_exchange(exchange, ensure=False)
            for body in bodies:
                await to.publish(aio_pika.Message(body), key)

    async def dead(self, service: str, count: int) -> None:
        """Once so many of its messages are dead."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while await self.broker.dead_letters(service) < count:
                await asyncio.sleep(0.02)

    async def version(self) -> str:
        async with httpx2.AsyncClient(timeout=20) as client:
            return (
                (await client.get(f"{self.management_url}/api/overview")).raise_for_status().json()["rabbitmq_version"]
            )


@dataclass
class Ear:
    """Hears, and answers always the same."""

    verdict: Verdict = Verdict.DONE
    heard: Counter[bytes] = field(default_factory=Counter)
    news: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(self, body: bytes) -> Verdict:
        self.heard[body] += 1
        self.news.set()
        return self.verdict

    async def has_heard(self, count: int) -> None:
        """So many different ones."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while len(self.heard) < count:
                self.news.clear()
                await self.news.wait()


async def always() -> bool:
    return True
