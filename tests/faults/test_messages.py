"""Everything is said five times, out of order, with poison among it: each effect happens once, and no queue stops."""

import asyncio
import os
import time
from collections import Counter
from hashlib import sha256
from random import Random

import httpx2
import pymongo
import pytest
from contracts.topology import LISTENERS, SPEAKERS
from dev.grounds import MANAGEMENT_SECONDS
from testkit.evidence import Evidence

from tests.faults.shop.busy_day import NONE, NUMBER, PLENTY, RENAMED, busy_day
from tests.faults.shop.crowd import Buyer, Crowd
from tests.faults.shop.ending import at_rest, ends_as
from tests.faults.shop.poison import Poison, brewed, commit_stock
from tests.faults.shop.shelves import clerk
from tests.faults.shop.street import Street
from tests.faults.shop.torture import Torture, tortured

pytestmark = pytest.mark.asyncio(loop_scope="session")

MESSAGES = int(os.environ.get("MERCATO_MESSAGES", "1000"))
"""`MERCATO_MESSAGES=10000` is the size that counts."""
POISON = MESSAGES // 10
EXPECTED = ("message.refused", "message.failed", "saga.refund_failed")
"""What nobody can handle, and the refund that the bank thinks better of."""
EVERY_TYPE = {said.routing_key() for messages in SPEAKERS.values() for said in messages}
QUIET_SECONDS = 60


async def test_each_message_five_times_and_poison_among_them_has_each_effect_once(
    crowd: Crowd, dice: Random, evidence: Evidence
) -> None:
    evidence("T17", trials=MESSAGES, unit="messages")
    poison, ends, newcomers = brewed(dice, POISON), {}, []
    async with clerk(crowd.street) as staff:
        await staff.introduce(PLENTY, NONE)
        await staff.restock(PLENTY, 100_000, delivery="all-that-there-is")
        async with tortured(crowd.street, dice) as torture:
            torture.poison.extend(poison[: POISON // 2])
            while torture.count < MESSAGES // 2:
                done, newcomer = await busy_day(crowd, staff)
                ends |= done
                newcomers.append(newcomer)
                await torture.repeats_said()
            [late] = [each for each in done if done[each] == "CUSTOMER"]
            await at_rest(crowd.street)
            await torture.say(commit_stock(late))
            await torture.over()
            await at_rest(crowd.street)
            assert torture.types == EVERY_TYPE

            clean = await rate(torture, dice)
            torture.poison.extend(poison[POISON // 2 :])
            poisoned = await rate(torture, dice)
            await all_dead(torture, poison)

    assert torture.count >= MESSAGES
    await nothing_waits(crowd.street)
    assert await contacts(crowd.street, newcomers) == {(RENAMED, NUMBER)}
    found = await ends_as(crowd, ends, excused=EXPECTED)
    print(f"{torture.count} messages, {torture.poisoned} of poison: {dict(found)}")
    print(f"{clean:.0f} messages/s without poison, {poisoned:.0f} with it: {poisoned / clean:.0%}")


async def rate(torture: Torture, dice: Random) -> float:
    """How many messages a second are worked off, when so many are there at once that were heard before."""
    torture.echoing = False
    again = [torture.said[dice.randrange(len(torture.said))] for _ in range(MESSAGES // 2)]
    before, began = torture.count, time.monotonic()
    await torture.burst(again)
    await torture.worked_off()
    return (torture.count - before) / (time.monotonic() - began)


async def all_dead(torture: Torture, poison: list[Poison]) -> None:
    """All the poison that there was lies dead, and nothing else; it is taken away."""
    for service in LISTENERS:
        swallowed = Counter(sha256(each.body).hexdigest() for each in poison if each.service == service)
        letters = await torture.dead_letters(service, at_least=swallowed.total())
        assert Counter(sha256(each).hexdigest() for each in letters) == swallowed, service


async def nothing_waits(street: Street) -> None:
    """Nothing lies in any queue, ready or taken, and somebody listens at each, as the broker sees it."""
    url = street.grounds.rabbit.management_url
    async with httpx2.AsyncClient(base_url=url, timeout=MANAGEMENT_SECONDS) as broker, asyncio.timeout(QUIET_SECONDS):
        while True:
            queues = (await broker.get(f"/api/queues/{street.grounds.vhost}")).raise_for_status().json()
            left = {each["name"]: each.get("messages", 0) for each in queues if not each["name"].endswith(".epoch")}
            deaf = [each["name"] for each in queues if each["name"].endswith(".work") and not each.get("consumers")]
            if not any(left.values()) and not deaf:
                return
            await asyncio.sleep(0.5)


async def contacts(street: Street, people: list[Buyer]) -> set[tuple[str, str]]:
    """Name and number of these, as notification knows them: a late message brings no older state back."""
    async with pymongo.AsyncMongoClient[dict[str, object]](
        street.grounds.mongo.url, uuidRepresentation="standard"
    ) as mongo:
        known = mongo[street.grounds.mongo_database("notification")].contacts
        found = known.find({"email": {"$in": [each.email for each in people]}})
        return {(str(each["name"]), str(each["phone"])) async for each in found}
