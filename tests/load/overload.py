"""`python -m tests.load.overload [--url URL] [--seconds 60] [--start 20]`: twice as many people as the shop can serve.

First the peak: people come at a rate that grows by half each step, until the shop serves no more of them. Then twice
that for a while, and at once half of it, to see how soon everybody is served again. Most look, some fill a cart, a few
buy. Writes reports/bench/overload-<moment>.json. On one machine the driver takes its share of the CPU: it is told.
"""

import argparse
import asyncio
import resource
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random, SystemRandom
from typing import Any

from dev.home import USUAL, Home

from tests.load.accounting import DRIVER, Books, difference, load_average
from tests.load.arrivals import Journey, Outcome, come, endings, poisson, quantiles, together
from tests.load.bench import Record, keep, own_rung
from tests.load.circumstances import circumstances
from tests.load.journeys import Walks
from tests.load.shoppers import gather_crowd
from tests.load.wire import Client

SHOPPERS = 20
SHARES = {"product": 0.6, "search": 0.2, "cart": 0.12, "purchase": 0.08}
STEP_SECONDS = 8
GROWTH = 1.5
STEPS = 12
SERVED = 0.95
"""Of those who came: when fewer are served in time, the shop is full."""
IN_TIME_SECONDS = 2.0
WARM = 20
CALM = 0.5
"""Of the peak, afterwards."""
CALM_SECONDS = 45
TIMES = 2

Seen = Mapping[str, Sequence[Outcome]]


@dataclass
class Overload:
    books: Books
    walks: Walks
    dice: Random

    async def everything(self, start: float, seconds: float) -> Record:
        for journey in self._journeys().values():
            await together(WARM, 2, journey)
        steps = await self._steps(start)
        peak = max(each["goodput"] for each in steps)
        await self.walks.crowd.sign_in()
        over = asyncio.create_task(self._stretch(TIMES * peak, seconds))
        # Calm follows at once, whether or not the storm has been worked off.
        await asyncio.sleep(seconds)
        after = await self._come(CALM * peak, CALM_SECONDS)
        return {"steps": steps, "peak": peak, "over": await over, "after": _after(after)}

    async def _steps(self, rate: float) -> list[Record]:
        steps: list[Record] = []
        for _ in range(STEPS):
            await self.walks.crowd.sign_in()
            step = await self._stretch(rate, STEP_SECONDS)
            steps.append(step)
            print(f"{rate:7.1f} a second came, {step['goodput']:.1f} were served in time", flush=True)
            if step["goodput"] < SERVED * step["came"] / STEP_SECONDS:
                break
            rate *= GROWTH
        return steps

    async def _stretch(self, rate: float, seconds: float) -> Record:
        load, began, before = load_average(), time.monotonic(), self.books.spent()
        seen = await self._come(rate, seconds)
        used = difference(before, self.books.spent())
        everybody = [each for outcomes in seen.values() for each in outcomes]
        return {
            "rate": round(rate, 1),
            "seconds": seconds,
            "came": len(everybody),
            "goodput": round(len(in_time(everybody)) / seconds, 1),
            "load": load,
            "driver_cpus": round(used[DRIVER] / (time.monotonic() - began), 2),
            "driver_late_ms": quantiles([each.late for each in everybody]),
            "kinds": {kind: _kind(outcomes) for kind, outcomes in seen.items()},
        }

    async def _come(self, rate: float, seconds: float) -> Seen:
        journeys = self._journeys()
        coming = [come(poisson(share * rate, seconds, self.dice), journeys[kind]) for kind, share in SHARES.items()]
        return dict(zip(SHARES, await asyncio.gather(*coming), strict=True))

    def _journeys(self) -> Mapping[str, Journey]:
        walks = self.walks
        return {
            "product": walks.uncached_detail(),
            "search": walks.search(),
            "cart": walks.cart(),
            "purchase": walks.purchase(),
        }


def in_time(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Somebody who had to wait for longer has left."""
    return [each for each in outcomes if each.done and each.took <= IN_TIME_SECONDS]


def recovered_after(outcomes: Sequence[Outcome]) -> float:
    """Seconds from the end of the storm until the last who was not served in time had come."""
    served = in_time(outcomes)
    return round(max((each.wanted_at for each in outcomes if each not in served), default=0.0), 1)


def _kind(outcomes: Sequence[Outcome]) -> Record:
    shed = [each.took for each in outcomes if each.ended == "503"]
    return {
        "came": len(outcomes),
        "in_time": len(in_time(outcomes)),
        "failed": endings(outcomes),
        "ms": quantiles([each.took for each in outcomes if each.done]),
        "shed_ms": quantiles(shed),
    }


def _after(seen: Seen) -> Record:
    everybody = [each for outcomes in seen.values() for each in outcomes]
    return {
        "seconds": CALM_SECONDS,
        "recovered_after": recovered_after(everybody),
        "kinds": {kind: _kind(outcomes) for kind, outcomes in seen.items()},
    }


async def measure(url: str, books: Books, *, start: float, seconds: float, seed: int) -> Record:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    crowd = await gather_crowd(url, SHOPPERS)
    client = Client(url)
    try:
        return await Overload(books, Walks(client, crowd), Random(seed)).everything(start, seconds)
    finally:
        client.close()


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--url", help="of a shop with a development door; without it a dev rung is opened")
    asked.add_argument("--home", type=Path, default=USUAL, help="of the dev rung at that URL, if it is one")
    asked.add_argument("--start", type=float, default=20, help="people a second at the first step")
    asked.add_argument("--seconds", type=float, default=60, help="how long twice the peak lasts")
    asked.add_argument("--seed", type=int, default=SystemRandom().randrange(1_000_000))
    told = asked.parse_args()
    wish: dict[str, Any] = {"start": told.start, "seconds": told.seconds, "seed": told.seed}
    record: Record = {"circumstances": circumstances(**wish, url=told.url or "a dev rung of its own")}
    if told.url:
        record |= asyncio.run(measure(told.url, Books.of(told.url, Home(told.home)), **wish))
    else:
        with own_rung() as rung:
            record |= asyncio.run(measure(rung.url, Books(rung.home), **wish))
    print(keep(record, "overload"))


if __name__ == "__main__":
    main()
