"""One suite for the limiter in memory and the one on Redis, and what only one of them can show."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from chassis import rate_limits
from chassis.rate_limits import Limiter, MemoryLimiter, RedisLimiter, Rule
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


async def test_so_many_are_allowed_and_then_none(limiter: Limiter) -> None:
    rule = a_rule(2)

    first, second, third = [await limiter.hit(rule, "ada") for _ in range(3)]

    assert [each.allowed for each in (first, second, third)] == [True, True, False]
    assert [each.remaining for each in (first, second, third)] == [1, 0, 0]
    assert 3590 <= third.retry_after <= 3600


async def test_looking_counts_nothing(limiter: Limiter) -> None:
    rule = a_rule(1)

    assert [(await limiter.check(rule, "ada")).allowed for _ in range(3)] == [True] * 3
    await limiter.hit(rule, "ada")
    assert not (await limiter.check(rule, "ada")).allowed


async def test_each_key_and_each_rule_counts_for_itself(limiter: Limiter) -> None:
    rule, other = a_rule(1), a_rule(1)
    await limiter.hit(rule, "ada", "here")

    assert not (await limiter.check(rule, "ada", "here")).allowed
    assert (await limiter.check(rule, "ada", "there")).allowed
    assert (await limiter.check(other, "ada", "here")).allowed


async def test_what_was_counted_can_be_forgotten(limiter: Limiter) -> None:
    rule = a_rule(1)
    await limiter.hit(rule, "ada")
    await limiter.hit(rule, "bob")

    await limiter.clear(rule, "ada")

    assert (await limiter.hit(rule, "ada")).allowed
    assert not (await limiter.hit(rule, "bob")).allowed


async def test_of_many_at_once_no_more_are_allowed(limiter: Limiter) -> None:
    rule = a_rule(5)

    answers = await asyncio.gather(*(limiter.hit(rule, "ada") for _ in range(20)))

    assert sum(each.allowed for each in answers) == 5


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


async def test_without_redis_each_process_counts_alone() -> None:
    limiter, rule = RedisLimiter("redis://127.0.0.1:1", World()), a_rule(1)

    assert (await limiter.hit(rule, "ada")).allowed
    assert not (await limiter.hit(rule, "ada")).allowed
    await limiter.clear(rule, "ada")
    assert (await limiter.check(rule, "ada")).allowed
    await limiter.close()
