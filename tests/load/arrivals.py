"""An open model: people come when they come, and do not wait for each other.

Every wait is counted from the moment that somebody wanted to begin, whether or not we were in time to begin it: a shop
that stops for a second makes all that came in that second wait, and not only the one who was being served.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random

from tests.load.wire import Answer


class Refused(Exception):
    """The shop gave another answer than the one that the journey goes on from."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(f"{answer.status} {answer.body[:200]!r}")
        self.answer = answer

    @property
    def ending(self) -> str:
        """Whoever sends people away must say when to come again."""
        away = self.answer.status in (429, 503) and "retry-after" not in self.answer.headers
        return f"{self.answer.status} without Retry-After" if away else str(self.answer.status)


Journey = Callable[[], Awaitable[Mapping[str, float]]]
"""Returns what happened on the way, by name, as moments of the clock. Raises Refused, OSError, TimeoutError."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One journey. Seconds, all from the moment at which it should have begun."""

    wanted_at: float
    """Seconds since the first of all."""
    late: float
    """How long we were in coming."""
    took: float
    ended: str
    """`done`, the status that it was refused with, or the name of what broke."""
    on_the_way: Mapping[str, float] = field(default_factory=dict)

    @property
    def done(self) -> bool:
        return self.ended == "done"


def poisson(rate: float, seconds: float, dice: Random) -> list[float]:
    """Moments at which somebody comes, `rate` a second on average, each independent of the others."""
    moments, at = [], dice.expovariate(rate)
    while at < seconds:
        moments.append(at)
        at += dice.expovariate(rate)
    return moments


async def come(moments: Sequence[float], journey: Journey) -> list[Outcome]:
    """Begin a journey at each moment, whatever became of the others; returns when all have ended."""
    zero = time.perf_counter()
    under_way: list[asyncio.Task[Outcome]] = []
    for moment in moments:
        if (pause := zero + moment - time.perf_counter()) > 0:
            await asyncio.sleep(pause)
        under_way.append(asyncio.create_task(_walk(journey, zero, moment)))
    return list(await asyncio.gather(*under_way))


async def together(count: int, at_once: int, journey: Journey) -> list[Outcome]:
    """So many at once and never more: the next begins when one has ended. Not what customers do, but what bars name."""
    zero = time.perf_counter()
    left = [None] * count

    async def one_after_another() -> list[Outcome]:
        walked = []
        while left:
            left.pop()
            walked.append(await _walk(journey, zero, time.perf_counter() - zero))
        return walked

    return [each for walked in await asyncio.gather(*(one_after_another() for _ in range(at_once))) for each in walked]


async def _walk(journey: Journey, zero: float, moment: float) -> Outcome:
    wanted = zero + moment
    late = time.perf_counter() - wanted
    moments: Mapping[str, float] = {}
    try:
        moments = await journey()
        ended = "done"
    except Refused as refused:
        ended = refused.ending
    except (OSError, TimeoutError) as broken:
        ended = type(broken).__name__
    took = time.perf_counter() - wanted
    return Outcome(moment, late, took, ended, {name: at - wanted for name, at in moments.items()})


def quantiles(found: Sequence[float]) -> dict[str, float]:
    """In milliseconds; of nobody there are none."""
    if not found:
        return {}
    ordered = sorted(found)
    at = {"p50": 0.5, "p95": 0.95, "p99": 0.99, "max": 1.0}
    return {name: round(1000 * ordered[min(len(found) - 1, int(share * len(found)))], 2) for name, share in at.items()}


def endings(outcomes: Sequence[Outcome]) -> dict[str, int]:
    """How many ended otherwise than they should have, by how."""
    return dict(Counter(each.ended for each in outcomes if not each.done))
