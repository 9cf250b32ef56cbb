"""A broker as services know the real one, over a network that loses, doubles, delays and shuffles.

What it has confirmed it keeps, until its disk is replaced. What was delivered and not acknowledged it delivers again.
"""

import asyncio
import json
from collections import defaultdict, deque
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from uuid import UUID

from chassis.broker import RETRY_LADDER, DeadLetter, Dispatch, StoreProbe, Verdict
from chassis.faults import BrokerDown
from chassis.messages import Outgoing

from tests.simulation.processes import CURRENT, Life, Process
from tests.simulation.trace import Trace
from tests.simulation.weather import Weather

LADDER = tuple(each.total_seconds() for each in RETRY_LADDER.values())
NEAR_SECONDS = 0.03
LATE_SECONDS = 60.0
MOST_COPIES = 4
PROBE_SECONDS = 0.5
FINISH_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class Letter:
    sender: str
    what: str
    order_id: str
    body: bytes
    attempt: int = 0


@dataclass(eq=False, slots=True)
class Consumer:
    """One process that takes letters for a service."""

    life: Life
    dispatch: Dispatch
    store_answers: StoreProbe
    free: int
    waits: bool = False
    """Its store is away: it takes nothing."""
    leaving: bool = False
    busy: dict[asyncio.Task[None], None] = field(default_factory=dict)


class Broker:
    """The server. It outlives every process that speaks to it."""

    def __init__(self, bindings: Mapping[tuple[str, str], frozenset[str]], *, weather: Weather, trace: Trace) -> None:
        self._bindings = {key: sorted(listeners) for key, listeners in bindings.items()}
        self.weather = weather
        self.trace = trace
        self.life = 0
        self.epochs: dict[str, UUID] = {}
        self.under_way = 0
        self.dead: defaultdict[str, list[Letter]] = defaultdict(list)
        self._queues: defaultdict[str, deque[Letter]] = defaultdict(deque)
        self._consumers: defaultdict[str, list[Consumer]] = defaultdict(list)

    @property
    def at_rest(self) -> bool:
        return not self.under_way and not any(self._queues.values())

    def lose_everything(self) -> None:
        """The disk was replaced: queues, what lay in them, and what services had left there to know it by."""
        self.life += 1
        self.under_way = 0
        self.epochs.clear()
        self._queues.clear()
        self.dead.clear()
        self.trace.fault("broker", "loses its disk")

    def route(self, each: Outgoing, sender: str) -> bool:
        listeners = self._bindings.get((each.exchange, each.routing_key), ())
        data = each.envelope.data
        letter = Letter(sender, each.routing_key, str(data.get("order_id", "")), each.body)
        for listener in listeners:
            copies = 1 + (self.weather.random.randrange(1, MOST_COPIES) if self.weather.strikes("double") else 0)
            for _ in range(copies):
                self.send(listener, letter, self._delay())
        return bool(listeners)

    def send(self, service: str, letter: Letter, seconds: float) -> None:
        self.under_way += 1
        asyncio.get_running_loop().call_later(seconds, self._arrive, service, letter, self.life)

    def join(self, service: str, consumer: Consumer) -> None:
        self._consumers[service].append(consumer)
        self.pump(service)

    def leave(self, service: str, consumer: Consumer) -> None:
        consumer.leaving = True
        self._consumers[service].remove(consumer)

    def pump(self, service: str) -> None:
        """Hand out what lies in the queue, as far as there are hands."""
        queue = self._queues[service]
        while queue:
            able = [each for each in self._consumers[service] if self._can_take(each)]
            if not able:
                return
            consumer = able[self.weather.random.randrange(len(able))] if len(able) > 1 else able[0]
            self._hand(service, consumer, queue.popleft())

    def pump_all(self) -> None:
        for service in list(self._queues):
            self.pump(service)

    def _can_take(self, consumer: Consumer) -> bool:
        life = consumer.life
        return (
            consumer.free > 0
            and not consumer.waits
            and not life.ended
            and life.process.thawed is None
            and self.weather.reaches(life.process.name, "broker")
        )

    def _hand(self, service: str, consumer: Consumer, letter: Letter) -> None:
        consumer.free -= 1
        self.trace.note(letter.sender, consumer.life.process.name, letter.what, order_id=letter.order_id)
        now = self.life
        task = consumer.life.spawn(self._handle(service, consumer, letter, now), name=f"{service}-handling")
        consumer.busy[task] = None
        task.add_done_callback(lambda done: self._ended(service, consumer, letter, now, done))

    async def _handle(self, service: str, consumer: Consumer, letter: Letter, broker_life: int) -> None:
        """Handle it, then tell the broker what became of it; if that is not heard, it comes again."""
        verdict = await consumer.dispatch(letter.body)
        await consumer.life.gate()
        if broker_life != self.life:
            return
        name = consumer.life.process.name
        unheard = not self.weather.reaches(name, "broker") or self.weather.strikes("lost_ack")
        if unheard or verdict is Verdict.STORE_DOWN:
            if unheard:
                self.trace.note(name, "broker", f"ack {letter.what}", order_id=letter.order_id, fault="lost")
            self._queues[service].append(letter)
            if verdict is Verdict.STORE_DOWN and not consumer.waits:
                consumer.waits = True
                consumer.life.spawn(self._probe(service, consumer), name=f"{service}-probe")
        elif verdict is Verdict.RETRY and letter.attempt < len(LADDER):
            self.trace.note(name, "broker", f"retry {letter.what}", order_id=letter.order_id)
            again = Letter(letter.sender, letter.what, letter.order_id, letter.body, letter.attempt + 1)
            self.send(service, again, LADDER[letter.attempt])
        elif verdict is not Verdict.DONE:
            self.trace.note(name, "broker", f"dead {letter.what}", order_id=letter.order_id)
            self.dead[service].append(letter)

    def _ended(
        self, service: str, consumer: Consumer, letter: Letter, broker_life: int, task: asyncio.Task[None]
    ) -> None:
        consumer.busy.pop(task, None)
        consumer.free += 1
        if task.cancelled() and broker_life == self.life:
            # Whoever took it is gone, and has acknowledged nothing.
            self._queues[service].appendleft(letter)
        self.pump(service)

    async def _probe(self, service: str, consumer: Consumer) -> None:
        while not await consumer.store_answers():
            await asyncio.sleep(PROBE_SECONDS)
        consumer.waits = False
        self.pump(service)

    def _arrive(self, service: str, letter: Letter, broker_life: int) -> None:
        if broker_life == self.life:
            self.under_way -= 1
            self._queues[service].append(letter)
            self.pump(service)

    def _delay(self) -> float:
        near = NEAR_SECONDS * self.weather.random.random()
        if self.weather.strikes("late"):
            return LATE_SECONDS * self.weather.random.random() ** 2
        return near


