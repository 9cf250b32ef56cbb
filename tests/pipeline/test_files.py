"""What the files of the pipeline say, before anything runs."""

import re
import subprocess
from pathlib import Path

import pytest
import yaml

from .gitlab import CHECKOUT, Project

FILES = [CHECKOUT / ".gitlab-ci.yml", *sorted((CHECKOUT / ".gitlab/ci").glob("*.yml"))]


class _WithReferences(yaml.SafeLoader):
    """GitLab's YAML: `!reference [.rules, landed]` stays a list of names."""


_WithReferences.add_constructor("!reference", lambda loader, node: loader.construct_sequence(node))  # type: ignore[arg-type]


def read(file: Path) -> list[dict]:
    return list(yaml.load_all(file.read_text(), _WithReferences))


def scan(what: str, folder: Path = CHECKOUT) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [folder / "scripts/scan", what], cwd=folder, capture_output=True, text=True, check=False, timeout=600
    )


def test_each_file_is_valid_by_gitlabs_own_schema() -> None:
    ran = scan("yaml")

    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_the_schema_can_fail(project: Project) -> None:
    project.append(".gitlab/ci/checks.yml", "\nbroken:\n  script: [true]\n  whenever: on_success\n")

    ran = scan("yaml", project.folder)

    assert ran.returncode != 0
    assert "broken" in ran.stdout


def test_the_table_of_contents_fits_on_a_screen() -> None:
    assert len((CHECKOUT / ".gitlab-ci.yml").read_text().splitlines()) <= 35


def test_each_script_that_a_job_calls_is_there() -> None:
    called = {each for file in FILES for each in re.findall(r"\b(?:scripts|deploy/images)/[\w.-]+", file.read_text())}

    assert {"scripts/scan", "scripts/release", "scripts/gate.py", "deploy/images/publish"} <= called
    assert [each for each in called if not (CHECKOUT / each).exists()] == []


def test_each_verb_that_a_job_calls_is_in_the_makefile() -> None:
    verbs = {each for file in FILES for each in re.findall(r"- make ([a-z-]+(?: [a-z-]+)*)", file.read_text())}
    known = set(re.findall(r"^([a-z-]+):.*##", (CHECKOUT / "Makefile").read_text(), re.MULTILINE))

    assert {verb for each in verbs for verb in each.split()} - known == set()


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_no_image_is_the_newest_of_the_day(file: Path) -> None:
    assert "latest" not in file.read_text()


def test_nothing_that_was_deployed_from_is_interrupted() -> None:
    jobs = {
        name: job
        for file in ("deploy.yml", "verify.yml")
        for name, job in read(CHECKOUT / ".gitlab/ci" / file)[-1].items()
        if name.startswith(".")
    }
    assert jobs
    assert [name for name, job in jobs.items() if job.get("interruptible") is not False] == []


def test_a_change_has_one_pipeline() -> None:
    rules = read(CHECKOUT / ".gitlab/ci/base.yml")[0]["workflow"]["rules"]

    assert [each["if"] for each in rules] == [
        '$CI_PIPELINE_SOURCE == "merge_request_event"',
        "$CI_COMMIT_TAG =~ /^v\\d+\\.\\d+\\.\\d+$/",
        "$CI_COMMIT_BRANCH && $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH",
    ]
