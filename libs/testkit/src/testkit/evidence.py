"""What a test has shown, and at which size, for `make reliability-report`.

A test that carries a claim of the report begins with `evidence("T4", trials=1000, unit="checkouts")`. How it ended is
found out by pytest itself. Nothing is kept unless MERCATO_EVIDENCE names the file to add it to.
"""

import json
import os
import subprocess
from collections.abc import Callable, Generator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

from testkit.stores.versions import versions

Evidence = Callable[..., None]
SAID = pytest.StashKey[list[dict[str, Any]]]()


@dataclass
class Book:
    """The lines of one run of pytest, each written as soon as it is known: a long run may be cut off."""

    path: Path
    seed: str
    commit: str
    """That the run began with. What is committed while it goes on is not what it ran."""

    def add(self, line: dict[str, Any]) -> None:
        with self.path.open("a") as file:
            file.write(json.dumps(line | {"seed": self.seed} | self._origin) + "\n")

    @cached_property
    def _origin(self) -> dict[str, Any]:
        return {"commit": self.commit, "machine": f"{os.cpu_count()} cores", "versions": versions()}


BOOK = pytest.StashKey[Book]()


@pytest.fixture
def evidence(request: pytest.FixtureRequest) -> Evidence:
    """`evidence(claim, trials=…, unit=…)`, first of all in the test: a test that fails has then said what it failed at.

    `trials` is how often the claim could have been broken, `unit` what was tried, in the plural.
    """

    def say(claim: str, *, trials: int, unit: str) -> None:
        request.node.stash.setdefault(SAID, []).append({"claim": claim, "trials": trials, "unit": unit})

    return say


def pytest_configure(config: pytest.Config) -> None:
    path = os.environ.get("MERCATO_EVIDENCE")
    if path:
        seed = os.environ.get("MERCATO_SEED", "drawn by each test")
        config.stash[BOOK] = Book(Path(path).absolute(), seed, _commit())


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    book = item.config.stash.get(BOOK, None)
    if book is not None and report.when == "call":
        for said in item.stash.get(SAID, []):
            book.add(
                {
                    **said,
                    "test": item.nodeid,
                    "outcome": report.outcome,
                    "seconds": round(call.duration, 1),
                    "at": datetime.fromtimestamp(call.stop, UTC).strftime("%Y-%m-%d %H:%M"),
                }
            )
    return report


def _commit() -> str:
    """Short, and with a mark when the tree had changes that no commit has."""
    asked = ("git", "describe", "--always", "--dirty=, changed", "--exclude=*")
    return subprocess.run(asked, capture_output=True, text=True, timeout=20, check=False).stdout.strip() or "unknown"
