"""`python -m tests.load.bench [--url URL] [--rate 5] [--seconds 60]`: what customers wait for, and what it costs.

Walks each journey in an open model, one kind after the other, against a dev rung of its own or against the shop at a
URL, and writes reports/bench/<moment>.json: waits from the moment that each should have begun, what failed, and CPU and
memory of every process where those are on this machine. Judges nothing: `make performance` makes tables of it.
"""

import argparse
import asyncio
import json
import re
import tempfile
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random, SystemRandom
from typing import Any

from dev.home import USUAL, Home

from tests.dev.rung import CHECKOUT, Rung, open_rung
from tests.load.accounting import Books, Spent, difference, load_average
from tests.load.arrivals import Journey, Outcome, come, endings, poisson, quantiles, together
from tests.load.circumstances import circumstances
from tests.load.journeys import ACCEPTED, Walks
from tests.load.shoppers import Crowd, gather_crowd
from tests.load.wire import Client

REPORTS = CHECKOUT / "reports" / "bench"
SHOPPERS = 10
WARM = 20
REST_SECONDS = 30
SETTLE_SECONDS = 5
AT_ONCE = 8
READS = {"cached list": 40, "list": 10, "detail": 10, "search": 5}
OF_PROFILES = 10
"""How many times the rate: what costs a millisecond is seen better when there is more of it."""

Record = dict[str, Any]


@dataclass
class Bench:
    """One shop, and how long and how hard it is looked at."""

    books: Books
    crowd: Crowd
    walks: Walks
    rate: float
    seconds: float
    dice: Random
    settle_seconds: float = SETTLE_SECONDS

    async def everything(self) -> Record:
        await self._warm_up()
        at_rest = await self._at_rest()
        journeys = {name: await self._read(name, times) for name, times in READS.items()}
        journeys["login"] = await self.logins()
        await self.crowd.sign_in()
        journeys["cart"] = await self._walk(self.walks.cart(), self._moments())
        journeys["checkout"] = await self.checkouts()
        journeys["acceptance"] = await self._acceptances()
        journeys["eight at once"] = await self._eight_at_once()
        return {"at_rest": at_rest, "journeys": journeys, "memory": self.books.memory()}

    async def logins(self) -> Record:
        return await self._walk(self.walks.login(), self._moments())

    async def profiles(self) -> Record:
        await self.crowd.sign_in()
        return await self._walk(self.walks.profile(), self._moments(OF_PROFILES))

    async def _warm_up(self) -> None:
        """What is done for the first time costs more."""
        for journey in (*map(self._reading, READS), self.walks.cart(), self.walks.login(), self.walks.purchase()):
            await together(WARM, 2, journey)
        await asyncio.sleep(self.settle_seconds)

    async def _at_rest(self) -> Record:
        """What everybody does when nobody comes: probes, relays, sweepers."""
        load, before = load_average(), self.books.spent()
        await asyncio.sleep(REST_SECONDS)
        return {"seconds": REST_SECONDS, "load": load, "cpu": _rounded(difference(before, self.books.spent()))}

    async def _read(self, name: str, times: float) -> Record:
        return await self._walk(self._reading(name), self._moments(times))

    def _reading(self, name: str) -> Journey:
        walks = self.walks
        reads = {
            "cached list": walks.cached_list,
            "list": walks.uncached_list,
            "detail": walks.uncached_detail,
            "search": walks.search,
        }
        return reads[name]()

    async def checkouts(self) -> Record:
        moments = self._moments()
        await self.crowd.sign_in()
        return await self._walk(self.walks.checkout(await self._ready(len(moments))), moments)

    async def _acceptances(self) -> Record:
        moments = self._moments()
        await self.crowd.sign_in()
        return await self._walk(self.walks.acceptance(await self._ready(len(moments))), moments)

    async def _eight_at_once(self) -> Record:
        await self.crowd.sign_in()
        count = int(self.rate * self.seconds)
        ready = await self._ready(count)
        with self._record() as record:
            record |= _of(await together(count, AT_ONCE, self.walks.acceptance(ready)))
        return record

    async def _ready(self, count: int) -> Any:
        ready = await self.crowd.ready_orders(count)
        await asyncio.sleep(self.settle_seconds)
        return ready

    async def _walk(self, journey: Journey, moments: Sequence[float]) -> Record:
        with self._record() as record:
            outcomes = await come(moments, journey)
            # What a journey leaves to be done belongs to it.
            await asyncio.sleep(self.settle_seconds)
            record |= {"rate": round(len(moments) / self.seconds, 1), **_of(outcomes)}
        return record

    @contextmanager
    def _record(self) -> Generator[Record]:
        """What is put into it is kept beside what everybody has spent meanwhile."""
        record: Record = {"load": load_average()}
        loop = asyncio.get_running_loop()
        began, before = loop.time(), self.books.spent()
        yield record
        record |= {
            "seconds": round(loop.time() - began, 1),
            "cpu": _rounded(difference(before, self.books.spent())),
        }

    def _moments(self, times: float = 1) -> list[float]:
        return poisson(times * self.rate, self.seconds, self.dice)


