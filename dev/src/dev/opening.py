"""Opening the whole street on this machine: stores, schemas, processes, shelves, gate; closing it in order."""

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import AsyncGenerator, Coroutine, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from testkit.stores.rabbit import Rabbit
from testkit.stores.server import Server

from dev.building import Building
from dev.console import Console, Follower
from dev.forking import Forking
from dev.grounds import WITH_DOCUMENTS, Grounds, by_hand
from dev.home import Home
from dev.keeper import Charge, Keeper, OfProcess, OfStore
from dev.processes import Process, all_ready
from dev.runfile import Known
from dev.watching import ROUTES, changes, concerned
from dev.welcome import welcome

NAME = "dev"
"""Of this run's corners in the stores; a run that keeps its data finds them again."""


@dataclass(frozen=True)
class Wish:
    """What somebody asked for at the command line."""

    port: int
    replicas: int
    canaries: Sequence[str]
    keep: bool
    watch: bool
    first_steps: bool
    fork: bool


@dataclass
class Run:
    """One run, while it lasts."""

    wish: Wish
    home: Home
    console: Console
    began: float
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    stores: dict[str, Server] = field(default_factory=dict)
    processes: list[Process] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.keeper = Keeper(self.console.say, self.home.down, self._note)
        self.forking = Forking(self.console.say, self.home.logs / "zygote.log", self.wish.fork)
        self.us = Known.now("supervisor", os.getpid())

    async def until_stopped(self) -> None:
        """Open, say so, watch, and close when SIGTERM, SIGHUP or Ctrl-C comes."""
        loop = asyncio.get_running_loop()
        for each in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            loop.add_signal_handler(each, self.stop.set)
        async with AsyncExitStack() as closing:
            opening = asyncio.create_task(self._open(closing))
            stopping = asyncio.create_task(self.stop.wait())
            await asyncio.wait({opening, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if not opening.done():
                opening.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await opening
            await stopping
            self.console.say("closing")
        self.console.say("closed; nothing of it runs any more")
        self.console.flush()

    async def _open(self, closing: AsyncExitStack) -> None:
        self.home.sweep(keep=self.wish.keep)
        self.forking.begin()
        closing.callback(self.forking.end)
        self._note()
        building = await self._draw(closing)
        self.processes = building.everybody
        building.street.write_settings(self.home.settings)
        logs = {each.name: each.log for each in self.processes}
        await closing.enter_async_context(_beside(Follower(self.console, logs).follow()))
        closing.push_async_callback(_end_all, building.around)
        closing.push_async_callback(building.street.close)
        closing.push_async_callback(building.gateway.leave)

        await self._furnish(building)
        self._say_step("stores answer; queues, schemas, catalogue and staff are there")
        building.gateway.render()
        building.gateway.process.start()
        took = await building.street.open()
        count = len(building.street.processes)
        self._say_step(f"{count} processes of the shop are ready, {took}")
        await asyncio.gather(building.gateway.ready(), all_ready(building.around))
        self._note()

        self.keeper.take(self._charges())
        closing.callback(self.keeper.let_go)
        await closing.enter_async_context(_beside(self.keeper.keep()))
        if self.wish.watch:
            await closing.enter_async_context(_beside(self._watch(building)))
        await self._welcome(building)

    async def _draw(self, closing: AsyncExitStack) -> Building:
        self.stores = await by_hand(self.home.make_stores)
        for each in self.stores.values():
            closing.push_async_callback(by_hand, each.stop if self.wish.keep else each.close)
        rabbit = self.stores["rabbit"]
        assert isinstance(rabbit, Rabbit)
        grounds = Grounds(
            postgres=self.stores["postgres"],
            mongo=self.stores["mongo"],
            redis=self.stores["redis"],
            rabbit=rabbit,
            name=NAME,
            passwords=self.home.secrets().messages,
        )
        wish = self.wish
        return Building.draw(
            grounds,
            self.home,
            port=wish.port,
            replicas=wish.replicas,
            canaries=wish.canaries,
            by=self.forking.start,
        )

    async def _furnish(self, building: Building) -> None:
        """Start the stores and put into them what must be there; what needs only one does not wait for the others."""
        street, grounds = building.street, building.street.plan.grounds
        loading = asyncio.create_task(self._load())

        async def around() -> None:
            await loading
            for each in building.around:
                each.start()

        async def accounts() -> None:
            await street.migrate("user")
            await street.put_at_counter(building.world.staff)

        async def catalogue() -> None:
            await street.migrate("product")
            await street.fill_shelves()

        async def tables() -> None:
            await asyncio.gather(self._start("postgres"), loading)
            await grounds.make_databases()
            await asyncio.gather(accounts(), catalogue(), street.migrate("payment"))

        async def documents() -> None:
            await asyncio.gather(self._start("mongo"), loading)
            await street.migrate(*WITH_DOCUMENTS)

        async def broker() -> None:
            await self._start("rabbit")
            await grounds.lay_out_broker()

        await asyncio.gather(around(), tables(), documents(), broker(), self._start("redis"))

    async def _load(self) -> None:
        cost = await self.forking.loaded()
        if cost is not None:
            self._say_step(cost)

    async def _start(self, kind: str) -> None:
        await by_hand(self.stores[kind].start)
        self._note()

    async def _watch(self, building: Building) -> None:
        async for paths in changes():
            if ROUTES in paths:
                self.console.say(building.gateway.render_routes() or "gateway/routes.yaml changed: new routes")
            names = concerned(paths, [each.name for each in self.processes])
            if names:
                files = ", ".join(sorted(each.name for each in paths))
                self.console.say(f"{files} changed: starting {', '.join(sorted(names))} anew")
                await self.keeper.restart([each for each in self.processes if each.name in names])
                self.console.say("ready again")

    async def _welcome(self, building: Building) -> None:
        opened = f"{time.monotonic() - self.began:.1f} s after the start, on real stores. Ctrl-C closes it."
        if self.wish.first_steps:
            self.console.out.write(await welcome(building, opened=opened, colour=self.console.out.isatty()))
        else:
            self.console.say(f"Mercato is open at {building.gateway.url}, {opened}")
        self.console.flush()

    def _say_step(self, text: str) -> None:
        self.console.say(f"{time.monotonic() - self.began:5.1f} s  {text}")
        self.console.flush()

    def _charges(self) -> list[Charge]:
        return [*map(OfStore, self.stores.values()), *map(OfProcess, self.processes)]

    def _note(self) -> None:
        """Write down who belongs to us now."""
        known = [Known.now(each.name, each.pid) for each in self._charges() if each.pid is not None]
        if self.forking.zygote is not None:
            known.insert(0, Known.now("zygote", self.forking.zygote.process.pid))
        self.home.run_file.write([self.us, *known], stores=self.home.stores)


async def _end_all(processes: Sequence[Process]) -> None:
    await asyncio.gather(*(each.end() for each in processes))


@asynccontextmanager
async def _beside(work: Coroutine[Any, Any, None]) -> AsyncGenerator[None]:
    """This work goes on while the context is open."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
