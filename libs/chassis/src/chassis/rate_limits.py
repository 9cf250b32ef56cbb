"""Rate limits: how often something may happen in a time, per whatever keys the caller names."""

from collections import deque
from dataclasses import dataclass, field
from datetime import timedelta
from math import ceil
from typing import Any, Protocol

from limits import RateLimitItem, RateLimitItemPerSecond
from limits.aio.storage import Storage
from limits.aio.strategies import MovingWindowRateLimiter
from limits.errors import StorageError

from chassis import tracing
from chassis.logging import get_logger
from chassis.world import World

REDIS_SECONDS = 0.1
MAX_CONNECTIONS = 8
MOST_TRAILS = 100_000
"""So many keys are counted in memory; beyond, those that were hit first are forgotten."""

log = get_logger("chassis.rate_limits")


@dataclass(frozen=True, slots=True)
class Rule:
    """At most `amount` times in any `window`."""

    name: str
    amount: int
    window: timedelta

    @property
    def item(self) -> RateLimitItem:
        return RateLimitItemPerSecond(self.amount, ceil(self.window.total_seconds()), namespace=self.name)


@dataclass(frozen=True, slots=True)
class Allowance:
    """Whether it may happen (once more), how often it may afterwards, and in how many seconds the window moves on."""

    allowed: bool
    remaining: int
    retry_after: int


class Limiter(Protocol):
    async def hit(self, rule: Rule, *keys: str) -> Allowance:
        """Count one, if it is allowed."""
        ...

    async def check(self, rule: Rule, *keys: str) -> Allowance:
        """Look without counting."""
        ...

    async def clear(self, rule: Rule, *keys: str) -> None:
        """Forget what was counted."""
        ...

    async def close(self) -> None: ...


class _StorageLimiter:
    """A moving window over a storage of the `limits` package."""

    def __init__(self, storage: Storage, world: World) -> None:
        self._window = MovingWindowRateLimiter(storage)
        self._clock = world.clock

    async def hit(self, rule: Rule, *keys: str) -> Allowance:
        allowed = await self._window.hit(rule.item, *keys)
        return await self._allowance(rule, keys, allowed=allowed)

    async def check(self, rule: Rule, *keys: str) -> Allowance:
        allowed = await self._window.test(rule.item, *keys)
        return await self._allowance(rule, keys, allowed=allowed)

    async def clear(self, rule: Rule, *keys: str) -> None:
        await self._window.clear(rule.item, *keys)

    async def _allowance(self, rule: Rule, keys: tuple[str, ...], *, allowed: bool) -> Allowance:
        stats = await self._window.get_window_stats(rule.item, *keys)
        wait = ceil(stats.reset_time - self._clock.now().timestamp())
        # The storage has a clock of its own: what it says may be a little off, not out of all bounds.
        return Allowance(allowed, max(0, stats.remaining), min(max(1, wait), rule.item.get_expiry()))


@dataclass(slots=True)
class _Trail:
    """When one thing happened, as long as it counts."""

    window: float
    hits: deque[float] = field(default_factory=deque)

    def forget_until(self, now: float) -> None:
        while self.hits and self.hits[0] <= now - self.window:
            self.hits.popleft()


class MemoryLimiter:
    """Counts in this process alone: the twin, and what is left while Redis is away."""

    def __init__(self, world: World) -> None:
        self._clock = world.clock
        self._trails: dict[tuple[str, ...], _Trail] = {}

    async def hit(self, rule: Rule, *keys: str) -> Allowance:
        return self._look(rule, keys, count=True)

    async def check(self, rule: Rule, *keys: str) -> Allowance:
        return self._look(rule, keys, count=False)

    async def clear(self, rule: Rule, *keys: str) -> None:
        self._trails.pop((rule.name, *keys), None)

    async def close(self) -> None:
        return

    def _look(self, rule: Rule, keys: tuple[str, ...], *, count: bool) -> Allowance:
        now = self._clock.monotonic()
        trail = self._trails.get((rule.name, *keys)) or _Trail(rule.window.total_seconds())
        trail.forget_until(now)
        allowed = len(trail.hits) < rule.amount
        if count and allowed:
            trail.hits.append(now)
            self._keep((rule.name, *keys), trail)
        wait = ceil(trail.hits[0] + trail.window - now) if trail.hits else 1
        return Allowance(allowed, rule.amount - len(trail.hits), max(1, wait))

    def _keep(self, key: tuple[str, ...], trail: _Trail) -> None:
        self._trails[key] = trail
        if len(self._trails) > MOST_TRAILS:
            del self._trails[next(iter(self._trails))]


class RedisLimiter:
    """Counts for all replicas together. While Redis does not answer within 100 ms, each replica counts alone."""

    def __init__(self, url: str, world: World) -> None:
        # Imported here, so that the demo starts without the driver.
        from limits.aio.storage import RedisStorage
        from redis.asyncio import BlockingConnectionPool

        # A few connections that are waited for: a burst that opens one for each request times out on its own.
        self._pool = BlockingConnectionPool.from_url(
            url,
            max_connections=MAX_CONNECTIONS,
            timeout=REDIS_SECONDS,
            socket_timeout=REDIS_SECONDS,
            socket_connect_timeout=REDIS_SECONDS,
        )
        # The pool goes straight to redis-py, which is wider than the storage's annotations.
        options: dict[str, Any] = {"connection_pool": self._pool}
        storage = RedisStorage(f"async+{url}", wrap_exceptions=True, implementation="redispy", **options)
        self._shared = _StorageLimiter(storage, world)
        self._alone = MemoryLimiter(world)

    async def hit(self, rule: Rule, *keys: str) -> Allowance:
        try:
            with tracing.step(f"hit {rule.name}", db_system="redis"):
                return await self._shared.hit(rule, *keys)
        except StorageError as fault:
            log.warning("limiter.alone", rule=rule.name, fault=str(fault))
            return await self._alone.hit(rule, *keys)

    async def check(self, rule: Rule, *keys: str) -> Allowance:
        try:
            with tracing.step(f"check {rule.name}", db_system="redis"):
                return await self._shared.check(rule, *keys)
        except StorageError as fault:
            log.warning("limiter.alone", rule=rule.name, fault=str(fault))
            return await self._alone.check(rule, *keys)

    async def clear(self, rule: Rule, *keys: str) -> None:
        await self._alone.clear(rule, *keys)
        try:
            with tracing.step(f"clear {rule.name}", db_system="redis"):
                await self._shared.clear(rule, *keys)
        except StorageError as fault:
            log.warning("limiter.alone", rule=rule.name, fault=str(fault))

    async def close(self) -> None:
        await self._pool.aclose()
