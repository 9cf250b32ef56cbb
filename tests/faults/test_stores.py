"""A store that goes away for a moment: nothing acknowledged is lost, and whoever asks meanwhile is told to wait."""

from random import Random

import pytest
import redis
from dev.grounds import by_hand

from tests.faults.shop.crowd import Crowd
from tests.faults.shop.ending import ends_well
from tests.faults.shop.shelves import put_on_shelves
from tests.faults.shop.wishes import mixed

pytestmark = pytest.mark.asyncio(loop_scope="session")

ASKS = {"postgres": "/api/v1/payment-methods", "mongo": "/api/v1/cart"}
"""A question that this store alone can answer."""
RESENDS = {"postgres": 0, "mongo": 4}
"""So many mails notification sends at once: when MongoDB goes, it cannot write down which of them have left."""


@pytest.mark.parametrize("store", ASKS)
async def test_a_killed_database_loses_nothing_that_was_acknowledged(crowd: Crowd, dice: Random, store: str) -> None:
    plenty, short = f"{store.upper()}-PLENTY", f"{store.upper()}-SHORT"
    await put_on_shelves(crowd.street, **{plenty: 500, short: 3})
    server = getattr(crowd.street.grounds, store)

    async with crowd.rush(mixed(dice, plenty=plenty, short=short, count=50), admitted=30) as rush:
        await rush.reached(15)
        await by_hand(server.kill)
        refused = await crowd.buyers[0].once("GET", ASKS[store])
        await by_hand(server.start)
        rush.admit(20)

    assert refused is not None
    assert refused.status_code == 503
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.json()["type"] == "urn:mercato:problem:unavailable"
    await ends_well(crowd, rush.promises, short={short: 3}, resends=RESENDS[store])


async def test_redis_emptied_and_killed_is_not_missed(crowd: Crowd, dice: Random) -> None:
    await put_on_shelves(crowd.street, **{"REDIS-PLENTY": 500, "REDIS-SHORT": 2})
    server = crowd.street.grounds.redis

    async with crowd.rush(mixed(dice, plenty="REDIS-PLENTY", short="REDIS-SHORT", count=30)) as rush:
        await rush.reached(5)
        with redis.Redis.from_url(server.url) as client:
            client.flushall()
        await rush.reached(10)
        await by_hand(server.kill)
        for buyer in crowd.buyers[:8]:
            await buyer.sign_in()

    await by_hand(server.start)
    await ends_well(crowd, rush.promises, short={"REDIS-SHORT": 2})
