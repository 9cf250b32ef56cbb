"""The broker is never the truth: killed, or emptied, it delays orders and loses none."""

import asyncio
import os
from random import Random

import pytest
from dev.grounds import by_hand
from testkit.evidence import Evidence

from tests.faults.shop.crowd import Crowd
from tests.faults.shop.ending import ends_well
from tests.faults.shop.listening import vanish
from tests.faults.shop.looks import link_sent, news_sent
from tests.faults.shop.shelves import put_on_shelves
from tests.faults.shop.wishes import mixed

pytestmark = pytest.mark.asyncio(loop_scope="session")

UNTAKEN = ("message.not_taken", "relay.refused")
"""What was under way to the broker when it died; and while it is laid out again, some queues come before others."""
CHECKOUTS = int(os.environ.get("MERCATO_CHECKOUTS", "100"))
"""While the broker loses its disk; `MERCATO_CHECKOUTS=1000` is the size that counts."""
IN_HAND = 4
"""So many mails notification sends at once: killed then, it does not know that the mail server took them."""


async def test_a_broker_killed_twice_delays_orders_and_loses_none(crowd: Crowd, dice: Random) -> None:
    await put_on_shelves(crowd.street, **{"KILL-PLENTY": 500, "KILL-SHORT": 6})
    rabbit = crowd.street.grounds.rabbit

    async with crowd.rush(mixed(dice, plenty="KILL-PLENTY", short="KILL-SHORT"), admitted=50) as rush:
        for reached in (20, 70):
            await rush.reached(reached)
            await by_hand(rabbit.kill)
            await by_hand(rabbit.start)
            rush.admit(50)

    await ends_well(crowd, rush.promises, short={"KILL-SHORT": 6}, excused=UNTAKEN)


async def test_a_broker_that_lost_everything_is_told_again(crowd: Crowd, dice: Random, evidence: Evidence) -> None:
    evidence("T6", trials=CHECKOUTS, unit="checkouts around a broker's loss of everything")
    await put_on_shelves(crowd.street, **{"WIPE-PLENTY": 5_000, "WIPE-SHORT": 6})
    rabbit, listener = crowd.street.grounds.rabbit, crowd.street.workers["notification"]
    wishes = mixed(dice, plenty="WIPE-PLENTY", short="WIPE-SHORT", count=CHECKOUTS)

    async with crowd.rush(wishes, admitted=CHECKOUTS * 6 // 10) as rush:
        await rush.reached(15)
        # From here on news of confirmed orders wait in a queue, and nowhere else does anybody wait for them.
        listener.kill()
        newcomer = crowd.newcomer()
        joining = asyncio.create_task(newcomer.join(crowd.street))
        await link_sent(crowd.street, to=newcomer.email)
        await news_sent(crowd.street, 5)
        await by_hand(rabbit.kill)
        await by_hand(rabbit.wipe)
        await by_hand(rabbit.start)
        await crowd.street.grounds.lay_out_broker()
        listener.start()
        rush.admit(CHECKOUTS * 4 // 10)

    # The link that the newcomer waits for lay in the queue too, and user has had nothing to say since.
    await joining
    await ends_well(crowd, rush.promises, short={"WIPE-SHORT": 6}, excused=UNTAKEN, resends=IN_HAND)


@pytest.mark.parametrize("service", ["product", "payment"])
async def test_commands_that_vanish_are_asked_for_again(crowd: Crowd, dice: Random, service: str) -> None:
    plenty, short = f"LOST-{service.upper()}", f"LOST-{service.upper()}-SHORT"
    await put_on_shelves(crowd.street, **{plenty: 500, short: 2})
    worker = crowd.street.workers[service]

    async with crowd.rush(mixed(dice, plenty=plenty, short=short, count=30), admitted=20) as rush:
        await rush.reached(5)
        # Nobody takes them out of the queue now, and no relay learns that they never arrived.
        worker.kill()
        await vanish(crowd.street, f"{service}.work", at_least=3)
        worker.start()
        rush.admit(10)

    await ends_well(crowd, rush.promises, short={short: 2})
