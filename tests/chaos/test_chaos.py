"""T3: two replicas of everything, customers who come when they like, and all kinds of faults at once.

`make chaos SEED=… CHECKOUTS=1000 RATE=12` is the size that counts.
"""

import asyncio
import os
import time
from collections.abc import Sequence
from dataclasses import replace
from random import Random

import pytest
from testkit.evidence import Evidence
from testkit.verify.facts import Facts

from tests.chaos.account import Account
from tests.chaos.nemesis import Nemesis
from tests.chaos.plan import draw_day, kinds_with, links_of_day
from tests.chaos.shoppers import open_market
from tests.faults.shop.crowd import Crowd, Wish
from tests.faults.shop.ending import at_rest
from tests.faults.shop.shelves import put_on_shelves
from tests.faults.shop.watch import watching
from tests.faults.shop.wires import LINKS
from tests.faults.shop.wishes import mixed
from tests.load.arrivals import come, poisson

CHECKOUTS = int(os.environ.get("MERCATO_CHECKOUTS", "40"))
RATE = float(os.environ.get("MERCATO_RATE", "4"))
PLENTY = tuple(f"CHAOS-PLENTY-{number:02}" for number in range(1, 21))
"""Several: who buys one thing waits for whoever is buying the same, and a wire that is slow makes a queue of all."""
SHORT = "CHAOS-SHORT"
SECONDS_OF_BUYERS = 8
"""So long a buyer may be busy with one checkout before somebody has to wait for one who is free."""
REST_SECONDS = 900
EXCUSED = ("message.not_taken", "relay.refused", "mail.refused", "saga.refund_failed")
"""What was under way to a broker that went; mails that the mail server refuses for good, and refunds that the provider
does: it was told to."""


@pytest.mark.asyncio(loop_scope="session")
async def test_after_a_day_of_chaos_every_order_has_its_one_right_end(
    crowd: Crowd, dice: Random, evidence: Evidence, seed: int
) -> None:
    evidence("T3", trials=CHECKOUTS, unit="checkouts on a day of chaos")
    print(f"SEED={seed} CHECKOUTS={CHECKOUTS} RATE={RATE:g}")
    # Drawn before anybody moves: who is first, later, is not for the dice to say.
    wishes = _spread(mixed(dice, plenty=PLENTY[0], short=SHORT, count=CHECKOUTS), dice)
    moments = poisson(RATE, 3 * CHECKOUTS / RATE, dice)[:CHECKOUTS]
    day = draw_day(dice, moments[-1], links_of_day(seed))
    print(*day, sep="\n")

    stock = dict.fromkeys(PLENTY, 10 * CHECKOUTS)
    await put_on_shelves(crowd.street, **stock, **{SHORT: max(2, CHECKOUTS // 20)})
    market = await open_market(crowd, wishes, dice, buyers=max(8, round(SECONDS_OF_BUYERS * RATE)))
    market.short.add(SHORT)
    market.banks_let_down = any("authorization_expired" in blow.kind for blow in day)

    nemesis = Nemesis(crowd.street)
    async with watching(crowd.street, stores_go=True):
        outcomes, _ = await asyncio.gather(come(moments, market.checkout), nemesis.live(day))
        await asyncio.gather(*market.afterwards)
    account = Account(market, outcomes)
    facts = await _rest(crowd, account)
    complaints = crowd.street.complaints(crowd.marks, excused=EXCUSED)
    account.take(facts, resends=nemesis.resends, complaints=complaints)

    print(*account.lines(facts, nemesis), sep="\n")
    found = [f"{what}: {each}" for what, several in account.found.items() for each in several]
    assert account.holds, "\n".join(found[:40])


def _spread(wishes: Sequence[Wish], dice: Random) -> list[Wish]:
    return [each if each.sku == SHORT else replace(each, sku=dice.choice(PLENTY)) for each in wishes]


async def _rest(crowd: Crowd, account: Account) -> Facts:
    """What there is once nothing is under way; and what there is then, if that takes too long."""
    began = time.monotonic()
    try:
        async with asyncio.timeout(REST_SECONDS):
            facts = await at_rest(crowd.street)
        print(f"at rest {time.monotonic() - began:.1f} s after everything was well again")
    except (AssertionError, TimeoutError) as restless:
        account.found["non-terminal"].append(str(restless))
        facts = await crowd.street.facts()
    return facts


def test_the_same_seed_makes_the_same_day_and_another_seed_another() -> None:
    def drawn(seed: int) -> list[str]:
        return [str(blow) for blow in draw_day(Random(seed), 100, links_of_day(seed))]

    assert drawn(1) == drawn(1) != drawn(2)


def test_every_kind_of_fault_comes_within_three_days_of_full_size() -> None:
    days = [draw_day(Random(seed), 83, links_of_day(seed)) for seed in range(1, 4)]
    met = {blow.kind.partition(" ")[0] for day in days for blow in day}
    assert met == {kind.partition(" ")[0] for kind in kinds_with(LINKS)} | {"wipe"}
