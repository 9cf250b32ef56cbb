"""An image's tag says what goes into it, and nothing else."""

import os
import subprocess
from pathlib import Path

from .gitlab import CHECKOUT, Project

PARTS = {"user", "product", "order", "payment", "notification", "storefront", "simulators", "shopctl", "gateway"}


def tags(project: Project) -> dict[str, str]:
    project.commit()
    said = subprocess.run(
        ["deploy/images/tag"], cwd=project.folder, stdout=subprocess.PIPE, text=True, check=True, timeout=300
    )
    return dict(line.split() for line in said.stdout.splitlines())


def changed(before: dict[str, str], after: dict[str, str]) -> set[str]:
    return {name for name in before if before[name] != after[name]}


def test_a_tag_changes_when_something_in_its_image_does_and_not_else(project: Project) -> None:
    first = tags(project)
    assert set(first) == PARTS
    assert len(set(first.values())) == len(PARTS)

    project.append("services/order/tests/conftest.py", "\n# a test is in no image\n")
    project.append("services/order/README.md", "\nNeither is what is read.\n")
    project.append("docs/map.md", "\nNor this.\n")
    assert changed(first, tags(project)) == set()

    project.append("services/order/src/order_service/main.py", "\n# a line\n")
    second = tags(project)
    assert changed(first, second) == {"order"}

    project.append("libs/chassis/src/chassis/world.py", "\n# a line\n")
    third = tags(project)
    assert {"user", "product", "order", "payment", "notification"} <= changed(second, third)

    project.append("deploy/images/Dockerfile", "\n# a line\n")
    assert changed(third, tags(project)) == PARTS


def test_what_is_packed_is_told_to_the_chart_by_digest(tmp_path: Path) -> None:
    """The registry is asked through Docker's own client, which a stand-in plays."""
    client = tmp_path / "docker"
    client.write_text('#!/bin/bash\n[[ "$*" == *nobody* ]] && exit 1\necho "sha256:${!#}"\n')
    client.chmod(0o755)
    (tmp_path / "tags").write_text("user aaaa\norder bbbb\n")
    environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}

    def digests(registry: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [CHECKOUT / "deploy/images/digests", registry, tmp_path / "tags"],
            env=environment, capture_output=True, text=True, check=False, timeout=30,
        )  # fmt: skip

    ran = digests("registry.example/shop/mercato")
    assert ran.stdout == (
        "images:\n  registry: registry.example/shop/\n  repository: mercato\n  digests:\n"
        "    user: sha256:registry.example/shop/mercato/user:aaaa\n"
        "    order: sha256:registry.example/shop/mercato/order:bbbb\n"
    )
    assert digests("registry.example/shop/nobody").returncode == 1
