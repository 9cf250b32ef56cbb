"""SIGKILL at any moment: what a process had promised, its successor keeps."""

import asyncio
from random import Random

import pytest

from tests.faults.shop.crowd import Crowd
from tests.faults.shop.ending import ends_well
from tests.faults.shop.looks import step_taken
from tests.faults.shop.shelves import put_on_shelves
from tests.faults.shop.wishes import mixed

pytestmark = pytest.mark.asyncio(loop_scope="session")

KILLS = 10
REACHED = (6, 18)
"""Acknowledged orders at which a worker is killed."""
IN_HAND = {"notification": 4}
"""So many mails it sends at once: killed then, it does not know that the mail server took them."""


async def test_an_order_worker_killed_ten_times_loses_no_order(crowd: Crowd, dice: Random) -> None:
    await put_on_shelves(crowd.street, **{"TEN-PLENTY": 500, "TEN-SHORT": 6})
    worker = crowd.street.workers["order"]

    async with crowd.rush(mixed(dice, plenty="TEN-PLENTY", short="TEN-SHORT"), admitted=0) as rush:
        for _ in range(KILLS):
            rush.admit(100 // KILLS)
            await step_taken(crowd.street)
            await asyncio.sleep(0.5 * dice.random())
            worker.kill()
            worker.start()

    await worker.ready()
    await ends_well(crowd, rush.promises, short={"TEN-SHORT": 6})


@pytest.mark.parametrize("service", ["product", "payment", "user", "notification"])
async def test_any_other_worker_may_be_killed_too(crowd: Crowd, dice: Random, service: str) -> None:
    plenty, short = f"{service.upper()}-PLENTY", f"{service.upper()}-SHORT"
    await put_on_shelves(crowd.street, **{plenty: 500, short: 2})
    worker = crowd.street.workers[service]

    async with crowd.rush(mixed(dice, plenty=plenty, short=short, count=30), admitted=15) as rush:
        for reached in REACHED:
            await rush.reached(reached)
            await asyncio.sleep(0.3 * dice.random())
            worker.kill()
            worker.start()
            rush.admit(15)
            await worker.ready()

    await ends_well(crowd, rush.promises, short={short: 2}, resends=len(REACHED) * IN_HAND.get(service, 0))
