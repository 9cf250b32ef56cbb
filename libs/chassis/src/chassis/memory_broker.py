"""A broker inside the process, with the manners of the real one: routing, confirms, retries, dead letters."""

import asyncio
import json
from collections import defaultdict, deque
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from uuid import UUID

from chassis.broker import FINISH_SECONDS, RETRY_LADDER, DeadLetter, Dispatch, StoreProbe, Verdict
from chassis.faults import BrokerDown
from chassis.messages import Outgoing
from chassis.world import World

PROBE_SECONDS = 0.2
REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class _Letter:
    body: bytes
    attempt: int = 0


@dataclass(frozen=True, slots=True)
class _Dead:
    letter: _Letter
    died_at: datetime


class MemoryBroker:
    """Queues per service, fed by `bindings`: (exchange, routing key) -> services."""

    def __init__(
        self,
        bindings: Mapping[tuple[str, str], frozenset[str]],
        world: World,
        *,
        ladder: Sequence[timedelta] = tuple(RETRY_LADDER.values()),
    ) -> None:
        self._bindings = bindings
        self._world = world
        self._ladder = ladder
        self._queues: defaultdict[str, asyncio.Queue[_Letter]] = defaultdict(asyncio.Queue)
        self._dead: defaultdict[str, deque[_Dead]] = defaultdict(deque)
        self._epochs: dict[str, UUID] = {}
        self._waiting: set[asyncio.Task[None]] = set()
        self.life = 0

    @asynccontextmanager
    async def line(self, service: str) -> AsyncGenerator["MemoryLine"]:
        yield MemoryLine(self, service, self.life)

    @asynccontextmanager
    async def consume(
        self, service: str, dispatch: Dispatch, *, store_answers: StoreProbe, concurrency: int = 8
    ) -> AsyncGenerator[None]:
        hands = [
            self._world.spawn(self._work(service, dispatch, store_answers), name=f"{service}-consumer-{n}")
            for n in range(concurrency)
        ]
        try:
            yield
        finally:
            for hand in hands:
                hand.cancel()
            await asyncio.gather(*hands, return_exceptions=True)

    async def dead_letters(self, service: str) -> int:
        return len(self._dead[service])

    async def look_at_dead(self, service: str, *, limit: int) -> Sequence[DeadLetter]:
        return [
            DeadLetter(each.letter.body, _id_in(each.letter.body), each.died_at, REJECTED, each.letter.attempt + 1)
            for each in islice(self._dead[service], limit)
        ]

    async def redrive(self, service: str, *, limit: int = 1000) -> int:
        moved = 0
        while self._dead[service] and moved < limit:
            letter = self._dead[service].popleft().letter
            self._queues[service].put_nowait(_Letter(letter.body))
            moved += 1
        return moved

    def deliver(self, service: str, body: bytes) -> None:
        """Put a raw body into a service's queue, as a broken neighbour might."""
        self._queues[service].put_nowait(_Letter(body))

    def forget_everything(self) -> None:
        """Lose all queues and their messages, like a broker whose disk was replaced; lines to it are cut."""
        self.life += 1
        for task in self._waiting:
            task.cancel()
        for queue in self._queues.values():
            with suppress(asyncio.QueueEmpty):
                while True:
                    queue.get_nowait()
        self._dead.clear()
        self._epochs.clear()

    def close(self) -> None:
        """End the retries that are still waiting."""
        for task in self._waiting:
            task.cancel()

    async def _work(self, service: str, dispatch: Dispatch, store_answers: StoreProbe) -> None:
        """One hand. A hand that finds the store away takes nothing until it is back."""
        queue = self._queues[service]
        while True:
            letter = await queue.get()
            handling = self._handle(service, letter, dispatch)
            verdict = await self._world.to_the_end(handling, name=f"{service}-handling", patience=FINISH_SECONDS)
            if verdict is Verdict.STORE_DOWN:
                while not await store_answers():
                    await self._world.clock.sleep(PROBE_SECONDS)

    async def _handle(self, service: str, letter: _Letter, dispatch: Dispatch) -> Verdict:
        try:
            verdict = await dispatch(letter.body)
        except asyncio.CancelledError:
            self._queues[service].put_nowait(letter)
            raise
        if verdict is Verdict.STORE_DOWN:
            self._queues[service].put_nowait(letter)
        elif verdict is Verdict.RETRY and letter.attempt < len(self._ladder):
            self._later(service, letter)
        elif verdict is not Verdict.DONE:
            self._dead[service].append(_Dead(letter, self._world.clock.now()))
        return verdict

    def _later(self, service: str, letter: _Letter) -> None:
        async def again() -> None:
            await self._world.clock.sleep(self._ladder[letter.attempt].total_seconds())
            self._queues[service].put_nowait(_Letter(letter.body, letter.attempt + 1))

        task = self._world.spawn(again(), name=f"{service}-retry")
        self._waiting.add(task)
        task.add_done_callback(self._waiting.discard)


def _id_in(body: bytes) -> str | None:
    """What the real broker keeps beside the body."""
    try:
        return str(json.loads(body)["id"])
    except (ValueError, TypeError, KeyError, RecursionError):
        return None


@dataclass(frozen=True, slots=True)
class MemoryLine:
    broker: MemoryBroker
    service: str
    life: int

    async def publish(self, batch: Sequence[Outgoing]) -> frozenset[UUID]:
        self.check()
        confirmed: set[UUID] = set()
        for each in batch:
            listeners = self.broker._bindings.get((each.exchange, each.routing_key), frozenset())
            for listener in listeners:
                self.broker._queues[listener].put_nowait(_Letter(each.body))
            if listeners:
                confirmed.add(each.id)
        return frozenset(confirmed)

    async def incarnation(self) -> UUID | None:
        self.check()
        return self.broker._epochs.get(self.service)

    async def write_incarnation(self, incarnation: UUID) -> None:
        self.check()
        self.broker._epochs[self.service] = incarnation

    def check(self) -> None:
        if self.life != self.broker.life:
            raise BrokerDown("the broker was replaced")
