"""The jobs that name an image and build it, for real. Only the registry is played: by the store of the engine."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.images.engine import bases, docker, environment

from .gitlab import Project
from .machine import run

REGISTRY = "registry.example/shop/mercato"
CLIENT = """#!/bin/bash
# What needs a registry is left out, or asked of the engine.
case "$*" in
  login* | "context create"* | "buildx create"*) exit 0 ;;
  "buildx imagetools inspect"*) exec {docker} image inspect --format '{{{{.Id}}}}' "${{!#}}" ;;
esac
kept=()
while [ $# -gt 0 ]; do
  case $1 in
    --push) kept+=(--load) ;;
    --provenance | --sbom | --cache-from | --cache-to) shift ;;
    *) kept+=("$1") ;;
  esac
  shift
done
exec {docker} "${{kept[@]}}"
"""


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    """What a job is told, so that it builds on this machine's engine."""
    for key, value in environment().items():
        monkeypatch.setenv(key, value)
    (tmp_path / "docker").write_text(CLIENT.format(docker=shutil.which("docker")))
    (tmp_path / "apk").write_text("#!/bin/sh\n")
    for each in tmp_path.iterdir():
        each.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    yield {
        "CI_REGISTRY_IMAGE": REGISTRY,
        "CI_REGISTRY_USER": "job",
        "CI_REGISTRY_PASSWORD": "none",
        "DOCKER_HOST": environment().get("DOCKER_HOST", ""),
        "DOCKER_TLS_VERIFY": "",
        "DOCKER_CERT_PATH": "",
        "MERCATO_BASES": bases(),
        "SIGN": "no",
    }
    made = docker("images", "--quiet", "--no-trunc", f"{REGISTRY}/shopctl").stdout.split()
    if made:
        docker("rmi", "--force", *set(made))


@pytest.fixture
def project(project: Project) -> Project:
    """The engine is this machine's, not one beside the job."""
    beside = '  services: ["docker:$DOCKER_VERSION-dind"]\n'
    text = (project.folder / ".gitlab/ci/images.yml").read_text()
    assert beside in text
    project.write(".gitlab/ci/images.yml", text.replace(beside, ""))
    return project


def test_an_image_is_built_once_and_found_the_second_time(project: Project, engine: dict[str, str]) -> None:
    tags = run(project, "tags", **engine)
    assert tags.code == 0, tags.said

    first = run(project, "image shopctl", **engine)
    assert first.code == 0, first.said
    told = (project.folder / ".run/digest-shopctl").read_text()
    assert re.fullmatch(rf"shopctl {REGISTRY}/shopctl@sha256:[0-9a-f]{{64}}\n", told)

    second = run(project, "image shopctl", **engine)
    assert second.code == 0, second.said
    assert "is there" in second.said
    assert (project.folder / ".run/digest-shopctl").read_text() == told


def test_a_recipe_that_does_not_build_turns_the_job_red(project: Project, engine: dict[str, str]) -> None:
    project.write("deploy/images/sort", "#!/bin/bash\nexit 7\n")
    project.commit()
    run(project, "tags", **engine)

    ran = run(project, "image shopctl", **engine)

    assert ran.code != 0
    assert "exit code: 7" in ran.said