def _of(outcomes: Sequence[Outcome]) -> Record:
    done = [each for each in outcomes if each.done]
    accepted = [each.on_the_way[ACCEPTED] for each in done if ACCEPTED in each.on_the_way]
    return {
        "came": len(outcomes),
        "done": len(done),
        "failed": endings(outcomes),
        "ms": quantiles([each.took for each in done]),
        **({"accepted_ms": quantiles(accepted)} if accepted else {}),
        "driver_late_ms": quantiles([each.late for each in outcomes]),
    }


def _rounded(spent: Spent) -> Record:
    """Seconds: the kernel counts in hundredths."""
    return {name: round(seconds, 3) for name, seconds in spent.items()}


async def measure(url: str, books: Books, *, rate: float, seconds: float, seed: int) -> Record:
    crowd = await gather_crowd(url, SHOPPERS)
    client = Client(url)
    try:
        bench = Bench(books, crowd, Walks(client, crowd), rate, seconds, Random(seed))
        return await bench.everything()
    finally:
        client.close()


@contextmanager
def own_rung() -> Generator[Rung]:
    """One process of each, opened for the measurement alone."""
    with tempfile.TemporaryDirectory() as folder:
        rung = open_rung(Path(folder) / "dev", replicas=1, watch=False)
        try:
            yield rung
        finally:
            rung.close()


def start(rung: Rung) -> Record:
    """What it took from the start of our processes, the stores being up, until all were ready."""
    found = re.search(r"([\d.]+) s after their start, which took ([\d.]+) s of CPU", rung.said.read_text())
    return {"seconds": float(found[1]), "cpu_seconds": float(found[2])} if found else {}


def keep(record: Record, kind: str) -> Path:
    REPORTS.mkdir(parents=True, exist_ok=True)
    moment = record["circumstances"]["date"].replace(":", "").replace(" ", "-")
    file = REPORTS / f"{kind}-{moment}.json"
    file.write_text(json.dumps(record, indent=1) + "\n")
    return file


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--url", help="of a shop with a development door; without it a dev rung is opened")
    asked.add_argument("--home", type=Path, default=USUAL, help="of the dev rung at that URL, if it is one")
    asked.add_argument("--rate", type=float, default=5, help="journeys a second; reads come more often")
    asked.add_argument("--seconds", type=float, default=60, help="how long people come for each journey")
    asked.add_argument("--seed", type=int, default=SystemRandom().randrange(1_000_000))
    told = asked.parse_args()
    wish = {"rate": told.rate, "seconds": told.seconds, "seed": told.seed}
    record: Record = {"circumstances": circumstances(**wish, url=told.url or "a dev rung of its own")}
    if told.url:
        books = Books.of(told.url, Home(told.home))
        if books.home is None:
            print(f"The processes at {told.url} are not of a dev rung here: CPU and memory are not accounted for.")
        record |= asyncio.run(measure(told.url, books, **wish))
    else:
        with own_rung() as rung:
            record["start"] = start(rung)
            record |= asyncio.run(measure(rung.url, Books(rung.home), **wish))
    print(keep(record, "journeys"))


if __name__ == "__main__":
    main()
