"""Between a request and its acknowledgement each store asks the kernel to put it onto the disk: seen by strace.

Not among the tests of `make test`: not everywhere may one process look at another's system calls.
"""

import asyncio
import re
import shutil
import signal
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from testkit.evidence import Evidence
from testkit.stores.mongo import Mongo
from testkit.stores.postgres import Postgres
from testkit.stores.rabbit import Rabbit
from testkit.stores.server import Server, family

from tests.durability.doors import Door, holds_in, messages_in, orders_in

pytestmark = pytest.mark.asyncio(loop_scope="session")

WRITES = 20
SYNCED = re.compile(r"^\d+ +(\d+\.\d+) (?:fsync|fdatasync)\(")
PATIENCE_SECONDS = 30


@dataclass(frozen=True)
class Ear:
    """Hears the system calls of one store."""

    notes: Path

    def syncs(self) -> Sequence[float]:
        """When each began."""
        found = map(SYNCED.match, self.notes.read_text().splitlines())
        return [float(match[1]) for match in found if match]


@asynccontextmanager
async def overheard(store: Server, folder: Path) -> AsyncGenerator[Ear]:
    """All processes and threads of the store, those too that come later, while the context is open."""
    strace = shutil.which("strace")
    assert strace is not None, "strace is needed for this test; Debian has it as a package of that name"
    assert store.process is not None
    notes, said = folder / "syncs", folder / "strace.log"
    everybody = [part for pid in family(store.process.pid) for part in ("-p", str(pid))]
    asked = ("-f", "-ttt", "-e", "trace=fsync,fdatasync", "-o", str(notes), *everybody)
    with said.open("w") as log:
        listening = await asyncio.create_subprocess_exec(strace, *asked, stdout=log, stderr=log)
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while said.read_text().count("attached") < len(everybody) // 2:
                assert listening.returncode is None, said.read_text()
                await asyncio.sleep(0.05)
        yield Ear(notes)
    finally:
        listening.send_signal(signal.SIGINT)
        await listening.wait()


async def test_postgres_syncs_before_it_acknowledges(postgres: Postgres, tmp_path: Path, evidence: Evidence) -> None:
    evidence("T9", trials=WRITES, unit="commits of PostgreSQL under strace")
    async with holds_in(postgres) as door, overheard(postgres, tmp_path) as ear:
        windows = await acknowledged(door)
    assert_synced(windows, ear)


async def test_mongo_syncs_before_it_acknowledges(mongo: Mongo, tmp_path: Path, evidence: Evidence) -> None:
    evidence("T9", trials=WRITES, unit="writes of MongoDB under strace")
    async with orders_in(mongo) as door, overheard(mongo, tmp_path) as ear:
        windows = await acknowledged(door)
    assert_synced(windows, ear)


async def test_rabbit_syncs_before_it_confirms(rabbit: Rabbit, tmp_path: Path, evidence: Evidence) -> None:
    evidence("T9", trials=WRITES, unit="confirms of RabbitMQ under strace")
    door = await messages_in(rabbit)
    async with overheard(rabbit, tmp_path) as ear:
        windows = await acknowledged(door)
    assert_synced(windows, ear)


async def acknowledged(door: Door) -> list[tuple[float, float]]:
    """When each of some writes, one after the other, was begun, and when its first acknowledgement was there."""
    windows: list[tuple[float, float]] = []
    for _ in range(WRITES):
        began = time.time()
        async with aclosing(door.write()) as notes:
            await anext(notes)
            windows.append((began, time.time()))
    return windows


def assert_synced(windows: Sequence[tuple[float, float]], ear: Ear) -> None:
    """There was a sync within each."""
    syncs = ear.syncs()
    counts = [sum(began <= sync <= ended for sync in syncs) for began, ended in windows]
    print(f"{len(counts)} acknowledgements, {sum(counts)} syncs, at least {min(counts)} before each")
    assert min(counts) >= 1, counts
