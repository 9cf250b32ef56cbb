"""Keeps processes alive: what ends by itself is started again, after a pause that grows while it keeps ending.

Restart policies do this in compose and in a cluster. Without it a process that gave up on a store would stay away
after the store has come back.
"""

import asyncio
import time
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field

from dev.processes import Process, all_ready

LOOK_SECONDS = 0.1
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 10.0
STEADY_SECONDS = 20.0
"""Whoever has lived for so long is forgiven its earlier ends."""


@dataclass
class Kept:
    process: Process
    wanted: bool = True
    """False while we ourselves stop it."""
    ends: int = 0
    started_at: float = field(default_factory=time.monotonic)
    due_at: float | None = None


@dataclass
class Keeper:
    """`say` tells people; `changed` hears that process ids are not what they were."""

    say: Callable[[str], None]
    changed: Callable[[], None] = lambda: None
    _kept: dict[str, Kept] = field(default_factory=dict)

    @property
    def processes(self) -> list[Process]:
        return [each.process for each in self._kept.values()]

    def take(self, processes: Iterable[Process]) -> None:
        """These run, and shall go on running."""
        for each in processes:
            self._kept[each.name] = Kept(each)
        self.changed()

    async def keep(self) -> None:
        """Until cancelled."""
        while True:
            for each in self._kept.values():
                if each.wanted and not each.process.alive:
                    self._revive(each)
            await asyncio.sleep(LOOK_SECONDS)

    async def restart(self, names: Collection[str]) -> None:
        """Stop these in order, start them, and return when they are ready."""
        chosen = [self._kept[name] for name in names]
        for each in chosen:
            each.wanted = False
        await asyncio.gather(*(each.process.end() for each in chosen))
        for each in chosen:
            each.ends = 0
            self._start(each)
            each.wanted = True
        await all_ready([each.process for each in chosen])

    def let_go(self) -> None:
        """Nothing is revived any more: the run ends."""
        for each in self._kept.values():
            each.wanted = False

    def _revive(self, each: Kept) -> None:
        now = time.monotonic()
        if each.due_at is None:
            if now - each.started_at > STEADY_SECONDS:
                each.ends = 0
            pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2**each.ends)
            each.ends += 1
            each.due_at = now + pause
            status = each.process.running.returncode if each.process.running else None
            self.say(f"{each.process.name} ended ({status}); starting it again in {pause:g} s")
        elif now >= each.due_at:
            self._start(each)

    def _start(self, each: Kept) -> None:
        each.process.start()
        each.started_at, each.due_at = time.monotonic(), None
        self.changed()
