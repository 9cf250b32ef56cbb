"""Answers that the process keeps for some seconds."""

from dataclasses import dataclass
from datetime import UTC, datetime

import httpx2
import pytest
from chassis.world import World
from storefront.api import Api, Away
from storefront.kept import MOST, Kept

PRICES = {"items": [{"slug": "iron-pan"}]}


@dataclass
class HandClock:
    seconds: float = 1000.0

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.seconds, UTC)

    def monotonic(self) -> float:
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        self.seconds += seconds


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
async def kept(shop, clock):
    shop.tells("/rooms", {"items": ["kitchen"]})
    world = World(clock=clock)
    api = Api("http://gateway", world, transport=httpx2.MockTransport(shop))
    yield Kept(api, world)
    await api.close()


async def test_a_question_is_asked_once_in_a_while(shop, kept, clock) -> None:
    await kept.read("/rooms", {"limit": "1"}, headers={})
    clock.seconds += 20
    await kept.read("/rooms", {"limit": "1"}, headers={})
    assert len(shop.asked) == 1

    clock.seconds += 1
    await kept.read("/rooms", {"limit": "1"}, headers={})
    assert len(shop.asked) == 2


async def test_other_parameters_are_another_question(shop, kept) -> None:
    await kept.read("/rooms", {"limit": "1"}, headers={})
    await kept.read("/rooms", {"limit": "2"}, headers={})

    assert len(shop.asked) == 2


async def test_an_old_answer_is_given_while_nobody_answers_but_not_for_ever(shop, kept, clock) -> None:
    await kept.read("/rooms", {}, headers={})
    shop.away.add("/rooms")

    clock.seconds += 600
    assert await kept.read("/rooms", {}, headers={}) == {"items": ["kitchen"]}

    clock.seconds += 1
    with pytest.raises(Away):
        await kept.read("/rooms", {}, headers={})


async def test_the_answer_that_was_longest_not_asked_for_goes_first(shop, kept) -> None:
    for number in range(MOST):
        await kept.read("/rooms", {"limit": str(number)}, headers={})
    await kept.read("/rooms", {"limit": "0"}, headers={})
    await kept.read("/rooms", {"limit": "one more"}, headers={})
    shop.asked.clear()

    await kept.read("/rooms", {"limit": "0"}, headers={})
    assert shop.asked == []

    await kept.read("/rooms", {"limit": "1"}, headers={})
    assert len(shop.asked) == 1


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Cache-Control": "public, max-age=4"}, 4),
        ({"Cache-Control": "public, max-age=4", "Age": "1"}, 2),  # perhaps nearly two are over: Age has whole seconds
        ({"Cache-Control": "public, max-age=4", "Age": "0"}, 3),
    ],
)
async def test_a_price_is_kept_for_what_is_left_of_the_time_that_its_answer_allows(
    shop, kept, clock, headers, seconds
) -> None:
    shop.answers["GET", "/prices"] = lambda _: httpx2.Response(200, json=PRICES, headers=headers)
    await kept.look("/prices", {}, headers={})

    clock.seconds += seconds - 0.1
    assert await kept.look("/prices", {}, headers={}) == PRICES
    assert len(shop.asked) == 1

    clock.seconds += 0.1
    await kept.look("/prices", {}, headers={})
    assert len(shop.asked) == 2


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Cache-Control": "no-store"},
        {"Cache-Control": "private, max-age=4"},
        {"Cache-Control": "public, max-age=4", "Age": "4"},
    ],
)
async def test_a_price_whose_answer_may_not_be_kept_is_asked_for_each_time(shop, kept, headers) -> None:
    shop.answers["GET", "/prices"] = lambda _: httpx2.Response(200, json=PRICES, headers=headers)

    await kept.look("/prices", {}, headers={})
    await kept.look("/prices", {}, headers={})

    assert len(shop.asked) == 2


async def test_an_old_price_is_worse_than_none(shop, kept, clock) -> None:
    headers = {"Cache-Control": "public, max-age=4"}
    shop.answers["GET", "/prices"] = lambda _: httpx2.Response(200, json=PRICES, headers=headers)
    await kept.look("/prices", {}, headers={})
    shop.away.add("/prices")

    clock.seconds += 4

    with pytest.raises(Away):
        await kept.look("/prices", {}, headers={})
