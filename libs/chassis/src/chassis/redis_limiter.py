"""Rate limits that all replicas share, by Redis; without it each goes on alone."""

from typing import TYPE_CHECKING

from chassis.faults import StoreUnavailable
from chassis.log_events import EVENTS
from chassis.logging import get_logger
from chassis.pools import Load, Pool
from chassis.rate_limits import Allowance, MemoryLimiter, Rule
from chassis.world import World

if TYPE_CHECKING:
    from chassis.shared_window import SharedWindow

MAX_CONNECTIONS = 8
"""To Redis, of one process."""

log = get_logger("chassis.rate_limits", EVENTS)


class RedisLimiter:
    """Counts for all replicas together. While Redis does not answer within 100 ms, each replica counts alone."""

    def __init__(self, url: str, world: World) -> None:
        self._url = url
        self._world = world
        self._shared: SharedWindow | None = None
        self._alone = MemoryLimiter(world)
        self._missed = 0

    async def hit(self, rule: Rule, *keys: str) -> Allowance:
        try:
            return await self._window().hit(rule, *keys)
        except StoreUnavailable as fault:
            self._miss(rule, fault)
            return await self._alone.hit(rule, *keys)

    async def check(self, rule: Rule, *keys: str) -> Allowance:
        try:
            return await self._window().check(rule, *keys)
        except StoreUnavailable as fault:
            self._miss(rule, fault)
            return await self._alone.check(rule, *keys)

    async def clear(self, rule: Rule, *keys: str) -> None:
        await self._alone.clear(rule, *keys)
        try:
            await self._window().clear(rule, *keys)
        except StoreUnavailable as fault:
            self._miss(rule, fault)

    @property
    def pool(self) -> Pool:
        """How full the pool is, for whoever counts; not to be answered in time counts as waiting in vain."""
        return Pool("redis", self._load)

    def _load(self) -> Load:
        if self._shared is None:
            return Load(MAX_CONNECTIONS, 0, self._missed)
        return Load(MAX_CONNECTIONS, self._shared.in_use, self._missed)

    def _miss(self, rule: Rule, fault: StoreUnavailable) -> None:
        self._missed += 1
        log.warning("limiter.alone", rule=rule.name, fault=str(fault))

    async def close(self) -> None:
        if self._shared is not None:
            await self._shared.close()

    def _window(self) -> "SharedWindow":
        """Opened when there is something to count: a worker, which is wired alike, never loads the driver (5 MB)."""
        if self._shared is None:
            from chassis.shared_window import SharedWindow

            self._shared = SharedWindow(self._url, self._world, connections=MAX_CONNECTIONS)
        return self._shared
