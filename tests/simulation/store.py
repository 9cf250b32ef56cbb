"""The twin of a service's store, as its processes reach it: over a network, and not always.

What is inside of a transaction happens at once or not at all, as in the twin itself; a process that is killed in front
of it has changed nothing, one that is killed behind it has.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import override

from chassis.faults import StoreUnavailable
from chassis.memory import MemoryStore
from chassis.world import World

from tests.simulation.processes import CURRENT, Life
from tests.simulation.trace import Trace
from tests.simulation.weather import Weather

NEAR_SECONDS = 0.004
SLOW_SECONDS = 3.0
CONNECT_SECONDS = 0.25
AT_ONCE = 0.6
"""So many transactions find the store so near that nobody else gets a turn before them."""


class Store(MemoryStore):
    def __init__(self, world: World, *, service: str, weather: Weather, trace: Trace) -> None:
        super().__init__(world)
        self._service = service
        self._weather = weather
        self._trace = trace

    async def answers(self) -> bool:
        """The probe of its worker."""
        return self._service not in self._weather.stores_down

    @override
    @asynccontextmanager
    async def transaction(self) -> AsyncGenerator[None]:
        life = CURRENT.get()
        if life is None:
            # Nobody's: the checker reads what is stored.
            async with super().transaction():
                yield
            return
        await self._reached_by(life)
        async with super().transaction():
            life.check()
            yield
        if self._weather.strikes("lost_commit"):
            self._trace.note(self._service, life.process.name, "COMMIT", fault="answer lost")
            raise StoreUnavailable(self._service, "the answer to COMMIT was lost")

    async def _reached_by(self, life: Life) -> None:
        await life.gate()
        draw = self._weather.random.random()
        if draw > AT_ONCE:
            await asyncio.sleep(NEAR_SECONDS * (draw - AT_ONCE))
        if self._weather.strikes("slow_store"):
            await asyncio.sleep(SLOW_SECONDS * self._weather.random.random())
        await life.gate()
        name = life.process.name
        down = self._service in self._weather.stores_down or not self._weather.reaches(name, "store")
        refused = not down and self._weather.strikes("refused_store")
        if refused:
            self._trace.note(name, self._service, "store", fault="no connection")
        if down or refused:
            await asyncio.sleep(CONNECT_SECONDS)
            raise StoreUnavailable(self._service, "no connection")
