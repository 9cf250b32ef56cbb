"""What ends is started again; what is taken away stays away; what is let go ends for good."""

import asyncio
import signal
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from dev.keeper import FIRST_PAUSE, Keeper, OfProcess
from dev.processes import Process

from .conftest import MakeProcess


async def until(look: Callable[[], object]) -> None:
    async with asyncio.timeout(30):
        while not look():
            await asyncio.sleep(0.02)


@asynccontextmanager
async def kept(down: Path, *processes: Process) -> AsyncGenerator[tuple[Keeper, list[str]]]:
    said: list[str] = []
    keeper = Keeper(said.append, down)
    for each in processes:
        each.start()
    keeper.take(map(OfProcess, processes))
    keeping = asyncio.create_task(keeper.keep())
    try:
        yield keeper, said
    finally:
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)


async def test_a_killed_process_is_started_again_and_said_so(process: MakeProcess, tmp_path: Path) -> None:
    one, other = process("one"), process("other")
    async with kept(tmp_path / "down", one, other) as (_, said):
        before, untouched = one.pid, other.pid
        one.running.send_signal(signal.SIGKILL)
        await until(lambda: one.alive and one.pid != before)
        assert said == ["one has ended; starting it again in 0.5 s"]
        assert (other.alive, other.pid) == (True, untouched)


async def test_one_that_ends_again_and_again_is_waited_for_longer_each_time(
    process: MakeProcess, tmp_path: Path
) -> None:
    hopeless = process("hopeless", code="raise SystemExit(1)")
    async with kept(tmp_path / "down", hopeless) as (_, said):
        await until(lambda: len(said) == 3)
    pauses = [FIRST_PAUSE, 2 * FIRST_PAUSE, 4 * FIRST_PAUSE]
    assert said == [f"hopeless has ended; starting it again in {pause:g} s" for pause in pauses]


async def test_a_file_takes_it_away_until_the_file_is_gone(process: MakeProcess, tmp_path: Path) -> None:
    one, down = process("one"), tmp_path / "down"
    async with kept(down, one) as (_, said):
        await until(down.exists)
        (down / "one").touch()
        await until(lambda: not one.alive)
        (down / "one").unlink()
        await until(lambda: one.alive)
    assert said == ["one is taken away, until down/one is", "one has ended; starting it again in 0 s"]


async def test_whatever_is_let_go_ends_for_good(process: MakeProcess, tmp_path: Path) -> None:
    one, other = process("one"), process("other")
    async with kept(tmp_path / "down", one, other) as (keeper, said):
        keeper.let_go()
        await one.end()
        other.running.send_signal(signal.SIGKILL)
        await until(lambda: not other.alive)
        await asyncio.sleep(3 * FIRST_PAUSE)  # nothing happens for as long as something would
        assert (one.alive, other.alive, said) == (False, False, [])
