"""The report on reliability: from what tests wrote down to what a reader is told."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from testkit.report import Claim, fold, read_claims, read_evidence, render

pytest_plugins = ["pytester"]

REPOSITORY = Path(__file__).parents[3]
RELIABILITY = REPOSITORY / "docs" / "reliability"
LAST_UNIT = Claim("T4", "The last unit is sold once.", "200 rounds")


def line(**other: Any) -> dict[str, Any]:
    usual = {
        "claim": "T4",
        "trials": 300,
        "unit": "rounds",
        "test": "tests/test_race.py::test_race",
        "outcome": "passed",
        "seconds": 12.4,
        "at": "2026-11-24 20:00",
        "seed": "7",
        "commit": "abc1234",
        "machine": "2 cores",
        "versions": {"Python": "3.13.0"},
    }
    return usual | other


def test_a_claim_without_evidence_is_not_run() -> None:
    assert "| T4 | The last unit is sold once. |  | due: 200 rounds | **not run** |" in render([LAST_UNIT], [])


def test_what_held_is_told_with_its_size_seed_date_and_bound() -> None:
    report = render([LAST_UNIT], [line()])

    assert "| `tests/test_race.py::test_race` | 300 rounds | held | 1 % | 7 | 2026-11-24 20:00 | 12 s |" in report
    assert "- abc1234, 2 cores: Python 3.13.0" in report


def test_the_newest_line_of_each_case_counts_and_cases_add_up() -> None:
    first, second = line(test="tests/t.py::test[a]"), line(test="tests/t.py::test[b]")

    report = render([LAST_UNIT], [first | {"outcome": "failed"}, first, second | {"outcome": "failed"}])

    assert "| `tests/t.py::test` | 600 rounds, 2 cases | **1 failed** |  |" in report


def test_what_one_test_has_shown_of_two_things_is_told_of_both() -> None:
    both = [line(unit="orders", trials=1000), line(unit="sessions", trials=200)]

    assert "1,000 orders" in render([LAST_UNIT], both)
    assert "200 sessions" in render([LAST_UNIT], both)
    assert len(fold(both)) == 2


def test_many_cases_that_held_are_kept_as_one_line_and_told_as_before() -> None:
    cases = [line(test=f"tests/t.py::test[{each}]") for each in "abc"]

    kept = fold(cases)

    assert [(each["trials"], each["cases"], each["seconds"]) for each in kept] == [(900, 3, 37.2)]
    assert render([LAST_UNIT], kept) == render([LAST_UNIT], cases)


def test_what_failed_is_kept_apart_until_it_is_tried_again() -> None:
    held, broke = line(test="tests/t.py::test[a]"), line(test="tests/t.py::test[b]", outcome="failed")
    again = broke | {"outcome": "passed", "commit": "def5678"}

    assert "600 rounds, 2 cases | **1 failed** |" in render([LAST_UNIT], fold([held, broke]))
    assert "600 rounds, 2 cases | held |" in render([LAST_UNIT], fold([held, broke, again]))


def test_what_is_folded_stays_what_it_is() -> None:
    kept = fold([line(test="tests/t.py::test[a]"), line(test="tests/t.py::test[b]"), line()])

    assert fold(kept) == kept


def test_evidence_that_nobody_claims_is_refused() -> None:
    with pytest.raises(ValueError, match="T99"):
        render([LAST_UNIT], [line(claim="T99")])


def test_the_report_says_what_the_evidence_says() -> None:
    report = render(read_claims(RELIABILITY / "claims.toml"), read_evidence(RELIABILITY / "evidence.ndjson"))

    assert (REPOSITORY / "docs" / "reliability-report.md").read_text() == report


def test_a_test_that_fails_has_said_what_it_failed_at(
    pytester: pytest.Pytester, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    book = tmp_path / "evidence.ndjson"
    monkeypatch.setenv("MERCATO_EVIDENCE", str(book))
    monkeypatch.setenv("MERCATO_SEED", "11")
    pytester.makepyfile(
        """
        def test_holds(evidence):
            evidence("T4", trials=20, unit="rounds")

        def test_breaks(evidence):
            evidence("T6", trials=5, unit="checkouts")
            assert False
        """
    )

    pytester.runpytest_subprocess("-p", "testkit.evidence").assert_outcomes(passed=1, failed=1)

    told = [json.loads(each) for each in book.read_text().splitlines()]
    assert [(each["claim"], each["trials"], each["outcome"], each["seed"]) for each in told] == [
        ("T4", 20, "passed", "11"),
        ("T6", 5, "failed", "11"),
    ]


def test_evidence_is_of_the_commit_that_the_run_began_with(
    pytester: pytest.Pytester, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    book = tmp_path / "evidence.ndjson"
    monkeypatch.setenv("MERCATO_EVIDENCE", str(book))
    me = ("-c", "user.name=somebody", "-c", "user.email=somebody@example.org")
    for name, value in (("GIT_CONFIG_GLOBAL", os.devnull), ("GIT_CONFIG_NOSYSTEM", "1")):
        monkeypatch.setenv(name, value)
    subprocess.run(["git", "init", "-q"], check=True)
    subprocess.run(["git", *me, "commit", "-q", "--allow-empty", "-m", "First"], check=True)
    began = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=True).stdout
    pytester.makepyfile(
        f"""
        import subprocess

        def test_goes_on_while_somebody_commits(evidence):
            evidence("T4", trials=20, unit="rounds")
            subprocess.run(["git", *{me}, "commit", "-q", "--allow-empty", "-m", "Second"], check=True)
        """
    )

    pytester.runpytest_subprocess("-p", "testkit.evidence").assert_outcomes(passed=1)

    assert json.loads(book.read_text())["commit"] == began.strip()
