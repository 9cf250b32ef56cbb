"""A test run that is killed leaves no store behind."""

import asyncio
import signal
import sys
from pathlib import Path

from testkit.stores import server
from testkit.stores.server import strays

RUNNER = """
import sys, time
from testkit.stores import providers
for way in (providers.POSTGRES, providers.MONGO, providers.REDIS, providers.RABBIT):
    store = (way.make)(way.find() or way.install())
    store.start()
    print(store.folder, flush=True)
print("all", flush=True)
time.sleep(600)
"""


async def test_stores_die_with_the_run_that_started_them_even_when_it_is_killed() -> None:
    runner = await asyncio.create_subprocess_exec(sys.executable, "-c", RUNNER, stdout=asyncio.subprocess.PIPE)
    folders: list[Path] = []
    try:
        async with asyncio.timeout(180):
            while (line := (await runner.stdout.readline()).decode().strip()) not in {"all", ""}:
                folders.append(Path(line))
        assert [bool(strays(folder / "data")) for folder in folders] == [True] * 4
    finally:
        runner.send_signal(signal.SIGKILL)
        await runner.communicate()

    async with asyncio.timeout(30):
        while any(strays(folder / "data") for folder in folders):
            await asyncio.sleep(0.05)
    server.sweep()
    assert [folder for folder in folders if folder.exists()] == []
