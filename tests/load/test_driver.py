"""The driver tells the truth about waiting, and the report about who has worked."""

import asyncio
import time
from collections.abc import Mapping
from random import Random

from tests.load.arrivals import Outcome, Refused, come, endings, poisson, quantiles, together
from tests.load.overload import recovered_after
from tests.load.report import journeys, net, of, processes
from tests.load.wire import Answer

STALL_SECONDS = 0.3


async def test_everybody_who_came_while_the_shop_stood_still_has_waited() -> None:
    counter = asyncio.Lock()
    served: list[float] = []

    async def one_after_the_other() -> Mapping[str, float]:
        async with counter:
            await asyncio.sleep(0 if served else STALL_SECONDS)
            served.append(time.perf_counter())
        return {}

    outcomes = await come([0.0, 0.1, 0.2], one_after_the_other)

    assert [each.took >= STALL_SECONDS - each.wanted_at for each in outcomes] == [True, True, True]


async def test_a_driver_that_is_late_counts_that_as_waiting() -> None:
    async def stop_everything() -> Mapping[str, float]:
        time.sleep(STALL_SECONDS)  # noqa: ASYNC251 - what a busy driver does
        return {}

    first, second = await come([0.0, 0.01], stop_everything)

    assert second.late >= STALL_SECONDS - 0.05
    assert second.took >= first.took + STALL_SECONDS - 0.05


async def test_what_failed_is_told_by_how_and_stops_nobody() -> None:
    endings_to_come = iter([Refused(Answer(503, {"retry-after": "1"}, b"")), TimeoutError(), None])

    async def walk() -> Mapping[str, float]:
        if (ending := next(endings_to_come)) is not None:
            raise ending
        return {}

    outcomes = await come([0.0, 0.0, 0.0], walk)

    assert endings(outcomes) == {"503": 1, "TimeoutError": 1}
    assert [each.done for each in outcomes] == [False, False, True]


async def test_to_be_sent_away_without_a_time_to_come_again_is_told_apart() -> None:
    async def walk() -> Mapping[str, float]:
        raise Refused(Answer(503, {}, b""))

    assert endings(await come([0.0], walk)) == {"503 without Retry-After": 1}


def test_recovery_ends_with_the_last_who_was_not_served_in_time() -> None:
    well, slow, refused = (Outcome(1.0, 0, 0.1, "done"), Outcome(2.0, 0, 2.5, "done"), Outcome(3.0, 0, 0.1, "503"))

    assert recovered_after([well]) == 0.0
    assert recovered_after([well, slow]) == 2.0
    assert recovered_after([refused, slow, Outcome(4.0, 0, 0.1, "done")]) == 3.0


async def test_so_many_at_once_are_never_more() -> None:
    inside, most = 0, 0

    async def walk() -> Mapping[str, float]:
        nonlocal inside, most
        inside += 1
        most = max(most, inside)
        await asyncio.sleep(0.01)
        inside -= 1
        return {}

    outcomes = await together(20, 4, walk)

    assert (len(outcomes), most) == (20, 4)


def test_people_come_at_the_rate_that_was_asked_for() -> None:
    moments = poisson(50, 100, Random(1))

    assert 4800 < len(moments) < 5200
    assert moments == sorted(moments)
    assert max(moments) < 100


def test_quantiles_are_of_what_was_seen() -> None:
    assert quantiles([each / 1000 for each in range(1, 101)]) == {"p50": 51.0, "p95": 96.0, "p99": 100.0, "max": 100.0}
    assert quantiles([]) == {}


def test_what_is_used_anyway_is_not_charged_to_journeys() -> None:
    record = {
        "at_rest": {"seconds": 10, "cpu": {"order-api": 0.1, "rabbit": 0.0}},
        "journeys": {"cart": {"done": 100, "seconds": 20.0, "cpu": {"order-api": 1.2, "rabbit": 0.5}}},
    }

    assert net(record, "cart") == {"order-api": 10.0, "rabbit": 5.0}


def test_what_could_not_be_seen_is_not_told_as_nothing() -> None:
    walked = {
        "done": 5,
        "failed": {},
        "ms": {"p50": 1.0, "p95": 2.0, "p99": 3.0},
        "seconds": 1.0,
        "cpu": {},
        "load": 1.0,
    }
    told = {"asked": {"rate": 1, "seconds": 1, "seed": 1}, "machine": {"cores": 2, "processor": "some"}, "versions": {}}
    record = {
        "circumstances": {**told, "date": "now", "commit": "abc", "changed_since": False, "idle_priority": False},
        "at_rest": {"seconds": 1, "cpu": {}},
        "journeys": {"checkout": walked},
        "memory": {},
    }

    assert "| checkout to CONFIRMED |  | 5 | 0 | 1.0 | 2.0 | 3.0 |  |  |  |" in journeys(record)
    assert "not accounted for" in processes(record)[0]


def test_replicas_count_for_their_service() -> None:
    assert of({"order-api-1": 1.0, "order-api-2": 2.0, "order-worker": 4.0}, ["order-api"]) == 3.0


def test_an_outcome_is_done_only_when_it_is_what_was_wanted() -> None:
    assert Outcome(0.0, 0.0, 1.0, "done").done
    assert not Outcome(0.0, 0.0, 1.0, "503").done
