"""The worker dies at any moment around its calls; the next one finishes what it finds, and nobody pays twice."""

import itertools
import random
from collections.abc import Awaitable, Callable

import httpx2
import pytest
from simulators.psp import Kind, Operation

KILLS = range(9)
"""A purchase that is returned makes four calls: it can die before and after each, and not at all."""
SEEDS = range(6)


class Died(BaseException):
    """The process ended here."""


@pytest.fixture
def kill(wire) -> Callable[[Callable[[], bool]], None]:
    """From now on, each moment before and after a call asks `now` whether the process ends there."""

    def kill(now: Callable[[], bool]) -> None:
        async def moment(_request: httpx2.Request) -> None:
            if now():
                raise Died

        wire.before = wire.after = moment

    return kill


async def survive(shop, step: Callable[[], Awaitable[None]]) -> int:
    """The order service repeats itself and processes are started again, until nothing is left to do; how many died."""
    deaths = 0
    while True:
        await step()
        try:
            await shop.settle_all()
        except Died:
            deaths += 1
            await shop.later(seconds=21)
        else:
            return deaths


def the_moment(number: int) -> Callable[[], bool]:
    """True once: at the moment of this number."""
    moments = itertools.count()
    return lambda: next(moments) == number


def assert_bought_and_returned_once(shop, said: list[str], ledger: list[dict]) -> None:
    assert shop.truth("capture") == [3558]
    assert shop.truth("refund") == [3558]
    assert shop.truth("authorization") == []
    assert sorted(each["ref"].partition(":")[0] for each in ledger) == ["capture", "refund"]
    assert {"PaymentCaptured", "PaymentRefunded"} <= set(said)
    assert not {"PaymentDeclined", "PaymentVoided", "PaymentCaptureFailed", "RefundFailed"} & set(said)


@pytest.mark.parametrize("at", KILLS)
async def test_a_death_at_any_moment_of_a_purchase_costs_nobody_anything(shop, kill, at) -> None:
    method = await shop.save_card()
    kill(the_moment(at))
    deaths = await survive(shop, lambda: shop.authorize(method=method))
    deaths += await survive(shop, shop.capture)
    deaths += await survive(shop, shop.refund)

    assert deaths == (1 if at < 8 else 0)
    assert_bought_and_returned_once(shop, await shop.said(), await shop.facts("ledger_tx"))


@pytest.mark.parametrize("at", range(7))
async def test_a_death_at_any_moment_of_a_void_leaves_no_authorisation(shop, kill, at) -> None:
    method = await shop.save_card()
    kill(the_moment(at))
    deaths = await survive(shop, lambda: shop.authorize(method=method))
    deaths += await survive(shop, shop.void)

    assert deaths == (1 if at < 6 else 0)
    assert (await shop.said())[-1] == "PaymentVoided"
    assert await shop.state() == "VOIDED"
    assert (shop.truth("authorization"), shop.truth("capture")) == ([], [])


@pytest.mark.parametrize("at", range(7))
async def test_a_death_at_any_moment_of_a_decline_still_declines(shop, kill, at) -> None:
    method = await shop.save_card("pm_card_chargeDeclined")
    kill(the_moment(at))
    deaths = await survive(shop, lambda: shop.authorize(method=method))

    assert deaths == (1 if at < 6 else 0)
    assert (await shop.said())[-1] == "PaymentDeclined"
    assert (await shop.last())["reason"] == "generic_decline"
    assert await shop.state() == "FAILED"
    assert shop.truth("authorization") == []


@pytest.mark.parametrize("seed", SEEDS)
async def test_deaths_and_lost_answers_again_and_again_cost_nobody_anything(shop, kill, wire, seed) -> None:
    print(f"seed {seed}")
    dice = random.Random(seed)
    method = await shop.save_card()
    kill(lambda: dice.random() < 0.25)
    for _ in range(12):
        kind = dice.choice([Kind.TIMEOUT_BEFORE, Kind.TIMEOUT_AFTER, Kind.ERROR_BEFORE, Kind.ERROR_AFTER])
        operation = dice.choice([each for each in Operation if each not in (Operation.ANY, Operation.OTHER)])
        shop.misbehave(kind, operation)

    await survive(shop, lambda: shop.authorize(method=method))
    await survive(shop, shop.capture)
    await survive(shop, shop.refund)

    assert_bought_and_returned_once(shop, await shop.said(), await shop.facts("ledger_tx"))
