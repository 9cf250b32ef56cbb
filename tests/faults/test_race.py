"""The last piece: many want it, one gets it, and nobody else is charged, not even for a moment."""

import asyncio

import pytest

from tests.faults.shop.crowd import Crowd, Promise, Wish
from tests.faults.shop.ending import ends_well
from tests.faults.shop.looks import watching
from tests.faults.shop.shelves import put_on_shelves

pytestmark = pytest.mark.asyncio(loop_scope="session")

BUYERS = 50
ROUNDS = 20


async def test_fifty_race_for_one_piece_and_one_gets_it_twenty_times(crowd: Crowd) -> None:
    pieces = {f"RACE-{number:02}": 1 for number in range(ROUNDS)}
    await put_on_shelves(crowd.street, **pieces)
    buyers = await crowd.grow(BUYERS)
    promises: list[Promise] = []

    async with watching(crowd.street):
        for sku in pieces:
            ready = await asyncio.gather(*(buyer.choose(Wish(sku)) for buyer in buyers))
            orders = (buyer.order(choice) for buyer, choice in zip(buyers, ready, strict=True))
            promises += await asyncio.gather(*orders)
        ends = await ends_well(crowd, promises, short=pieces)

    assert ends == {"CONFIRMED": ROUNDS, "OUT_OF_STOCK": ROUNDS * (BUYERS - 1)}
