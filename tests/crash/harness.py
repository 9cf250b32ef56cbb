"""One run: a process is told at which point to die, customers go about their business, and all must end well."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2
from dev.processes import Process, all_ready, python
from testkit.verify.invariants import assert_holds

from tests.crash.registry import Row
from tests.crash.scenarios import NONE, PLENTY, Ends, play
from tests.faults.shop.crowd import Crowd
from tests.faults.shop.ending import at_rest
from tests.faults.shop.shelves import clerk
from tests.faults.shop.street import Command

LOOK_SECONDS = 0.02
IN_HAND = 4
"""Mails that notification sends at once: killed then, it does not know which the mail server took."""
PIECES = 100_000
PATIENCE_SECONDS = 180


def dying(folder: Path) -> Command:
    """The command line of a process that dies where `folder` says."""

    def command(process: Process) -> tuple[str, ...]:
        *_, module = process.command
        return python("tests.crash.process", process.name, module, str(folder))

    return command


@dataclass
class Crashes:
    """`folder` is where processes find out at which point they have to die, and note those that they came by."""

    crowd: Crowd
    folder: Path

    async def open(self) -> None:
        async with clerk(self.crowd.street) as staff:
            await staff.introduce(PLENTY, NONE)
            await staff.restock(PLENTY, PIECES, delivery="all-that-there-is")
        await self.crowd.grow(2)
        await at_rest(self.crowd.street)

    async def tour(self, scenario: str) -> Counter[str]:
        """The scenario without a crash; how often it came by each point."""
        for diary in self.folder.glob("*.points"):
            diary.unlink()
        await self.ends_well(await play(scenario, self.crowd))
        return Counter(line for diary in self.folder.glob("*.points") for line in diary.read_text().splitlines())

    async def run(self, row: Row, *, hit: int) -> bool:
        """The scenario, with this crash in it; was there one?"""
        async with self.crash(row.process, row.point, hit=hit) as died:
            ends = await play(row.scenario, self.crowd)
            await self.rested(died)
        if died.is_set() and row.process == "notification-worker":
            self.crowd.resends += IN_HAND
        await self.ends_well(ends)
        return died.is_set()

    async def rested(self, died: asyncio.Event) -> None:
        """Returns at rest. Whoever has died and is coming back cannot tell yet what it holds, and is asked again."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                try:
                    await at_rest(self.crowd.street)
                except httpx2.HTTPError:
                    if not died.is_set():
                        raise
                    await all_ready(self.crowd.street.processes)
                else:
                    return

    @asynccontextmanager
    async def crash(self, name: str, point: str, *, hit: int) -> AsyncGenerator[asyncio.Event]:
        """While the context is open: whoever dies is started again at once, as an orchestrator would."""
        process = next(each for each in self.crowd.street.processes if each.name == name)
        died = asyncio.Event()
        armed = self.folder / f"{name}.armed"
        ready = armed.with_suffix(".new")
        ready.write_text(json.dumps({"point": point, "hit": hit}))
        ready.rename(armed)
        watching = asyncio.create_task(_revive(process, died))
        try:
            yield died
            armed.unlink(missing_ok=True)
            if died.is_set():
                await process.ready()
        finally:
            armed.unlink(missing_ok=True)
            watching.cancel()

    async def ends_well(self, ends: Ends) -> None:
        """Nothing is under way, the invariants hold, and each order has come to its one right end."""
        facts = await at_rest(self.crowd.street)
        assert_holds(facts, self.crowd.journal, resends=self.crowd.resends)
        orders = facts.orders
        found = {id_: orders[id_]["cancel_reason"] or orders[id_]["state"] for id_ in ends}
        assert found == ends
        complaints = self.crowd.street.complaints(self.crowd.marks)
        assert not complaints, "\n".join(complaints[:20])


async def _revive(process: Process, died: asyncio.Event) -> None:
    while process.alive:
        await asyncio.sleep(LOOK_SECONDS)
    died.set()
    process.start()
