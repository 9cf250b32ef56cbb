"""`python -m tests.load.pricing [--rate 5] [--seconds 10]`: what each guarantee costs, seen by taking it away.

For each, two dev rungs stand side by side, both run from copies of this source; from one of them a patch has taken the
guarantee away. The same arrivals come to one, to the other, and again, while the one that nobody comes to shows what it
uses at rest. The first pair is equal: what differs there says nothing. Writes reports/bench/prices-<moment>.json, with
`--add-to` after what was measured before.
"""

import argparse
import asyncio
import json
import tempfile
from collections.abc import AsyncGenerator, Generator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random, SystemRandom
from typing import Any

from tests.dev.rung import Rung, open_rung
from tests.load.accounting import GATEWAY, OURS, OUTSIDE, STORES, Books, Spent, difference
from tests.load.arrivals import together
from tests.load.bench import SHOPPERS, WARM, Bench, Record, keep
from tests.load.cells import of
from tests.load.circumstances import circumstances
from tests.load.guarantees import CHECKOUT, GUARANTEES, LOGIN, NOTHING, PROFILE, WITH, WITHOUT, YARDSTICK, Guarantee
from tests.load.journeys import Walks
from tests.load.shoppers import gather_crowd
from tests.load.wire import Client
from tests.mutants.tree import copied

TURNS = (WITH, WITHOUT, WITH, WITHOUT)
SETTLE_SECONDS = 3
GROUPS: Mapping[str, Sequence[str]] = {
    "ours": OURS,
    "gateway": (GATEWAY,),
    **{store: (store,) for store in STORES},
    "outside": OUTSIDE,
    YARDSTICK: ("psp", "mail"),
}
"""By whom CPU is told apart here. The last does the same work for every checkout, and no patch touches it."""


@dataclass
class Side:
    """One of the two rungs, and who comes to it."""

    books: Books
    bench: Bench

    async def walk(self, journey: str) -> Record:
        walks = {CHECKOUT: self.bench.checkouts, LOGIN: self.bench.logins, PROFILE: self.bench.profiles}
        return await walks[journey]()

    def arrivals_again(self, seed: int) -> None:
        self.bench.dice = Random(seed)


@contextmanager
def rung(guarantee: Guarantee | None, folder: Path) -> Generator[Rung]:
    """A dev rung of a copy of this source, without this guarantee."""
    folder.mkdir()
    tree = copied(folder / "tree")
    if guarantee is not None:
        tree.apply(guarantee.patch)
    opened = open_rung(folder / "dev", replicas=1, watch=False, source=tree.root, python=tree.python)
    try:
        yield opened
    finally:
        opened.close()


@asynccontextmanager
async def side(rung: Rung, *, rate: float, seconds: float) -> AsyncGenerator[Side]:
    crowd, client, books = await gather_crowd(rung.url, SHOPPERS), Client(rung.url), Books(rung.home)
    try:
        bench = Bench(books, crowd, Walks(client, crowd), rate, seconds, Random(), SETTLE_SECONDS)
        # What is done for the first time costs more.
        for journey in (bench.walks.profile(), bench.walks.login(), bench.walks.purchase()):
            await together(WARM, 2, journey)
        yield Side(books, bench)
    finally:
        client.close()


async def windows(
    one: Rung, other: Rung, journeys: Sequence[str], *, rate: float, seconds: float, seed: int
) -> list[Record]:
    """Each journey to the one and to the other in turn; what each used meanwhile, whether anybody came to it or not."""
    wish = {"rate": rate, "seconds": seconds}
    async with side(one, **wish) as with_it, side(other, **wish) as without_it:
        sides = {WITH: with_it, WITHOUT: without_it}
        await asyncio.sleep(SETTLE_SECONDS)
        return [
            {"journey": journey, "side": turn, **await window(sides, turn, journey, seed)}
            for journey in journeys
            for turn in TURNS
        ]


async def window(sides: Mapping[str, Side], turn: str, journey: str, seed: int) -> Record:
    walking, resting = sides[turn], sides[WITHOUT if turn == WITH else WITH]
    walking.arrivals_again(seed)
    loop = asyncio.get_running_loop()
    began, before = loop.time(), resting.books.spent()
    record = await walking.walk(journey)
    rest = {"seconds": round(loop.time() - began, 1), "cpu": difference(before, resting.books.spent())}
    return {**record, "cpu": grouped(record["cpu"]), "other_at_rest": {**rest, "cpu": grouped(rest["cpu"])}}


def grouped(spent: Spent) -> dict[str, float]:
    return {group: round(of(spent, names), 3) for group, names in GROUPS.items()}


def journeys_of(guarantees: Sequence[Guarantee]) -> list[str]:
    return sorted({journey for each in guarantees for journey in each.felt_in})


def price(guarantee: Guarantee | None, journeys_of_all: Sequence[str], **wish: Any) -> Record:
    """All windows of one guarantee, or of two rungs that are equal."""
    name, journeys = (NOTHING, journeys_of_all) if guarantee is None else (guarantee.name, guarantee.felt_in)
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        with rung(None, place / WITH) as one, rung(guarantee, place / WITHOUT) as other:
            return {"guarantee": name, "windows": asyncio.run(windows(one, other, journeys, **wish))}


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--rate", type=float, default=5, help="journeys a second; reads come more often")
    asked.add_argument("--seconds", type=float, default=10, help="how long people come in each window")
    asked.add_argument("--seed", type=int, default=SystemRandom().randrange(1_000_000))
    asked.add_argument("--only", nargs="+", metavar="NAME", help="of guarantees, after the equal pair; without it all")
    asked.add_argument("--add-to", type=Path, metavar="FILE", help="such a report, which goes before this one")
    told = asked.parse_args()
    wish = {"rate": told.rate, "seconds": told.seconds, "seed": told.seed}
    wanted = [each for each in GUARANTEES if not told.only or each.name in told.only]
    earlier = json.loads(told.add_to.read_text())["runs"] if told.add_to else []
    run: Record = {"circumstances": circumstances(**wish), "rows": []}
    for each in (None, *wanted):
        print(f"\n{each.name if each else NOTHING}", flush=True)
        run["rows"].append(price(each, journeys_of(wanted), **wish))
        file = keep({"circumstances": run["circumstances"], "runs": [*earlier, run]}, "prices")  # it takes long
    print(file)


if __name__ == "__main__":
    main()
