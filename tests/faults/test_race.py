"""The last piece: many want it, one gets it, and nobody else is charged, not even for a moment."""

import asyncio
import os
from itertools import chain

import pytest
from testkit.evidence import Evidence

from tests.faults.shop.crowd import Crowd, Promise, Wish
from tests.faults.shop.ending import ends_well
from tests.faults.shop.looks import nothing_open
from tests.faults.shop.shelves import clerk
from tests.faults.shop.watch import watching

pytestmark = pytest.mark.asyncio(loop_scope="session")

BUYERS = int(os.environ.get("MERCATO_BUYERS", "50"))
ROUNDS = int(os.environ.get("MERCATO_RACES", "20"))
"""`MERCATO_BUYERS=500 MERCATO_RACES=200` is the size that counts."""


async def test_many_race_for_one_piece_and_one_gets_it_every_time(crowd: Crowd, evidence: Evidence) -> None:
    evidence("T4", trials=BUYERS * ROUNDS, unit="buyers")
    buyers = await crowd.grow(BUYERS)
    rounds: list[list[Promise]] = []

    async with clerk(crowd.street) as staff, watching(crowd.street):
        await staff.introduce("LAST-PIECE")
        for number in range(ROUNDS):
            await staff.restock("LAST-PIECE", 1, delivery=f"delivery-number-{number:03}")
            ready = await asyncio.gather(*(buyer.choose(Wish("LAST-PIECE")) for buyer in buyers))
            orders = (buyer.order(choice) for buyer, choice in zip(buyers, ready, strict=True))
            rounds.append(await asyncio.gather(*orders))
            await nothing_open(crowd.street)

    ends = await ends_well(crowd, chain(*rounds), short={"LAST-PIECE": ROUNDS})
    assert ends == {"CONFIRMED": ROUNDS, "OUT_OF_STOCK": ROUNDS * (BUYERS - 1)}
    orders = (await crowd.street.facts()).orders
    winners = [[orders[each.order_id]["state"] for each in race].count("CONFIRMED") for race in rounds]
    assert winners == [1] * ROUNDS
