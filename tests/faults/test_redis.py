"""Redis is never the truth: emptied twenty times and then away, it costs no order and no session, and limits go on.

`MERCATO_CHECKOUTS=1000` and `MERCATO_OUTAGE_SECONDS=300` are the size that counts.
"""

import os
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from random import Random

import httpx2
import pytest
import redis
from dev.grounds import by_hand
from dev.ports import url
from dev.settings import make_replicas
from dev.street import Street as Shop
from testkit.evidence import Evidence

from tests.faults.shop.crowd import PASSWORD, SESSIONS, Buyer, Crowd, Json, expect
from tests.faults.shop.ending import ends_well
from tests.faults.shop.shelves import put_on_shelves
from tests.faults.shop.street import Street
from tests.faults.shop.wishes import mixed

pytestmark = pytest.mark.asyncio(loop_scope="session")

CHECKOUTS = int(os.environ.get("MERCATO_CHECKOUTS", "40"))
SIGNED_IN = CHECKOUTS // 5
AWAY_SECONDS = float(os.environ.get("MERCATO_OUTAGE_SECONDS", "2"))
FLUSHES = 20
YOUNG_SECONDS = 240
"""An access token lives 300 s; the last of them are nobody's to measure."""
AS_SHIPPED = dict.fromkeys(("sign_in_failures", "network_failures", "account_failures"))
FAILURES = 10
"""So many for one account and network in a quarter of an hour."""


async def test_redis_emptied_twenty_times_and_then_away_is_not_missed(
    crowd: Crowd, dice: Random, evidence: Evidence
) -> None:
    evidence("T7", trials=CHECKOUTS, unit="checkouts while Redis forgets and is away")
    evidence("T7", trials=SIGNED_IN, unit="sessions while Redis forgets and is away")
    await put_on_shelves(crowd.street, **{"REDIS-PLENTY": 5_000, "REDIS-SHORT": 2})
    server = crowd.street.grounds.redis
    share = CHECKOUTS // 2

    async with crowd.rush(mixed(dice, plenty="REDIS-PLENTY", short="REDIS-SHORT", count=CHECKOUTS), admitted=0) as rush:
        sessions = [await session(buyer) for buyer in (crowd.buyers * SIGNED_IN)[:SIGNED_IN]]
        for flushed in range(1, FLUSHES + 1):
            rush.admit(share * flushed // FLUSHES - share * (flushed - 1) // FLUSHES)
            await rush.reached(share * flushed // FLUSHES)
            with redis.Redis.from_url(server.url) as client:
                client.flushall()
        await by_hand(server.kill)
        rush.admit(share)
        ends = time.monotonic() + AWAY_SECONDS
        while time.monotonic() < ends:
            await dice.choice(crowd.buyers).sign_in()
        await by_hand(server.start)

    assert {status for each in sessions for status in await still_good(crowd, each)} == {200}
    await ends_well(crowd, rush.promises, short={"REDIS-SHORT": 2})


async def test_without_redis_whoever_guesses_passwords_is_stopped_all_the_same(crowd: Crowd) -> None:
    (buyer,) = await crowd.grow(1)
    server = crowd.street.grounds.redis

    async with as_shipped(crowd.street) as door, httpx2.AsyncClient(base_url=door, timeout=20) as client:
        await by_hand(server.kill)
        guesses = [await guess(client, buyer) for _ in range(FAILURES + 2)]
        await by_hand(server.start)

    assert [each.status_code for each in guesses] == [401] * FAILURES + [429] * 2
    assert int(guesses[-1].headers["retry-after"]) > 0


async def session(buyer: Buyer) -> Json:
    """One more of this person's."""
    body = {"email": buyer.email, "password": PASSWORD}
    began = time.monotonic()
    return {**expect(await buyer.insist("POST", SESSIONS, json=body), 201), "ends": began + YOUNG_SECONDS}


async def still_good(crowd: Crowd, given: Json) -> list[int]:
    """What the session's refresh token is answered, the access token that it gives, and the first, while it lives."""
    renewed = await crowd.client.post(f"{SESSIONS}/refresh", json={"refresh_token": given["refresh_token"]})
    first = [given["access_token"]] if time.monotonic() < given["ends"] else []
    tokens = [renewed.json().get("access_token"), *first]
    asked = [await crowd.client.get("/api/v1/me", headers={"Authorization": f"Bearer {each}"}) for each in tokens]
    return [each.status_code for each in (renewed, *asked)]


@asynccontextmanager
async def as_shipped(street: Street) -> AsyncGenerator[str]:
    """Where a second API process of user listens, which allows nobody more than in production."""
    plan = street.shop.plan
    changed = {**plan.changed, "user": {**plan.changed["user"], **AS_SHIPPED}}
    strict = replace(plan, replicas=make_replicas(), changed=changed)
    logs = street.shop.logs / "strict"
    logs.mkdir(exist_ok=True)
    (process,) = Shop.build(strict, logs).apis["user"]
    process.start()
    try:
        await process.ready()
        yield url(strict.replicas["user"][0].public)
    finally:
        await process.end()


async def guess(client: httpx2.AsyncClient, buyer: Buyer) -> httpx2.Response:
    return await client.post(SESSIONS, json={"email": buyer.email, "password": "nine copper kettles hum"})
