"""The journeys know a base URL and nothing else: `MERCATO_URL`, or a demo that they start for themselves.

When the last of them has ended, the invariants are checked over what every store holds, and against the journal. With
`MERCATO_DOOR=closed` the stores cannot be asked: only journeys that look are walked then.
"""

import asyncio
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest
from testkit.verify.__main__ import settled
from testkit.verify.invariants import assert_holds
from testkit.verify.journal import Journal

from tests.journeys.shop import Shop

CHECKOUT = Path(__file__).parents[2]
READY_SECONDS = 60
QUIET_SECONDS = 60


@pytest.fixture(scope="session")
def base_url() -> Iterator[str]:
    given = os.environ.get("MERCATO_URL")
    if given:
        yield given.rstrip("/")
        return
    with a_demo() as url:
        yield url


@contextmanager
def a_demo() -> Iterator[str]:
    """The address of a demo that lives as long as the context."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    demo = subprocess.Popen(
        [sys.executable, "-m", "demo", "--port", str(port)], cwd=CHECKOUT, stdout=subprocess.DEVNULL
    )
    try:
        wait_until_ready(f"http://127.0.0.1:{port}", demo)
        yield f"http://127.0.0.1:{port}"
    finally:
        demo.terminate()
        assert demo.wait(timeout=30) == 0


def wait_until_ready(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        assert process.poll() is None, f"the demo ended with status {process.returncode}"
        try:
            if httpx2.get(f"{url}/readyz", timeout=2).status_code < 300:
                return
        except httpx2.HTTPError:
            pass
        time.sleep(0.1)
    raise AssertionError(f"the demo is not ready after {READY_SECONDS} s")


@pytest.fixture(scope="session")
def journal() -> Iterator[Journal]:
    journal = Journal()
    yield journal
    file = os.environ.get("MERCATO_JOURNAL")
    if file:
        journal.append_to(Path(file))


@pytest.fixture(scope="session")
def shop(base_url: str, journal: Journal) -> Iterator[Shop]:
    with httpx2.Client(base_url=base_url, timeout=30) as client:
        yield Shop(client, journal)


@pytest.fixture(scope="session", autouse=True)
def invariants_hold_after_all_journeys(base_url: str, journal: Journal) -> Iterator[None]:
    yield
    if os.environ.get("MERCATO_DOOR") == "closed":  # as in production: whoever only looks has changed nothing
        return
    facts = asyncio.run(settled(base_url, QUIET_SECONDS))
    assert facts.quiet, f"something is still under way {QUIET_SECONDS} s after the last journey"
    assert_holds(facts, journal)
