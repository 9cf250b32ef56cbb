"""Two want what there is once: one gets it, the others are told so, and nobody but the first is ever charged."""

import asyncio
from collections import Counter

from testkit.evidence import Evidence

from tests.scars.buyers import Buyer
from tests.scars.houses import Houses
from tests.scars.size import TIMES

RIVALS = 10


async def test_the_last_unit_makes_one_order_and_leaves_no_orphan(houses: Houses, evidence: Evidence) -> None:
    """S1, medusa#16825: two orders for one unit, and the loser's stayed without reservation and without payment."""
    evidence("S1", trials=max(1, TIMES // RIVALS) * RIVALS, unit="buyers")
    rounds = max(1, TIMES // RIVALS)
    buyers = [await Buyer.of(houses) for _ in range(RIVALS)]
    for number in range(rounds):
        await houses.put_on_shelf(f"LAST-{number}", 1)
        choices = [await buyer.choose(f"LAST-{number}") for buyer in buyers]
        answers = await asyncio.gather(*(buyer.order(each) for buyer, each in zip(buyers, choices, strict=True)))
        assert {each.status_code for each in answers} == {202}

    facts = await houses.at_rest()

    ends = Counter((each["state"], each["cancel_reason"]) for each in facts["order"])
    assert ends == {("CONFIRMED", None): rounds, ("CANCELLED", "OUT_OF_STOCK"): rounds * (RIVALS - 1)}
    winners = {each["id"] for each in facts["order"] if each["state"] == "CONFIRMED"}
    assert {each["order_id"] for each in facts["payment"]} == winners
    assert {each["order_id"] for each in facts["psp_intent"]} == winners
