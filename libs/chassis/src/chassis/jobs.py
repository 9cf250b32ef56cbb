"""Work that comes round again: sweepers, expiry, senders, janitors."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

from chassis.faults import BrokerDown, StoreUnavailable, Unreachable, WriteConflict
from chassis.log_events import EVENTS
from chassis.logging import get_logger
from chassis.world import World

log = get_logger("chassis.jobs", EVENTS)

WentRound = Callable[[str, str], None]
"""Told of each round: the job's name, and whether it was done, put off or failed."""


@dataclass(frozen=True, slots=True)
class Job:
    """`run` says how much it did; while that is more than nothing it runs again at once."""

    name: str
    every: timedelta
    run: Callable[[], Awaitable[int]]
    bell: Callable[[], Awaitable[None]] | None = None
    """What to wait for between rounds, instead of `every`. Whoever waits is in the middle of nothing."""

    async def forever(self, world: World, went_round: WentRound | None = None) -> None:
        """Until cancelled, which waits for the round that runs. A store that is down, or a bug in one round, does not
        end the later rounds."""
        while True:
            outcome = "done"
            try:
                done = await world.to_the_end(self._round(), name=f"{self.name}-round")
            except (StoreUnavailable, BrokerDown, Unreachable, WriteConflict) as fault:
                log.warning("job.put_off", job=self.name, fault=str(fault))
                done, outcome = 0, "put_off"
            except Exception as fault:
                log.error("job.failed", job=self.name, exc_info=fault)
                done, outcome = 0, "failed"
            if went_round is not None:
                went_round(self.name, outcome)
            if not done:
                await self._pause(world)

    async def _round(self) -> int:
        return await self.run()

    async def _pause(self, world: World) -> None:
        if self.bell is not None:
            await self.bell()
        else:
            await world.clock.sleep(self.every.total_seconds() * (0.9 + 0.2 * world.dice.fraction()))
