"""Many seeds, side by side in as many processes as there are cores."""

import gc
import subprocess
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

from tests.simulation.run import STEPS, simulate

ROOT = Path(__file__).parents[2]
AT_A_TIME = 5


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is left of a run when it is over: enough to say what was wrong, and to run it again."""

    seed: int
    violations: tuple[str, ...]
    digest: str
    ends: Counter[str]
    steps: frozenset[tuple[str | None, str, str]]
    """Which steps the orders took: from where, why, to where."""

    def __str__(self) -> str:
        said = "\n".join(f"  {each}" for each in self.violations)
        return f"commit {commit()}, seed {self.seed}\n{said}\n  see it again: make replay SEED={self.seed}"


def judge(seed: int, steps: int = STEPS) -> Verdict:
    try:
        outcome = simulate(seed, steps=steps)
    except Exception as fault:  # noqa: BLE001 - whatever breaks a run off is a finding, and its seed must be told
        return Verdict(seed, (f"the run broke off: {fault!r}",), "", Counter(), frozenset())
    return Verdict(seed, tuple(outcome.violations), outcome.trace.digest, outcome.ends, outcome.steps)


def judge_all(seeds: Sequence[int], *, processes: int | None = None) -> Iterator[Verdict]:
    """In the order of the seeds."""
    if processes == 1:
        yield from map(judge, seeds)
        return
    # Not forked: whoever asks may have threads.
    pool = ProcessPoolExecutor(processes, mp_context=get_context("spawn"), initializer=_settle_down)
    try:
        yield from pool.map(judge, seeds, chunksize=AT_A_TIME)
    finally:
        # After the first failure nobody wants to know the rest.
        pool.shutdown(cancel_futures=True)


def _settle_down() -> None:
    """What was imported stays until the process ends: the collector need not go through it after each seed."""
    gc.freeze()


def commit() -> str:
    """Of the code that ran; what no commit has is marked."""
    asked = ("git", "describe", "--always", "--dirty=, changed", "--exclude=*")
    said = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, timeout=20, check=False)
    return said.stdout.strip() or "unknown"
