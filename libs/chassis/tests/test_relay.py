"""The relay between an outbox and a broker, on the twins and on PostgreSQL with RabbitMQ: nothing is lost."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote
from uuid import UUID, uuid4

import httpx2
import pytest
from chassis import topology
from chassis.broker import Broker
from chassis.faults import BrokerDown, StoreUnavailable
from chassis.memory_broker import MemoryBroker
from chassis.messages import Envelope
from chassis.outbox import Outbox, OutboxQueue
from chassis.relay import Relay
from chassis.world import World
from contracts.rabbitmq import definitions
from contracts.topology import bindings

from .conftest import Desk, Ear, News, Said, Unheard


@dataclass
class Street:
    desk: Desk
    broker: Broker
    wipe: Callable[[], Awaitable[None]]
    """The broker loses its disk: queues, messages and memory are gone, and it comes back with its topology."""


@pytest.fixture
async def street(desk: Desk, request: pytest.FixtureRequest) -> Street:
    if not desk.database_url:
        twin = MemoryBroker(bindings(), World())

        async def forget() -> None:
            twin.forget_everything()

        return Street(desk, twin, forget)
    fresh = request.getfixturevalue("fresh_vhost")
    from chassis.rabbit_broker import RabbitBroker

    async def apply() -> None:
        await topology.apply(fresh.management_url, definitions(vhost=fresh.vhost), vhost=fresh.vhost)

    async def replace() -> None:
        async with httpx2.AsyncClient(base_url=f"{fresh.management_url}/api", timeout=20) as client:
            path = f"/vhosts/{quote(fresh.vhost, safe='')}"
            (await client.delete(path)).raise_for_status()
            (await client.put(path)).raise_for_status()
        await apply()

    await apply()
    return Street(desk, RabbitBroker(fresh.url, world=World()), replace)


@asynccontextmanager
async def relaying(street: Street, outbox: Outbox | None = None) -> AsyncIterator[None]:
    relay = Relay(service="product", outbox=outbox or street.desk.outbox, broker=street.broker, world=World())
    running = asyncio.create_task(relay.run())
    try:
        yield
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


@asynccontextmanager
async def listening(street: Street) -> AsyncIterator[Ear]:
    ear = Ear()
    async with street.broker.consume("order", ear, store_answers=ear.answers, concurrency=2):
        yield ear


def heard_ids(ear: Ear) -> set[UUID]:
    return {Envelope.model_validate_json(body).id for body in ear.heard}


async def has_heard(ear: Ear, texts: set[str], times: int = 1) -> None:
    """Every text, each at least so often."""

    def counts() -> list[int]:
        found = [Envelope.model_validate_json(body).data["text"] for body in ear.heard]
        return [found.count(text) for text in texts]

    async with asyncio.timeout(40):
        while min(counts()) < times:
            ear.news.clear()
            await ear.news.wait()


async def nothing_is_pending(desk: Desk) -> None:
    async with asyncio.timeout(20):
        while (await desk.outbox.backlog()).pending:
            await asyncio.sleep(0.02)


async def test_what_is_said_is_heard_once_and_nothing_stays_behind(street: Street) -> None:
    async with relaying(street), listening(street) as ear:
        await street.desk.say(Said(order_id=uuid4(), text="a"), News(order_id=uuid4(), text="b"))
        await has_heard(ear, {"a", "b"})
        await nothing_is_pending(street.desk)

    assert len(ear.heard) == 2


async def test_what_nobody_takes_holds_up_nothing_and_is_kept(street: Street) -> None:
    async with relaying(street), listening(street) as ear:
        await street.desk.say(Unheard(order_id=uuid4()), Said(order_id=uuid4(), text="a"))
        await has_heard(ear, {"a"})
        await street.desk.say(Said(order_id=uuid4(), text="b"))
        await has_heard(ear, {"b"})

    assert (await street.desk.outbox.backlog()).pending == 1


async def test_a_broker_that_lost_its_memory_is_told_the_last_day_again(street: Street) -> None:
    async with relaying(street):
        await street.desk.say(Said(order_id=uuid4(), text="a"), Said(order_id=uuid4(), text="b"))
        await nothing_is_pending(street.desk)
        await street.wipe()
        await street.desk.say(Said(order_id=uuid4(), text="c"))
        async with listening(street) as ear:
            await has_heard(ear, {"a", "b", "c"})
            await nothing_is_pending(street.desk)

    assert len(heard_ids(ear)) == 3


async def test_a_relay_with_nothing_new_to_say_notices_too(street: Street) -> None:
    async with relaying(street):
        await street.desk.say(Said(order_id=uuid4(), text="a"))
        await nothing_is_pending(street.desk)
        await street.wipe()
        async with listening(street) as ear:
            await has_heard(ear, {"a"})


async def test_a_broker_that_kept_its_memory_is_told_nothing_twice(street: Street) -> None:
    async with listening(street) as ear:
        for text in ("a", "b", "c"):
            async with relaying(street):
                await street.desk.say(Said(order_id=uuid4(), text=text))
                await has_heard(ear, {text})
                await nothing_is_pending(street.desk)

    assert len(ear.heard) == 3


@dataclass
class Failing:
    """An outbox whose leader loses its store once, just before it does `what`."""

    outbox: Outbox
    what: str
    failed: bool = False

    @asynccontextmanager
    async def lead(self) -> AsyncIterator[Any]:
        async with self.outbox.lead() as queue:
            yield FailingQueue(queue, self)


class FailingQueue:
    def __init__(self, queue: OutboxQueue, owner: Failing) -> None:
        self._queue, self._owner = queue, owner

    def __getattr__(self, name: str) -> Any:
        return self._fail if name == self._owner.what and not self._owner.failed else getattr(self._queue, name)

    async def _fail(self, *_: Any, **__: Any) -> None:
        self._owner.failed = True
        raise StoreUnavailable("the store", "just now")


@pytest.mark.parametrize("what", ["replay", "remember", "settle"])
async def test_a_crash_in_the_middle_of_meeting_a_new_broker_loses_nothing(street: Street, what: str) -> None:
    async with relaying(street):
        await street.desk.say(Said(order_id=uuid4(), text="a"), Said(order_id=uuid4(), text="b"))
        await nothing_is_pending(street.desk)
    await street.wipe()
    outbox = Failing(street.desk.outbox, what)

    async with relaying(street, outbox), listening(street) as ear:
        await has_heard(ear, {"a", "b"})
        await nothing_is_pending(street.desk)

    assert outbox.failed
    async with street.desk.outbox.lead() as queue, street.broker.line("product") as line:
        assert await queue.incarnation() == await line.incarnation() is not None


@dataclass
class Breaking:
    """A broker whose line breaks once, with a whole batch in hand."""

    broker: Broker
    broken: bool = False

    @asynccontextmanager
    async def line(self, service: str) -> AsyncIterator[Any]:
        async with self.broker.line(service) as line:
            yield BreakingLine(line, self)


class BreakingLine:
    def __init__(self, line: Any, owner: Breaking) -> None:
        self._line, self._owner = line, owner

    def __getattr__(self, name: str) -> Any:
        return getattr(self._line, name)

    async def publish(self, batch: Any) -> Any:
        if self._owner.broken:
            return await self._line.publish(batch)
        self._owner.broken = True
        raise BrokerDown("just now")


async def test_what_was_in_hand_when_the_line_broke_is_sent_on_the_next_one(street: Street) -> None:
    await street.desk.say(Said(order_id=uuid4(), text="a"), News(order_id=uuid4(), text="b"))
    breaking = Breaking(street.broker)

    async with relaying(replace(street, broker=breaking)), listening(street) as ear:
        await has_heard(ear, {"a", "b"})
        await nothing_is_pending(street.desk)

    assert breaking.broken


async def test_a_relay_that_is_told_to_leave_settles_the_batch_that_it_has_sent(street: Street) -> None:
    sent, go_on = asyncio.Event(), asyncio.Event()

    @dataclass
    class Slow:
        outbox: Outbox

        @asynccontextmanager
        async def lead(self) -> AsyncIterator[Any]:
            async with self.outbox.lead() as queue:
                yield SlowQueue(queue)

    class SlowQueue:
        def __init__(self, queue: OutboxQueue) -> None:
            self._queue = queue

        def __getattr__(self, name: str) -> Any:
            return getattr(self._queue, name)

        async def settle(self, **what: Any) -> None:
            sent.set()
            await go_on.wait()
            await self._queue.settle(**what)

    await street.desk.say(Said(order_id=uuid4(), text="a"))
    relay = Relay(service="product", outbox=Slow(street.desk.outbox), broker=street.broker, world=World())
    running = asyncio.create_task(relay.run())
    async with asyncio.timeout(20):
        await sent.wait()
    running.cancel()
    await asyncio.sleep(0)
    assert not running.done()
    go_on.set()
    await asyncio.gather(running, return_exceptions=True)

    assert running.cancelled()
    assert (await street.desk.outbox.backlog()).pending == 0


async def test_a_relay_with_nothing_to_send_sleeps(street: Street) -> None:
    looks: list[int] = []

    @dataclass
    class Counted:
        outbox: Outbox

        @asynccontextmanager
        async def lead(self) -> AsyncIterator[Any]:
            async with self.outbox.lead() as queue:
                yield CountedQueue(queue)

    class CountedQueue:
        def __init__(self, queue: OutboxQueue) -> None:
            self._queue = queue

        def __getattr__(self, name: str) -> Any:
            if name == "due":
                looks.append(1)
            return getattr(self._queue, name)

    async with relaying(street, Counted(street.desk.outbox)), listening(street) as ear:
        await street.desk.say(Said(order_id=uuid4(), text="a"))
        await has_heard(ear, {"a"})
        await nothing_is_pending(street.desk)
        before = len(looks)
        await asyncio.sleep(0.5)  # there is no condition to wait for: the test is that nothing happens

    assert len(looks) - before <= 3
