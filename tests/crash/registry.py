"""The points that are known: which scenario comes by which, and how often it surely does."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

FILE = Path(__file__).with_name("points.txt")
MOST = 2
"""Killed at the first and at the second time."""
RACES = frozenset({"cancelled"})
"""Scenarios in which a customer races the saga: how far it has come by then is different each time."""
LEASES = re.compile(r"[a-z]+-worker: relay: find_one_and_update relay ")
"""Taken for a while: a short scenario may fit between two of them."""
NOT_ON_THE_WAY = re.compile(
    r"[a-z]+-(api|worker): ("
    r"start|meet the broker|GET |(PUT|DELETE|POST) /api/v1/(carts|quotes)"
    r"|job (sweep|send-sms): find_one_and_update \w+ before)"
)
"""Reading and carts have nothing to lose, a start is a start, and somebody who looks for work comes by all the time."""


@dataclass(frozen=True)
class Row:
    """`times`: how often this scenario comes by, up to two; 0 for a point that may be missed by both customers."""

    scenario: str
    point: str
    times: int

    @property
    def process(self) -> str:
        return self.point.partition(":")[0]

    def surely(self, hit: int) -> bool:
        """Does it come by so often, whoever is faster?"""
        may_miss = self.scenario in RACES or LEASES.match(self.point)
        return not may_miss and self.times >= hit

    def __str__(self) -> str:
        return f"{self.scenario}\t{self.times}\t{self.point}"


def read() -> Sequence[Row]:
    rows = (line.split("\t") for line in FILE.read_text().splitlines())
    return [Row(scenario, point, int(times)) for scenario, times, point in rows]


def write(rows: Iterable[Row]) -> None:
    FILE.write_text("".join(f"{row}\n" for row in sorted(rows, key=lambda row: (row.scenario, row.point))))


def _surely(scenario: str, times: int) -> int:
    """Where a customer races the saga, a point that only one of two came by may be missed by both."""
    return 0 if scenario in RACES and times < MOST else min(MOST, times)


def rows_of(tours: Mapping[str, Sequence[Counter[str]]]) -> list[Row]:
    """What several tours of each scenario have in common."""
    return [
        Row(scenario, point, _surely(scenario, min(tour[point] for tour in toured)))
        for scenario, toured in tours.items()
        for point in sorted(set().union(*toured))
        if not NOT_ON_THE_WAY.match(point)
    ]
