"""A moving window in Redis, by the `limits` package: all replicas count together."""

from collections.abc import Generator
from contextlib import contextmanager
from math import ceil
from typing import Any

from limits import RateLimitItem, RateLimitItemPerSecond
from limits.aio.storage import RedisStorage
from limits.aio.strategies import MovingWindowRateLimiter
from limits.errors import StorageError
from redis.asyncio import BlockingConnectionPool

from chassis import tracing
from chassis.faults import StoreUnavailable
from chassis.rate_limits import Allowance, Rule
from chassis.world import World

REDIS_SECONDS = 0.1


class SharedWindow:
    """Raises StoreUnavailable when Redis does not answer within 100 ms."""

    def __init__(self, url: str, world: World, *, connections: int) -> None:
        # A few connections that are waited for: a burst that opens one for each request times out on its own.
        self._pool = BlockingConnectionPool.from_url(
            url,
            max_connections=connections,
            timeout=REDIS_SECONDS,
            socket_timeout=REDIS_SECONDS,
            socket_connect_timeout=REDIS_SECONDS,
        )
        # The pool goes straight to redis-py, which is wider than the storage's annotations.
        options: dict[str, Any] = {"connection_pool": self._pool}
        storage = RedisStorage(f"async+{url}", wrap_exceptions=True, implementation="redispy", **options)
        self._window = MovingWindowRateLimiter(storage)
        self._clock = world.clock

    async def hit(self, rule: Rule, *keys: str) -> Allowance:
        with _asking("hit", rule):
            allowed = await self._window.hit(_item(rule), *keys)
            return await self._allowance(rule, keys, allowed=allowed)

    async def check(self, rule: Rule, *keys: str) -> Allowance:
        with _asking("check", rule):
            allowed = await self._window.test(_item(rule), *keys)
            return await self._allowance(rule, keys, allowed=allowed)

    async def clear(self, rule: Rule, *keys: str) -> None:
        with _asking("clear", rule):
            await self._window.clear(_item(rule), *keys)

    @property
    def in_use(self) -> int:
        """How many connections somebody has right now."""
        return len(self._pool._in_use_connections)

    async def close(self) -> None:
        await self._pool.aclose()

    async def _allowance(self, rule: Rule, keys: tuple[str, ...], *, allowed: bool) -> Allowance:
        item = _item(rule)
        stats = await self._window.get_window_stats(item, *keys)
        wait = ceil(stats.reset_time - self._clock.now().timestamp())
        # The storage has a clock of its own: what it says may be a little off, not out of all bounds.
        return Allowance(allowed, max(0, stats.remaining), min(max(1, wait), item.get_expiry()))


def _item(rule: Rule) -> RateLimitItem:
    return RateLimitItemPerSecond(rule.amount, ceil(rule.window.total_seconds()), namespace=rule.name)


@contextmanager
def _asking(what: str, rule: Rule) -> Generator[None]:
    try:
        with tracing.step(f"{what} {rule.name}", db_system="redis"):
            yield
    except StorageError as fault:
        raise StoreUnavailable("Redis", str(fault)) from fault