@dataclass(frozen=True, slots=True)
class BrokerOf:
    """The broker as one process reaches it."""

    broker: Broker
    process: Process

    @asynccontextmanager
    async def line(self, service: str) -> AsyncGenerator["Line"]:
        line = Line(self.broker, self.process, service, self.broker.life)
        await line.reached()
        yield line

    @asynccontextmanager
    async def consume(
        self, service: str, dispatch: Dispatch, *, store_answers: StoreProbe, concurrency: int = 8
    ) -> AsyncGenerator[None]:
        life = CURRENT.get()
        assert life is not None  # only processes consume
        consumer = Consumer(life, dispatch, store_answers, concurrency)
        self.broker.join(service, consumer)
        try:
            yield
        finally:
            self.broker.leave(service, consumer)
            if consumer.busy and not life.ended:
                await asyncio.wait(list(consumer.busy), timeout=FINISH_SECONDS)
            for task in list(consumer.busy):
                task.cancel()

    async def dead_letters(self, service: str) -> int:
        return len(self.broker.dead[service])

    async def look_at_dead(self, service: str, *, limit: int) -> Sequence[DeadLetter]:
        return [
            DeadLetter(each.body, str(json.loads(each.body)["id"]), None, "rejected", each.attempt + 1)
            for each in self.broker.dead[service][:limit]
        ]

    async def redrive(self, service: str, *, limit: int = 1000) -> int:
        again, self.broker.dead[service][:limit] = self.broker.dead[service][:limit], []
        for each in again:
            self.broker.send(service, each, 0)
        return len(again)


@dataclass(frozen=True, slots=True)
class Line:
    """A relay's connection."""

    broker: Broker
    process: Process
    service: str
    life: int

    async def publish(self, batch: Sequence[Outgoing]) -> frozenset[UUID]:
        await self.reached()
        weather, confirmed = self.broker.weather, set[UUID]()
        breaks_at = weather.random.randrange(len(batch)) if weather.strikes("torn_publish") else len(batch)
        for place, each in enumerate(batch):
            if place == breaks_at:
                self._note(each, "line broke before it")
                raise BrokerDown("the line broke in the middle of a batch")
            if weather.strikes("refused_publish"):
                self._note(each, "refused")
            elif self.broker.route(each, self.process.name):
                confirmed.add(each.id)
        await self.reached()
        if weather.strikes("lost_confirm"):
            self.broker.trace.note("broker", self.process.name, "confirm", fault="lost")
            raise BrokerDown("no confirm came")
        return frozenset(confirmed)

    async def incarnation(self) -> UUID | None:
        await self.reached()
        return self.broker.epochs.get(self.service)

    async def write_incarnation(self, incarnation: UUID) -> None:
        await self.reached()
        self.broker.epochs[self.service] = incarnation

    def check(self) -> None:
        if self.life != self.broker.life or not self.broker.weather.reaches(self.process.name, "broker"):
            raise BrokerDown("the line is gone")

    async def reached(self) -> None:
        life = CURRENT.get()
        if life is not None:
            await life.gate()
        await asyncio.sleep(NEAR_SECONDS / 10 * self.broker.weather.random.random())
        if life is not None:
            await life.gate()
        self.check()

    def _note(self, each: Outgoing, fault: str) -> None:
        about = str(each.envelope.data.get("order_id", ""))
        self.broker.trace.note(self.process.name, "broker", each.routing_key, order_id=about, fault=fault)
