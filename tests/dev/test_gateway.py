"""The one public door: lost while customers check out, and told to send them elsewhere while they do."""

import asyncio
import signal
from contextlib import AsyncExitStack

from tests.dev.conftest import CANARIES, Day
from tests.dev.people import PATIENCE_SECONDS, Impatient, Patient, People, buying
from tests.dev.rung import GATEWAY, Rung, until
from tests.dev.test_pairs import ASKED, asking
from tests.journeys.shop import Customer

KILLS = 3


async def test_the_gateway_is_killed_again_and_again_and_each_accepted_order_exists_once(pairs: Rung, day: Day) -> None:
    async with buying(day, Patient, count=6) as people:
        for _ in range(KILLS):
            await people.each_buys(2)
            await frozen_with_a_promise(pairs, people)
            await asyncio.to_thread(pairs.lose, GATEWAY)
        await people.each_buys(2)

    replayed = sum(each.replayed for promises in people.promises.values() for each in promises)
    unheard = sum(each.unheard for each in people.buyers if isinstance(each, Patient))
    print(f"{len(people.orders)} orders, {unheard} requests sent again, {replayed} of them had been accepted")
    assert replayed >= KILLS
    assert len(set(people.orders)) == len(people.orders)
    facts = await asyncio.to_thread(day.ends_well)
    assert {facts.orders[each]["state"] for each in people.orders} == {"CONFIRMED"}


async def test_traffic_moves_to_the_canary_by_a_file_and_no_request_is_dropped(pairs: Rung, day: Day) -> None:
    customer = await asyncio.to_thread(day.shop.customer)
    await asyncio.to_thread(try_the_canaries, customer)
    seen: dict[int, dict[str, float]] = {}
    async with AsyncExitStack() as crowd:
        answers = [
            await crowd.enter_async_context(asking(pairs, customer.access, ASKED[each], at_once=2)) for each in CANARIES
        ]
        people = await crowd.enter_async_context(buying(day, Impatient))
        for percent in (0, 10, 100):
            await asyncio.to_thread(pairs.move, **dict.fromkeys(CANARIES, percent))
            await enough(pairs, counts(pairs), requests=40)  # those that were under way
            before, orders = counts(pairs), len(people.orders)
            await enough(pairs, before, requests=400)
            await people.each_buys(2)
            seen[percent] = shares(before, counts(pairs))
            print(f"{percent} %: {seen[percent]}, {len(people.orders) - orders} checkouts")
        await asyncio.to_thread(pairs.move, **dict.fromkeys(CANARIES, 0))

    assert [each.keys() for each in answers] == [{200}] * len(answers)
    assert seen[0] == dict.fromkeys(CANARIES, 0.0)
    assert all(0.03 < each < 0.2 for each in seen[10].values()), seen[10]
    assert seen[100] == dict.fromkeys(CANARIES, 1.0)
    facts = await asyncio.to_thread(day.ends_well)
    assert {facts.orders[each]["state"] for each in people.orders} == {"CONFIRMED"}


async def frozen_with_a_promise(rung: Rung, people: People) -> None:
    """Stop the gateway when it has an answer in its hands that nobody has heard: an order that was accepted."""
    gateway = rung.one(GATEWAY)
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            gateway.send(signal.SIGSTOP)
            accepted = await asyncio.to_thread(rung.orders_of, people.promises.keys())
            # What had been sent has been heard by then.
            await asyncio.to_thread(rung.orders_of, people.promises.keys())
            if accepted - {*people.orders}:
                return
            gateway.send(signal.SIGCONT)
            await asyncio.sleep(0.2)  # they go on buying


def try_the_canaries(customer: Customer) -> None:
    """As one would, before anybody is sent there."""
    for service in CANARIES:
        for number in range(5):
            path = ASKED[service].format(number=f"-{number}")
            answer = customer.call("GET", path, headers={"X-Shop-Track": "canary"})
            assert answer.status_code == 200, f"{service}: {answer.text}"


def counts(rung: Rung) -> dict[str, tuple[int, int]]:
    """By service: how many requests the stable ones and the canary have answered so far."""
    clusters = {each: (each, f"{each}-canary") for each in CANARIES}
    return {each: (done(rung, stable), done(rung, canary)) for each, (stable, canary) in clusters.items()}


def done(rung: Rung, cluster: str) -> int:
    return rung.stat(f"cluster.{cluster}.upstream_rq_completed")


def shares(before: dict[str, tuple[int, int]], after: dict[str, tuple[int, int]]) -> dict[str, float]:
    """What part of what was answered in between came from the canary."""
    found = {}
    for service, (stable, canary) in after.items():
        stable, canary = stable - before[service][0], canary - before[service][1]
        found[service] = round(canary / (stable + canary), 3)
    return found


async def enough(rung: Rung, before: dict[str, tuple[int, int]], *, requests: int) -> None:
    """Returns once each service has answered so many more."""

    def answered() -> bool:
        return all(sum(after) - sum(before[each]) >= requests for each, after in counts(rung).items())

    await asyncio.to_thread(until, answered, f"{requests} requests at each of {CANARIES}")
