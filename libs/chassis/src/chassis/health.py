"""Probes: alive (the loop turns), started (settings and schema are right), ready (and not leaving)."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import Response

from chassis.log_events import EVENTS
from chassis.logging import get_logger
from chassis.problems import problem
from chassis.world import World

TICK_SECONDS = 1.0
STALE_SECONDS = 5.0

log = get_logger("chassis.health", EVENTS)

Check = Callable[[], Awaitable[list[str]]]
"""Looks at a store's settings and schema once; what is wrong, in sentences."""
Probe = Callable[[Request], Awaitable[Response]]


@dataclass(slots=True)
class Health:
    """What the probes look at. A store that is down later does not make a process unready."""

    world: World
    faults: list[str] = field(default_factory=lambda: ["starting"])
    draining: bool = False
    ticked_at: float = 0.0
    _goodbyes: list[Callable[[], None]] = field(default_factory=list)
    _late: list[Callable[[float], None]] = field(default_factory=list)

    async def tick(self) -> None:
        """Until cancelled; a blocked event loop is seen by its silence."""
        while True:
            self.ticked_at = self.world.clock.monotonic()
            await self.world.clock.sleep(TICK_SECONDS)
            late = max(0.0, self.world.clock.monotonic() - self.ticked_at - TICK_SECONDS)
            for tell in self._late:
                tell(late)

    async def assert_settings(self, *checks: Check) -> None:
        """Run the checks until all are content; a wrong setting keeps the process unready and says why."""
        while True:
            found = [fault for check in checks for fault in await _look(check)]
            if found and found != self.faults:
                log.warning("health.not_ready", faults=found)
            self.faults = found
            if not found:
                return
            await self.world.clock.sleep(TICK_SECONDS)

    def when_leaving(self, goodbye: Callable[[], None]) -> None:
        """Call this as soon as the process begins to leave: for what would never end by itself, such as streams."""
        self._goodbyes.append(goodbye)

    def when_late(self, tell: Callable[[float], None]) -> None:
        """Call this once a second with how many seconds the event loop was late."""
        self._late.append(tell)

    def leave(self) -> None:
        """Unready from now on."""
        self.draining = True
        for goodbye in self._goodbyes:
            goodbye()

    @property
    def ready(self) -> bool:
        return not self.faults and not self.draining


async def _look(check: Check) -> list[str]:
    try:
        return await check()
    except Exception as fault:  # a check that cannot look is a fault that the probe should tell, not a dead task
        log.error("health.check_failed", exc_info=fault)
        return [f"a check failed: {type(fault).__name__}"]


def probes(health: Health) -> Mapping[str, Probe]:
    """Path -> answer: `/livez`, `/startupz` and `/readyz`, for the internal port."""

    async def livez(_request: Request) -> Response:
        if health.world.clock.monotonic() - health.ticked_at > STALE_SECONDS:
            return problem(503, "unavailable", "The event loop is stuck.")
        return Response(status_code=204)

    async def startupz(_request: Request) -> Response:
        if health.faults:
            return problem(503, "unavailable", "; ".join(health.faults))
        return Response(status_code=204)

    async def readyz(_request: Request) -> Response:
        if not health.ready:
            return problem(503, "unavailable", "; ".join(health.faults) or "leaving")
        return Response(status_code=204)

    return {"/livez": livez, "/startupz": startupz, "/readyz": readyz}
