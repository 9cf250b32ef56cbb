"""A link that misbehaves while people buy: late, narrow, silent, reset, half open, cut. Healed, all ends as it should.

`MERCATO_LINKS=all` takes every link with every fault, in a direction that the seed draws; a number takes so many.
"""

import asyncio
import os
from collections.abc import Mapping
from random import Random

import pytest
from testkit.evidence import Evidence
from testkit.network.apart import Wire

from tests.faults.shop.crowd import Crowd
from tests.faults.shop.ending import ends_well
from tests.faults.shop.shelves import put_on_shelves
from tests.faults.shop.watch import watching
from tests.faults.shop.wires import FAULTS, LINKS, WAYS, Link
from tests.faults.shop.wishes import mixed

pytestmark = pytest.mark.asyncio(loop_scope="session")

SAMPLE = 3
LASTS_SECONDS = 4
PATIENCE_SECONDS = 30
EXCUSED: Mapping[str, tuple[str, ...]] = {
    "rabbit": ("message.not_taken", "relay.refused"),
}
"""What is logged as an error because of the link's other end, and by right."""
UNHEARD = frozenset({"smtp", "mongo"})
"""Where notification may not hear, or not write down, that a mail was taken."""


def chosen() -> list[tuple[Link, str]]:
    """Which links, with which faults: MERCATO_SEED says."""
    every = [(link, fault) for link in LINKS for fault in FAULTS]
    size = os.environ.get("MERCATO_LINKS", str(SAMPLE))
    if size == "all":
        return every
    return Random(os.environ.get("MERCATO_SEED", "7")).sample(every, int(size))


@pytest.mark.parametrize(("link", "fault"), chosen(), ids=str)
async def test_a_link_that_misbehaves_costs_nobody_anything(
    crowd: Crowd, dice: Random, link: Link, fault: str, evidence: Evidence
) -> None:
    evidence("F6", trials=1, unit="faults of a link during checkouts")
    name = f"{link.service[:4]}-{link.other}-{fault}".upper()
    plenty, short = f"{name}-MUCH", f"{name}-ONE"
    await put_on_shelves(crowd.street, **{plenty: 100, short: 1})
    wire, ways, before = crowd.street.wires[link], dice.choice(WAYS), wires_met(crowd, link)
    processes = [each.pid for each in crowd.street.processes]

    async with (
        watching(crowd.street),
        crowd.rush(mixed(dice, plenty=plenty, short=short, count=20), admitted=6) as rush,
    ):
        await rush.reached(2)
        wire.put(FAULTS[fault](dice), *ways)
        rush.admit(7)
        joining = asyncio.create_task(crowd.newcomer().join(crowd.street))
        await meets(wire, before)
        await asyncio.sleep(LASTS_SECONDS)
        wire.heal()
        rush.admit(7)
        await joining

    met = wire.struck - before
    print(f"{link} was {fault} {' and '.join(way.value for way in ways)}: {met} pieces met it")
    unheard = met if link.service == "notification" and link.other in UNHEARD else 0
    await ends_well(crowd, rush.promises, short={short: 1}, excused=EXCUSED.get(link.other, ()), resends=unheard)
    assert [each.pid for each in crowd.street.processes if each.alive] == processes


def wires_met(crowd: Crowd, link: Link) -> int:
    return crowd.street.wires[link].struck


async def meets(wire: Wire, before: int) -> None:
    """Returns once somebody has felt the fault."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while wire.struck == before:
            await asyncio.sleep(0.02)
