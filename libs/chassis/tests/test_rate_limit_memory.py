"""What is counted is forgotten: when it is asked for, when its window has passed, when there is too much of it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from chassis import rate_limits
from chassis.rate_limits import Limiter, MemoryLimiter, Rule
from chassis.redis_limiter import RedisLimiter
from chassis.world import World

HOUR = timedelta(hours=1)


@dataclass
class HandClock:
    seconds: float = 0

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.seconds, UTC)

    def monotonic(self) -> float:
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        self.seconds += seconds


@pytest.fixture(params=["memory", "redis"])
async def limiter(request: pytest.FixtureRequest) -> AsyncIterator[Limiter]:
    if request.param == "memory":
        yield MemoryLimiter(World())
        return
    made = RedisLimiter(request.getfixturevalue("fresh_redis"), World())
    yield made
    await made.close()


def a_rule(amount: int = 2) -> Rule:
    return Rule(f"rule-{uuid4().hex}", amount, HOUR)


async def test_what_was_counted_can_be_forgotten(limiter: Limiter) -> None:
    rule = a_rule(1)
    await limiter.hit(rule, "ada")
    await limiter.hit(rule, "bob")

    await limiter.clear(rule, "ada")

    assert (await limiter.hit(rule, "ada")).allowed
    assert not (await limiter.hit(rule, "bob")).allowed


async def test_the_window_moves_with_the_clock_of_the_world() -> None:
    clock = HandClock()
    limiter, rule = MemoryLimiter(World(clock=clock)), a_rule(2)
    await limiter.hit(rule, "ada")
    clock.seconds = 600
    await limiter.hit(rule, "ada")

    clock.seconds = 3599
    closed = await limiter.check(rule, "ada")
    clock.seconds = 3600
    open_again = await limiter.check(rule, "ada")

    assert (closed.allowed, closed.retry_after) == (False, 1)
    assert (open_again.allowed, open_again.remaining) == (True, 1)


async def test_a_flood_of_keys_does_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rate_limits, "MOST_TRAILS", 3)
    limiter, rule = MemoryLimiter(World()), a_rule(1)

    for n in range(10):
        await limiter.hit(rule, f"user-{n}")

    assert len(limiter._trails) == 3
    assert not (await limiter.check(rule, "user-9")).allowed
