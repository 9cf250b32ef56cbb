"""Clients that hang up: what they asked for is done once, whether they hear of it or not."""

from random import Random

import pytest

from tests.faults.shop.crowd import Crowd, Wish
from tests.faults.shop.deeds import hang_up
from tests.faults.shop.ending import ends_well
from tests.faults.shop.shelves import put_on_shelves

pytestmark = pytest.mark.asyncio(loop_scope="session")

CALLS = 30


async def test_a_client_that_hangs_up_and_calls_again_has_one_order(crowd: Crowd, dice: Random) -> None:
    await put_on_shelves(crowd.street, **{"HANG-UP": 100})
    (buyer,) = await crowd.grow(1)
    promises = []

    for _ in range(CALLS):
        choice, key = await buyer.choose(Wish("HANG-UP")), buyer.key()
        await hang_up(crowd.street.port("order"), buyer, choice, key=key, after=0.02 * dice.random())
        promises.append(await buyer.order(choice, key=key))

    assert len({promise.order_id for promise in promises}) == CALLS
    assert any(promise.replayed for promise in promises), "no request of those that hung up was heard"
    assert await ends_well(crowd, promises) == {"CONFIRMED": CALLS}
