"""A hand in the bus that says everything again and out of order, and throws in what nobody can handle."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from random import Random

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractIncomingMessage
from chassis.messages import Outgoing
from contracts.topology import LISTENERS

from tests.faults.shop.listening import EXCHANGES, everything
from tests.faults.shop.poison import Poison
from tests.faults.shop.street import Street

ECHO = "x-echo"
TIMES = 4
"""Said once, heard five times."""
WINDOW_SECONDS = 1.0
"""A repeat comes within this time, so before or after whatever else is on its way."""
HANDS = 50
PATIENCE_SECONDS = 120
LOOK_SECONDS = 0.05


@dataclass(frozen=True)
class Said:
    """One message as it was said: where, and what."""

    exchange: str
    routing_key: str
    body: bytes


@dataclass
class Torture:
    """`said` is what the shop said itself; `repeated` and `poisoned` what we added."""

    street: Street
    channel: AbstractChannel
    dice: Random
    poison: deque[Poison] = field(default_factory=deque)
    """Still to come: one among so many messages."""
    among: int = 10
    said: list[Said] = field(default_factory=list)
    repeated: int = 0
    poisoned: int = 0
    echoing: bool = True
    tasks: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def count(self) -> int:
        """Messages so far, poison apart."""
        return len(self.said) + self.repeated

    @property
    def types(self) -> set[str]:
        return {each.routing_key for each in self.said}

    async def hear(self, message: AbstractIncomingMessage) -> None:
        if ECHO in message.headers:
            return
        each = Said(message.exchange or "", message.routing_key or "", message.body)
        self.said.append(each)
        if self.echoing:
            for _ in range(TIMES):
                task = asyncio.create_task(self._later(each))
                self.tasks.add(task)
                task.add_done_callback(self.tasks.discard)

    async def say(self, message: Outgoing) -> None:
        """As the service itself would."""
        await self._publish(Said(message.exchange, message.routing_key, message.body), {})

    async def burst(self, messages: Sequence[Said]) -> None:
        """All of these again at once, with the poison that is left among them, as fast as the broker takes them."""
        waiting = deque(messages)

        async def hand() -> None:
            while waiting:
                await self._repeat(waiting.popleft())

        await asyncio.gather(*(hand() for _ in range(HANDS)))
        while self.poison:
            await self._poison()

    async def repeats_said(self) -> None:
        """Returns when nothing waits to be said again."""
        while self.tasks:
            await asyncio.wait(set(self.tasks))

    async def over(self) -> None:
        """All repeats have been said, and all of the poison is in."""
        await self.repeats_said()
        while self.poison:
            await self._poison()

    async def worked_off(self) -> None:
        """Returns when nobody has anything left to take."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while any([await self.depth(f"{service}.work") for service in LISTENERS]):
                await asyncio.sleep(LOOK_SECONDS)

    async def depth(self, queue: str) -> int:
        found = await self.channel.declare_queue(queue, passive=True)
        return found.declaration_result.message_count or 0

    async def dead_letters(self, service: str, *, at_least: int) -> list[bytes]:
        """What lies dead once it is so much; it is taken away."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while await self.depth(f"{service}.dead") < at_least:
                await asyncio.sleep(LOOK_SECONDS)
        found = []
        queue = await self.channel.get_queue(f"{service}.dead", ensure=False)
        while (letter := await queue.get(fail=False)) is not None:
            found.append(letter.body)
            await letter.ack()
        return found

    async def _later(self, each: Said) -> None:
        await asyncio.sleep(WINDOW_SECONDS * self.dice.random())
        await self._repeat(each)

    async def _repeat(self, each: Said) -> None:
        await self._publish(each, {ECHO: "1"})
        self.repeated += 1
        if self.poison and self.count % self.among == 0:
            await self._poison()

    async def _poison(self) -> None:
        each = self.poison.popleft()
        self.poisoned += 1
        await self._publish(Said("", f"{each.service}.work", each.body), {})

    async def _publish(self, each: Said, headers: dict[str, str]) -> None:
        message = aio_pika.Message(
            each.body,
            headers=dict(headers),
            delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
            content_type="application/json",
        )
        exchange = (
            await self.channel.get_exchange(each.exchange, ensure=False)
            if each.exchange
            else self.channel.default_exchange
        )
        await exchange.publish(message, each.routing_key, mandatory=True)


@asynccontextmanager
async def tortured(street: Street, dice: Random) -> AsyncGenerator[Torture]:
    """Everything that is said is said again while the context is open."""
    async with await aio_pika.connect(everything(street)) as connection:
        channel = await connection.channel(publisher_confirms=True, on_return_raises=True)
        torture = Torture(street, channel, dice)
        ears = await connection.channel()
        ear = await ears.declare_queue(exclusive=True)
        for exchange in EXCHANGES:
            await ear.bind(exchange, "#")
        await ear.consume(torture.hear, no_ack=True)
        yield torture
