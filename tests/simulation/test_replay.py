"""The same seed is the same day, line by line: in this process, and in any other."""

import os
import subprocess
import sys

import pytest
from product_service.domain.hold import TABLE, Answer, Command, HoldState, Step

from tests.simulation.run import Outcome, simulate
from tests.simulation.seeds import ROOT, Verdict

SEED = 5
CANCELS = 3
"""A seed in which somebody cancels what was sold."""
ASK = "from tests.simulation.run import simulate; print(simulate({seed}).trace.digest)"


def digest(*, hash_seed: int) -> str:
    environment = {**os.environ, "PYTHONHASHSEED": str(hash_seed)}
    command = [sys.executable, "-c", ASK.format(seed=SEED)]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True).stdout


def plant(monkeypatch: pytest.MonkeyPatch) -> None:
    """Goods of a cancelled sale do not come back."""
    monkeypatch.setitem(TABLE, (HoldState.COMMITTED, Command.RELEASE), Step(HoldState.COMMITTED, Answer.RELEASED))


def test_a_seed_is_the_same_in_processes_that_hash_differently() -> None:
    assert digest(hash_seed=1) == digest(hash_seed=2) == f"{simulate(SEED).trace.digest}\n"


def test_another_seed_is_another_day() -> None:
    assert simulate(SEED).trace.digest != simulate(SEED + 1).trace.digest


def test_a_planted_failure_comes_again_twenty_times_of_twenty(monkeypatch: pytest.MonkeyPatch) -> None:
    plant(monkeypatch)

    runs = [simulate(CANCELS) for _ in range(20)]

    assert runs[0].violations
    assert {each.trace.digest for each in runs} == {runs[0].trace.digest}
    assert all(each.violations == runs[0].violations for each in runs)


def test_a_failure_says_how_to_see_it_again(monkeypatch: pytest.MonkeyPatch) -> None:
    plant(monkeypatch)
    outcome: Outcome = simulate(CANCELS)

    said = str(Verdict(CANCELS, tuple(outcome.violations), outcome.trace.digest, outcome.ends, outcome.steps))

    assert said.startswith("commit ")
    assert f"seed {CANCELS}\n" in said
    assert f"make replay SEED={CANCELS}" in said
    assert outcome.violations[0] in said
