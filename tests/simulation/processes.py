"""Processes that can be killed, frozen, stopped in order and started again.

A task belongs to the life of the process in whose context it was made. A kill ends all tasks of a life at once, in the
middle of whatever they await; from then on nothing that they still do on their way out reaches anybody.
"""

import asyncio
from collections.abc import Callable, Coroutine
from contextvars import Context, ContextVar, copy_context
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, override

from chassis.world import World

from tests.simulation.chance import VirtualTime

CURRENT: ContextVar["Life | None"] = ContextVar("life", default=None)

type Main = Callable[["Life"], Coroutine[Any, Any, None]]


@dataclass(eq=False, slots=True)
class Life:
    """One life of a process: from its start to its end."""

    process: "Process"
    number: int
    tasks: dict[asyncio.Task[Any], None] = field(default_factory=dict)
    ended: bool = False
    service: Any = None
    """What it has wired, once it can be asked."""
    main: asyncio.Task[None] | None = None

    async def gate(self) -> None:
        """Before anything that somebody outside would notice: the dead do nothing, the frozen do it later."""
        self.check()
        while self.process.thawed is not None:
            await self.process.thawed.wait()
            self.check()

    def check(self) -> None:
        if self.ended:
            raise asyncio.CancelledError

    def spawn[T](self, work: Coroutine[Any, Any, T], *, name: str) -> asyncio.Task[T]:
        """Start work in this life, whoever asks for it."""
        context = copy_context()
        context.run(CURRENT.set, self)
        return asyncio.get_running_loop().create_task(work, name=name, context=context)


@dataclass(eq=False, slots=True)
class Process:
    name: str
    service: str
    begin: Main
    skew: timedelta = timedelta()
    life: Life | None = None
    lives: int = 0
    thawed: asyncio.Event | None = None
    """Set while it is frozen, to wait for."""

    @property
    def is_up(self) -> bool:
        return self.life is not None and self.life.service is not None

    def start(self) -> None:
        if self.life is not None:
            return
        self.lives += 1
        life = self.life = Life(self, self.lives)
        life.main = life.spawn(self.begin(life), name=f"{self.name}-main")

    def kill(self) -> None:
        """SIGKILL."""
        life, self.life = self.life, None
        if life is None:
            return
        life.ended = True
        self.thaw()
        for task in list(life.tasks):
            task.cancel()

    async def stop(self, *, patience: float) -> None:
        """SIGTERM, and SIGKILL for whoever is not gone after `patience` seconds."""
        life = self.life
        if life is None or life.main is None:
            return
        life.main.cancel()
        await asyncio.wait([life.main], timeout=patience)
        if self.life is life:
            self.kill()

    def freeze(self) -> None:
        """SIGSTOP."""
        if self.thawed is None:
            self.thawed = asyncio.Event()

    def thaw(self) -> None:
        """SIGCONT."""
        thawed, self.thawed = self.thawed, None
        if thawed is not None:
            thawed.set()


def keep_house(loop: asyncio.AbstractEventLoop) -> None:
    """Make every new task belong to the life in whose context it runs."""

    def make(
        on: asyncio.AbstractEventLoop, work: Coroutine[Any, Any, Any], *, context: Context | None = None
    ) -> asyncio.Task[Any]:
        task = asyncio.Task(work, loop=on, context=context)
        life = CURRENT.get() if context is None else context.get(CURRENT)
        if life is not None:
            life.tasks[task] = None
            task.add_done_callback(life.tasks.pop)
            if life.ended:
                task.cancel()
        return task

    loop.set_task_factory(make)


@dataclass(slots=True)
class SkewedClock:
    """The clock of one process, which may be off. What it measures durations with is not."""

    time: VirtualTime
    process: Process | None = None

    def now(self) -> datetime:
        return self.time.now() + self.process.skew if self.process is not None else self.time.now()

    def monotonic(self) -> float:
        return self.time.loop_time()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class OneThread(World):
    """A world without threads: what would block there is done at once."""

    @override
    async def in_thread[T](self, work: Callable[[], T]) -> T:
        return work()
