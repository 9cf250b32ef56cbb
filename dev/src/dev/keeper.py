"""Keeps processes and stores alive: what ends is started again, after a pause that grows while it keeps ending.

Restart policies do this in compose and in a cluster. Without it a process that gave up on a store would stay away
after the store has come back.
"""

import asyncio
import time
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from testkit.stores.server import Server, StoreFailed

from dev.grounds import by_hand
from dev.processes import Process, all_ready

LOOK_SECONDS = 0.1
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 10.0
STEADY_SECONDS = 20.0
"""Whoever has lived for so long is forgiven its earlier ends."""


class Charge(Protocol):
    """What is kept alive."""

    @property
    def name(self) -> str: ...

    @property
    def pid(self) -> int | None: ...

    @property
    def alive(self) -> bool: ...

    async def begin(self) -> None: ...

    async def strike(self) -> None:
        """End it without a word, as an outage would."""
        ...


@dataclass(frozen=True)
class OfProcess:
    process: Process

    @property
    def name(self) -> str:
        return self.process.name

    @property
    def pid(self) -> int | None:
        return self.process.running.pid if self.process.running else None

    @property
    def alive(self) -> bool:
        return self.process.alive

    async def begin(self) -> None:
        self.process.start()

    async def strike(self) -> None:
        self.process.kill()


@dataclass(frozen=True)
class OfStore:
    store: Server

    @property
    def name(self) -> str:
        return self.store.name

    @property
    def pid(self) -> int | None:
        return self.store.process.pid if self.store.process else None

    @property
    def alive(self) -> bool:
        return self.store.process is not None and self.store.process.poll() is None

    async def begin(self) -> None:
        await by_hand(self.store.start)

    async def strike(self) -> None:
        await by_hand(self.store.kill)


@dataclass
class Kept:
    charge: Charge
    wanted: bool = True
    """False while we ourselves stop it."""
    ends: int = 0
    started_at: float = field(default_factory=time.monotonic)


@dataclass
class Keeper:
    """`say` tells people; `changed` hears that process ids are not what they were.

    A file in `down` with the name of a charge takes it away for as long as the file is there: how outages are made.
    """

    say: Callable[[str], None]
    down: Path
    changed: Callable[[], None] = lambda: None
    _kept: dict[str, Kept] = field(default_factory=dict)
    _over: bool = False

    @property
    def charges(self) -> list[Charge]:
        return [each.charge for each in self._kept.values()]

    def take(self, charges: Iterable[Charge]) -> None:
        """These run, and shall go on running."""
        for each in charges:
            self._kept[each.name] = Kept(each)
        self.changed()

    async def keep(self) -> None:
        """Until cancelled."""
        self.down.mkdir(exist_ok=True)
        async with asyncio.TaskGroup() as group:
            for each in self._kept.values():
                group.create_task(self._keep(each))

    async def restart(self, processes: Collection[Process]) -> None:
        """Stop these in order, start them, and return when they are ready."""
        chosen = [self._kept[each.name] for each in processes]
        for kept in chosen:
            kept.wanted = False
        await asyncio.gather(*(each.end() for each in processes))
        for kept in chosen:
            kept.ends = 0
            await self._start(kept)
            kept.wanted = True
        await all_ready(processes)

    def let_go(self) -> None:
        """Nothing is revived any more: the run ends."""
        self._over = True

    async def _keep(self, each: Kept) -> None:
        while not self._over:
            if (self.down / each.charge.name).exists():
                await self._hold_down(each)
            elif each.wanted and not each.charge.alive:
                await self._revive(each)
            await asyncio.sleep(LOOK_SECONDS)

    async def _hold_down(self, each: Kept) -> None:
        if each.charge.alive:
            self.say(f"{each.charge.name} is taken away, until {self.down.name}/{each.charge.name} is")
            await each.charge.strike()
        each.ends = -1  # it comes back at once, and this end was not its own

    async def _revive(self, each: Kept) -> None:
        if time.monotonic() - each.started_at > STEADY_SECONDS:
            each.ends = min(each.ends, 0)
        pause = 0.0 if each.ends < 0 else min(LONGEST_PAUSE, FIRST_PAUSE * 2**each.ends)
        each.ends += 1
        self.say(f"{each.charge.name} has ended; starting it again in {pause:g} s")
        await asyncio.sleep(pause)
        if each.wanted and not self._over:
            await self._start(each)

    async def _start(self, each: Kept) -> None:
        try:
            await each.charge.begin()
        except StoreFailed as failed:
            self.say(f"{each.charge.name}: {failed}")
        each.started_at = time.monotonic()
        self.changed()
