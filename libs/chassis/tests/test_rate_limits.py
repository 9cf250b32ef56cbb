"""One suite for the limiter in memory and the one in Redis, and what is left of it when Redis is away."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from chassis import shared_window
from chassis.rate_limits import Limiter, MemoryLimiter, Rule
from chassis.redis_limiter import RedisLimiter
from chassis.world import World
from testkit.stores.server import Server

THRICE = Rule("thrice", 3, timedelta(minutes=1))


@pytest.fixture(params=["memory", "redis"])
async def limiter(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Limiter]:
    if request.param == "memory":
        made: Limiter = MemoryLimiter(World())
    else:
        # A busy machine is not a Redis that hangs.
        monkeypatch.setattr(shared_window, "REDIS_SECONDS", 10.0)
        made = RedisLimiter(request.getfixturevalue("fresh_redis"), World())
    yield made
    await made.close()


async def hits(limiter: Limiter, *keys: str, times: int = 5) -> list[bool]:
    return [(await limiter.hit(THRICE, *keys)).allowed for _ in range(times)]


async def test_what_is_too_often_is_refused_and_told_when_to_come_again(limiter) -> None:
    assert await hits(limiter, "ada") == [True, True, True, False, False]

    refused = await limiter.hit(THRICE, "ada")
    assert refused.remaining == 0
    assert 1 <= refused.retry_after <= 60


async def test_each_key_is_counted_for_itself(limiter) -> None:
    await hits(limiter, "ada", "10.0.0.1")

    assert await hits(limiter, "ada", "10.0.0.2", times=1) == [True]
    assert await hits(limiter, "bob", "10.0.0.1", times=1) == [True]


async def test_a_look_does_not_count(limiter) -> None:
    for _ in range(5):
        assert (await limiter.check(THRICE, "ada")).remaining == 3
    await hits(limiter, "ada", times=3)

    assert not (await limiter.check(THRICE, "ada")).allowed


async def test_many_at_once_get_no_more_than_one_after_the_other(limiter) -> None:
    found = await asyncio.gather(*(limiter.hit(THRICE, "ada") for _ in range(20)))

    assert sum(each.allowed for each in found) == 3


@pytest.mark.parametrize("fault", ["hangs", "is down"])
async def test_without_redis_each_replica_counts_alone(redis_server, fresh_redis, fault) -> None:
    if not isinstance(redis_server, Server):
        pytest.fail("this test needs a private Redis")
    limiter = RedisLimiter(fresh_redis, World())
    assert await hits(limiter, "ada", times=2) == [True, True]
    redis_server.pause() if fault == "hangs" else redis_server.kill()
    try:
        async with asyncio.timeout(30):
            assert await hits(limiter, "ada") == [True, True, True, False, False]
            assert not (await limiter.check(THRICE, "ada")).allowed
    finally:
        redis_server.resume() if fault == "hangs" else redis_server.start()

    assert (await limiter.hit(THRICE, "bob")).allowed
    await limiter.close()
