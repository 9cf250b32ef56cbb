"""The last piece: many want it, one gets it, and nobody else is charged, not even for a moment."""

import asyncio
import os
import time
from collections import Counter
from collections.abc import Sequence
from itertools import chain

import pytest
from testkit.evidence import Evidence
from testkit.verify.journal import Journal

from tests.faults.shop.crowd import Buyer, Crowd, Promise, Wish
from tests.faults.shop.ending import ends_well
from tests.faults.shop.looks import confirmed, nothing_open
from tests.faults.shop.shelves import clerk
from tests.faults.shop.watch import watching

pytestmark = pytest.mark.asyncio(loop_scope="session")

BUYERS = int(os.environ.get("MERCATO_BUYERS", "50"))
ROUNDS = int(os.environ.get("MERCATO_RACES", "20"))
"""`MERCATO_BUYERS=500 MERCATO_RACES=200` is the size that counts."""


async def test_many_race_for_one_piece_and_one_gets_it_every_time(crowd: Crowd, evidence: Evidence) -> None:
    evidence("T4", trials=BUYERS * ROUNDS, unit="buyers")
    await crowd.grow(BUYERS)
    answered = len(crowd.journal.answers)
    rounds: list[list[Promise]] = []
    seconds: list[float] = []

    async with clerk(crowd.street) as staff:
        await staff.introduce("LAST-PIECE")
    async with watching(crowd.street):
        for number in range(ROUNDS):
            began = time.monotonic()
            # Anew for each round: what somebody signed in with does not last as long as all of them.
            buyers = await crowd.grow(BUYERS)
            async with clerk(crowd.street) as staff:
                await staff.restock("LAST-PIECE", 1, delivery=f"delivery-number-{number:03}")
            race = await _race(buyers)
            await nothing_open(crowd.street)
            winners = await confirmed(crowd.street, [each.order_id for each in race])
            assert winners == 1, f"{winners} of {BUYERS} have got the one piece of round {number}"
            rounds.append(race)
            seconds.append(time.monotonic() - began)

    asked = Journal(crowd.journal.answers[answered:]).asked_for_orders()
    print(f"answers to checkouts: {dict(Counter(each['status'] for each in asked))}")
    print(f"{ROUNDS} rounds, {sorted(seconds)[ROUNDS // 2]:.1f} s typical, {max(seconds):.1f} s once")
    ends = await ends_well(crowd, chain(*rounds), short={"LAST-PIECE": ROUNDS})
    assert ends == {"CONFIRMED": ROUNDS, "OUT_OF_STOCK": ROUNDS * (BUYERS - 1)}


async def _race(buyers: Sequence[Buyer]) -> list[Promise]:
    """All are at the till before the first of them orders."""
    ready = await asyncio.gather(*(buyer.choose(Wish("LAST-PIECE")) for buyer in buyers))
    return await asyncio.gather(*(buyer.order(choice) for buyer, choice in zip(buyers, ready, strict=True)))
