"""A kill takes everything that was only in memory, and nothing that was committed."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from tests.simulation.loop import VirtualLoop
from tests.simulation.processes import CURRENT, Life, Process
from tests.simulation.street import Street, build


def in_virtual_time(play: Callable[[Street], Coroutine[Any, Any, None]]) -> None:
    async def run() -> None:
        await play(build(1, steps=1))

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        runner.run(run())


async def idle(_life: Life) -> None:
    await asyncio.Event().wait()


def test_what_a_killed_process_had_begun_in_its_store_is_taken_back() -> None:
    async def play(street: Street) -> None:
        store, process = street.order.store, Process("order-api", "order", idle)
        table = store.table()
        process.start()

        async def write() -> None:
            async with store.transaction():
                table.put("half", 1)
                await asyncio.sleep(10)
                table.put("whole", 2)

        assert process.life is not None
        task = process.life.spawn(write(), name="write")
        await asyncio.sleep(1)
        process.kill()
        await asyncio.sleep(1)

        assert task.cancelled()
        assert len(table) == 0
        async with store.transaction():  # nobody holds it any more
            assert CURRENT.get() is None

    in_virtual_time(play)


def test_what_a_killed_process_does_on_its_way_out_reaches_nobody() -> None:
    async def play(street: Street) -> None:
        store, process = street.order.store, Process("order-api", "order", idle)
        table = store.table()
        process.start()

        async def tidy_up() -> None:
            try:
                await asyncio.sleep(10)
            finally:
                async with store.transaction():
                    table.put("from the grave", 1)

        assert process.life is not None
        process.life.spawn(tidy_up(), name="tidy up")
        await asyncio.sleep(1)
        process.kill()
        await asyncio.sleep(20)

        assert len(table) == 0

    in_virtual_time(play)


def test_a_frozen_process_goes_on_where_it_was_when_it_thaws() -> None:
    async def play(street: Street) -> None:
        store, process = street.order.store, Process("order-api", "order", idle)
        table = store.table()
        process.start()

        async def write() -> None:
            await asyncio.sleep(1)
            async with store.transaction():
                table.put("late", 1)

        assert process.life is not None
        process.freeze()
        process.life.spawn(write(), name="write")
        await asyncio.sleep(60)
        assert len(table) == 0

        process.thaw()
        await asyncio.sleep(1)

        assert len(table) == 1

    in_virtual_time(play)


@pytest.mark.parametrize("patience", [0.5, 20.0])
def test_a_process_that_is_told_to_stop_is_gone_after_its_patience_at_the_latest(patience: float) -> None:
    async def play(_street: Street) -> None:
        async def slow(_life: Life) -> None:
            try:
                await asyncio.Event().wait()
            finally:
                await asyncio.sleep(5)

        process = Process("order-worker", "order", slow)
        process.start()
        await asyncio.sleep(1)
        loop = asyncio.get_running_loop()
        began = loop.time()

        await process.stop(patience=patience)

        assert process.life is None
        assert loop.time() - began == min(patience, 5)

    in_virtual_time(play)
