"""One dev rung at a time, for as many tests as can share it."""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import pytest
from testkit.verify.__main__ import settled
from testkit.verify.facts import Facts
from testkit.verify.invariants import assert_holds
from testkit.verify.journal import Journal

from tests.dev.rung import CHECKOUT, Rung, open_rung
from tests.journeys.shop import Shop

QUIET_SECONDS = 60


CANARIES = ("order", "product")
IN_HAND = 4
"""So many mails a worker of notification sends at once: who kills it does not know which of them have left."""


@dataclass
class Rungs:
    """Opens a rung when there is none of that kind."""

    folders: pytest.TempPathFactory
    open: Rung | None = None
    kind: Mapping[str, Any] = field(default_factory=dict)

    def one(self, **kind: Any) -> Rung:
        """`replicas`, `canaries`, `watch`."""
        if self.open is None or self.kind != kind:
            self.close()
            self.open, self.kind = open_rung(self.folders.mktemp("dev"), **kind), kind
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
    """Two of every API and of every worker, and canaries that are asked for nothing."""
    return rungs.one(replicas=2, canaries=CANARIES, watch=False)


@pytest.fixture
def single(rungs: Rungs) -> Rung:
    """One of each."""
    return rungs.one(replicas=1)


@dataclass
class Day:
    """What customers do while something is broken, and how it must have ended."""

    rung: Rung
    shop: Shop

    def ends_well(self, *, resends: int = 0) -> Facts:
        """Everything is settled soon after healing, and the invariants hold: what there is then.

        `resends` mails may have come twice by what this test did; the mailbox remembers the tests before.
        """
        self.rung.resends += resends
        began = time.monotonic()
        facts = asyncio.run(self._settled())
        assert facts.quiet, f"something is still under way {QUIET_SECONDS} s after healing"
        print(f"at rest {time.monotonic() - began:.1f} s after healing")
        assert_holds(facts, self.shop.journal, resends=self.rung.resends)
        return facts

    async def _settled(self) -> Facts:
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
