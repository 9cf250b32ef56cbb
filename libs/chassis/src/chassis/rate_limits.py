"""Rate limits: how often something may happen in a time, per whatever keys the caller names."""

from collections import deque
from dataclasses import dataclass, field
from datetime import timedelta
from math import ceil
from typing import Protocol

from chassis.world import World

MOST_TRAILS = 100_000
"""So many keys are counted in memory; beyond, those that were hit first are forgotten."""


@dataclass(frozen=True, slots=True)
class Rule:
    """At most `amount` times in any `window`."""

    name: str
    amount: int
    window: timedelta


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
