"""Some jobs for real, by their own scripts, on this machine and in no container: green as it is, red when it should be.

One clone serves all; each test puts back what it has changed.
"""

import random
import string

import pytest

from .gitlab import Project
from .machine import run


def test_the_lint_job_is_green(project: Project) -> None:
    ran = run(project, "lint")

    assert ran.code == 0, ran.said


def test_an_import_that_goes_up_turns_the_lint_job_red(project: Project) -> None:
    upwards = "\n\nimport order_service.main  # noqa: E402,F401\n"
    project.append("services/order/src/order_service/domain/order.py", upwards)

    ran = run(project, "lint")

    assert ran.code != 0
    assert "order_service.domain.order -> order_service.main" in ran.said


def test_a_services_unit_tests_are_green(project: Project) -> None:
    ran = run(project, "test notification: [unit]")

    assert ran.code == 0, ran.said
    assert " passed" in ran.said
    assert (project.folder / "reports/unit.xml").exists()


def test_a_failing_test_turns_its_job_red(project: Project) -> None:
    fails = "def test_planted() -> None:\n    assert not 1\n"
    project.write("services/notification/tests/domain/test_planted.py", fails)

    ran = run(project, "test notification: [unit]")

    assert ran.code != 0
    assert "1 failed" in ran.said


def test_the_job_of_the_files_is_green(project: Project) -> None:
    ran = run(project, "files")

    assert ran.code == 0, ran.said


def test_a_bad_dockerfile_turns_it_red(project: Project) -> None:
    project.write("deploy/planted/Dockerfile", "FROM debian:latest\nRUN cd /tmp\n")
    project.commit()

    ran = run(project, "files")

    assert ran.code != 0
    assert "DL3007" in ran.said


def test_the_history_has_no_secret(project: Project) -> None:
    ran = run(project, "secrets")

    assert ran.code == 0, ran.said
    assert "no leaks found" in ran.said


def test_a_secret_turns_its_job_red_even_when_it_was_taken_back(project: Project) -> None:
    token = "ghp_" + "".join(random.choices(string.ascii_letters + string.digits, k=36))
    project.write("deploy/planted.env", f"GITHUB_TOKEN={token}\n")
    project.commit()
    (project.folder / "deploy/planted.env").unlink()
    project.commit()

    ran = run(project, "secrets")

    assert ran.code != 0
    assert "leaks found: 1" in ran.said
    assert token not in ran.said


@pytest.mark.parametrize("job", ["code", "licences", "manifests"])
def test_the_other_gates_are_green(project: Project, job: str) -> None:
    ran = run(project, job)

    assert ran.code == 0, ran.said


def test_what_may_run_anything_turns_the_gate_of_the_sources_red(project: Project) -> None:
    project.append("shopctl/src/shopctl/furnishing.py", "\n\ndef planted(text):\n    return eval(text)\n")

    ran = run(project, "code")

    assert ran.code != 0
    assert "B307" in ran.said


def test_a_licence_that_nobody_has_allowed_turns_its_gate_red(project: Project) -> None:
    allowed = (project.folder / ".gitlab/scan/licences.txt").read_text()
    project.write(".gitlab/scan/licences.txt", allowed.replace("ISC\n", ""))

    ran = run(project, "licences")

    assert ran.code != 0
    assert "license ISC" in ran.said


def test_a_recipe_that_runs_as_root_turns_the_gate_of_the_manifests_red(project: Project) -> None:
    project.write("deploy/planted/Dockerfile", "FROM debian:13.1\nHEALTHCHECK CMD true\n")

    ran = run(project, "manifests")

    assert ran.code != 0
    assert "CKV_DOCKER_3" in ran.said
