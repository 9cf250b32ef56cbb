"""SIGKILL at every named point, at the first time and at the second: no order, no piece, no cent, no mail is lost."""

import os
from random import Random

import pytest
from testkit.evidence import Evidence

from tests.crash import registry
from tests.crash.conftest import Place
from tests.crash.harness import Crashes
from tests.crash.registry import MOST, Row
from tests.crash.scenarios import SCENARIOS

pytestmark = pytest.mark.asyncio(loop_scope="session")

SAMPLE = 60
CHOSEN = os.environ.get("MERCATO_CRASHES", str(SAMPLE))
TOURS = int(os.environ.get("MERCATO_TOURS", "1"))


def runs() -> list[tuple[Row, int]]:
    """MERCATO_CRASHES: `all` of them, `each` point once, or so many; which ones, MERCATO_SEED says."""
    every = [(row, hit) for row in registry.read() for hit in range(1, MOST + 1) if hit <= max(row.times, 1)]
    if CHOSEN == "all":
        return every
    dice = Random(os.environ.get("MERCATO_SEED", "7"))
    if CHOSEN == "each":
        return list({row.point: (row, hit) for row, hit in dice.sample(every, len(every))}.values())
    return dice.sample(every, int(CHOSEN))


async def test_every_point_that_the_shop_comes_by_is_known(crashes: Crashes) -> None:
    tours = {scenario: [await crashes.tour(scenario) for _ in range(TOURS)] for scenario in SCENARIOS}
    found = registry.rows_of(tours)
    if os.environ.get("MERCATO_WRITE_POINTS"):
        registry.write(found)
    # By whichever scenario: how far an order comes before its cancellation is a race.
    assert {row.point for row in found} - {row.point for row in registry.read()} == set()


@pytest.mark.parametrize(("row", "hit"), runs(), ids=lambda each: str(each).replace("\t", " "))
async def test_a_crash_at_this_point_changes_nothing(
    place: Place, crashes: Crashes, row: Row, hit: int, evidence: Evidence
) -> None:
    evidence("T2", trials=1, unit="runs")
    happened = await crashes.run(row, hit=hit)
    if happened:
        place.died_at.add(row.point)
    assert happened or not row.surely(hit), "nobody came by this point"


if CHOSEN == "all":

    async def test_somebody_has_died_at_every_point(place: Place, evidence: Evidence) -> None:
        points = {row.point for row in registry.read()}
        evidence("T2", trials=len(points), unit="points died at")
        assert points - place.died_at == set()
