"""The live stream through the real gateway: whoever serves it may go, and nothing is lost or told twice."""

import asyncio
import signal

import pytest

from tests.dev.conftest import Day
from tests.dev.listening import Listener, listening
from tests.dev.people import Patient, People, buying
from tests.dev.rung import GATEWAY, Rung

STEPS = [
    ("order_progressed", "RESERVED"),
    ("order_progressed", "AUTHORIZED"),
    ("order_progressed", "COMMITTED"),
    ("order_confirmed", "CONFIRMED"),
]
"""What is told of an order that goes well; by different messages, so that they may overtake each other."""
NOTIFICATION = ("notification-api-1", "notification-api-2")
ORDER = ("order-api-1", "order-api-2")

LOSSES = {
    "each replica that serves it is killed": NOTIFICATION,
    "each replica of order is killed": ORDER,
    "the gateway is killed": (GATEWAY, GATEWAY),
}


@pytest.mark.parametrize("loss", LOSSES)
async def test_a_stream_tells_every_step_of_every_order_once_although(pairs: Rung, day: Day, loss: str) -> None:
    names = LOSSES[loss]
    async with buying(day, Patient) as people:
        listeners = [Listener(pairs.url, each.token) for each in people.buyers]
        async with listening(listeners):
            for name in names:
                await people.each_buys(2)
                await asyncio.to_thread(pairs.lose, name)
            await people.each_buys(1)
            await people.go_home()
            await told_of_all(people, listeners)

    print(f"{loss}: {len(people.orders)} orders, streams broken {[each.broken for each in listeners]} times")
    if names != ORDER:
        assert all(each.broken for each in listeners)
    each_step_once(people, listeners)
    await asyncio.to_thread(day.ends_well)


async def test_a_replica_that_leaves_in_order_ends_its_streams_and_they_go_on_elsewhere(pairs: Rung, day: Day) -> None:
    async with buying(day, Patient) as people:
        listeners = [Listener(pairs.url, each.token) for each in people.buyers]
        async with listening(listeners):
            for name in NOTIFICATION:
                await people.each_buys(2)
                await asyncio.to_thread(pairs.lose, name, by=signal.SIGTERM)
            await people.each_buys(1)
            await people.go_home()
            await told_of_all(people, listeners)

    assert all(each.ended for each in listeners)
    each_step_once(people, listeners)
    await asyncio.to_thread(day.ends_well)


async def told_of_all(people: People, listeners: list[Listener]) -> None:
    """Returns once everybody has heard of the end of each of their orders."""
    for buyer, listener in zip(people.buyers, listeners, strict=True):
        mine = {each.order_id for each in people.promises[buyer.user_id]}

        def ended(one: Listener, mine: set[str] = mine) -> bool:
            told = [each for each in one.heard if each["order_id"] in mine]
            return len(told) >= len(STEPS) * len(mine)

        await listener.has(ended, f"the steps of {len(mine)} orders")


def each_step_once(people: People, listeners: list[Listener]) -> None:
    for buyer, listener in zip(people.buyers, listeners, strict=True):
        numbers = [each["id"] for each in listener.heard]
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
        for promise in people.promises[buyer.user_id]:
            told = [each for each in listener.heard if each["order_id"] == promise.order_id]
            steps = sorted((each["kind"], each["facts"].get("state", "CONFIRMED")) for each in told)
            assert steps == sorted(STEPS), promise.order_id
        assert {each["order_id"] for each in listener.heard} == {
            each.order_id for each in people.promises[buyer.user_id]
        }
