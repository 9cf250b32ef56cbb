"""Time passes only when nothing else can happen, and nothing real gets in."""

import asyncio
import time

import pytest

from tests.simulation.loop import GoesRound, RealWorld, StandsStill, VirtualLoop


def test_a_year_passes_in_no_time() -> None:
    async def wait() -> float:
        await asyncio.sleep(365 * 86_400)
        return asyncio.get_running_loop().time()

    began = time.monotonic()
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        passed = runner.run(wait())

    assert passed == 365 * 86_400
    assert time.monotonic() - began < 5


def test_whoever_is_due_first_goes_first_and_ties_keep_their_order() -> None:
    async def race() -> list[str]:
        seen: list[str] = []

        async def run(name: str, seconds: float) -> None:
            await asyncio.sleep(seconds)
            seen.append(name)

        await asyncio.gather(run("late", 2), run("first", 1), run("second", 1))
        return seen

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        assert runner.run(race()) == ["first", "second", "late"]


def test_who_waits_for_nothing_is_told_so() -> None:
    with asyncio.Runner(loop_factory=VirtualLoop) as runner, pytest.raises(StandsStill):
        runner.run(asyncio.Event().wait())


def test_whoever_goes_round_for_ever_is_stopped() -> None:
    async def spin() -> None:
        while True:
            await asyncio.sleep(0)

    with asyncio.Runner(loop_factory=VirtualLoop) as runner, pytest.raises(GoesRound):
        runner.run(spin())


def test_threads_and_connections_are_refused() -> None:
    async def think() -> None:
        await asyncio.to_thread(time.time)

    async def call() -> None:
        await asyncio.open_connection("127.0.0.1", 80)

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        with pytest.raises(RealWorld):
            runner.run(think())
        with pytest.raises(RealWorld):
            runner.run(call())
