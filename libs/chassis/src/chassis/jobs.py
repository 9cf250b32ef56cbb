"""Work that comes round again: sweepers, expiry, senders, janitors."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

from chassis.faults import BrokerDown, StoreUnavailable, Unreachable, WriteConflict
from chassis.logging import get_logger
from chassis.world import World

log = get_logger("chassis.jobs")


@dataclass(frozen=True, slots=True)
class Job:
    """`run` says how much it did; while that is more than nothing it runs again at once."""

    name: str
    every: timedelta
    run: Callable[[], Awaitable[int]]
    bell: Callable[[], Awaitable[None]] | None = None
    """What to wait for between rounds, instead of `every`. Whoever waits is in the middle of nothing."""

    async def forever(self, world: World) -> None:
        """Until cancelled, which waits for the round that runs. A store that is down, or a bug in one round, does not
        end the later rounds."""
        while True:
            try:
                done = await world.to_the_end(self._round(), name=f"{self.name}-round")
            except (StoreUnavailable, BrokerDown, Unreachable, WriteConflict) as fault:
                log.warning("job.put_off", job=self.name, fault=str(fault))
                done = 0
            except Exception as fault:
                log.error("job.failed", job=self.name, exc_info=fault)
                done = 0
            if not done:
                await self._pause(world)

    async def _round(self) -> int:
        return await self.run()

    async def _pause(self, world: World) -> None:
        if self.bell is not None:
            await self.bell()
        else:
            await world.clock.sleep(self.every.total_seconds() * (0.9 + 0.2 * world.dice.fraction()))
