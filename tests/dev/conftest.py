"""One dev rung at a time, for as many tests as can share it."""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest
from testkit.verify.__main__ import settled
from testkit.verify.invariants import assert_holds
from testkit.verify.journal import Journal

from tests.dev.rung import CHECKOUT, Rung, open_rung
from tests.journeys.shop import Shop

QUIET_SECONDS = 60


@dataclass
class Rungs:
    """Opens a rung when there is none of that size."""

    folders: pytest.TempPathFactory
    size: int = 0
    open: Rung | None = None

    def with_replicas(self, count: int) -> Rung:
        if self.open is None or self.size != count:
            self.close()
            self.open, self.size = open_rung(self.folders.mktemp("dev"), replicas=count), count
        return self.open

    def close(self) -> None:
        rung, self.open = self.open, None
        if rung is not None:
            rung.close()


@pytest.fixture(scope="session")
def rungs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rungs]:
    rungs = Rungs(tmp_path_factory)
    yield rungs
    rungs.close()


@pytest.fixture
def pairs(rungs: Rungs) -> Rung:
    """Two of every API and of every worker."""
    return rungs.with_replicas(2)


@pytest.fixture
def single(rungs: Rungs) -> Rung:
    """One of each."""
    return rungs.with_replicas(1)


@dataclass
class Day:
    """What customers do while something is broken, and how it must have ended."""

    rung: Rung
    shop: Shop

    def ends_well(self) -> None:
        """Everything is settled soon after healing, and the invariants hold."""
        began = time.monotonic()
        facts = asyncio.run(self._settled())
        assert facts.quiet, f"something is still under way {QUIET_SECONDS} s after healing"
        print(f"at rest {time.monotonic() - began:.1f} s after healing")
        assert_holds(facts, self.shop.journal)

    async def _settled(self):
        deadline = time.monotonic() + QUIET_SECONDS
        while True:
            try:
                return await settled(self.rung.url, deadline - time.monotonic())
            except httpx2.HTTPError:
                assert time.monotonic() < deadline, "the facts cannot be read"
                await asyncio.sleep(0.2)


@pytest.fixture
def day(pairs: Rung) -> Iterator[Day]:
    with httpx2.Client(base_url=pairs.url, timeout=20) as client:
        yield Day(pairs, Shop(client, Journal()))


def walk_the_journeys(rung: Rung, folder: Path) -> None:
    """The customer journeys as they are, and what the stores hold afterwards."""
    journal = folder / "journal.ndjson"
    environment = {**os.environ, "MERCATO_URL": rung.url, "MERCATO_JOURNAL": str(journal)}
    journeys = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/journeys"]
    ran = subprocess.run(journeys, cwd=CHECKOUT, env=environment, capture_output=True, text=True, timeout=600)
    assert ran.returncode == 0, ran.stdout[-8000:] + ran.stderr[-2000:] + rung.tail()
    verify = [sys.executable, "-m", "testkit.verify", "--url", rung.url, "--journal", str(journal)]
    ran = subprocess.run(verify, cwd=CHECKOUT, capture_output=True, text=True, timeout=120)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    print(ran.stdout)
