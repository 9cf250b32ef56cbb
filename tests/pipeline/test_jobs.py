"""Which jobs run when: the tables in jobs/ are what a reviewer sees of a change to the pipeline.

`MERCATO_WRITE=1 make pipeline-test ARGS='-k tables'` writes them anew.
"""

import os
import re
from collections.abc import Callable, Sequence
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from . import gitlab
from .gitlab import CHECKOUT, Project

TABLES = Path(__file__).parent / "jobs"


def everything(project: Project) -> None:
    project.append("uv.lock", "\n# changed\n")
    project.append("libs/chassis/src/chassis/world.py", "\n# changed\n")


def one_service(project: Project) -> None:
    project.append("services/order/src/order_service/main.py", "\n# changed\n")


def documents(project: Project) -> None:
    project.append("docs/map.md", "\nChanged.\n")


def nothing(project: Project) -> None:
    """What lands, lands whole."""


KINDS: dict[str, tuple[Sequence[str], Callable[[Project], None]]] = {
    "merge request": (gitlab.MERGE_REQUEST, everything),
    "one service": (gitlab.MERGE_REQUEST, one_service),
    "documents": (gitlab.MERGE_REQUEST, documents),
    "main": (gitlab.MAIN, nothing),
    "main without cluster": (gitlab.MAIN_WITHOUT_CLUSTER, nothing),
    "tag": (gitlab.TAG, nothing),
    "night": (gitlab.NIGHT, nothing),
}


def jobs_of(kind: str, project: Project) -> list[dict[str, str]]:
    told, change = KINDS[kind]
    change(project)
    project.commit()
    return project.jobs(told)


def table(jobs: Sequence[dict[str, str]]) -> str:
    lines = [f"{each['stage']:16}{each['name']:34}{each['when']:12}{', '.join(needs(each))}".rstrip() for each in jobs]
    return "\n".join(lines) + "\n"


def needs(job: dict[str, str]) -> list[str]:
    return [each for each in job["needs"].strip("[]").split(",") if each]


def without_matrix(name: str) -> str:
    return re.sub(r": \[.*\]$", "", name)


@pytest.mark.parametrize("kind", KINDS)
def test_the_tables_of_jobs_are_as_committed(kind: str, project: Project) -> None:
    jobs = jobs_of(kind, project)
    file = TABLES / f"{kind.replace(' ', '-')}.txt"
    if os.environ.get("MERCATO_WRITE"):
        file.write_text(table(jobs))

    assert table(jobs) == file.read_text()


def graph(file: Path) -> dict[str, set[str]]:
    """Who waits for whom, of those that are in this pipeline."""
    rows = [re.split(r"\s{2,}", line.strip()) for line in file.read_text().splitlines()]
    waits = {without_matrix(row[1]): set(row[3].split(", ")) if len(row) > 3 else set() for row in rows}
    return {name: {each for each in needed if each in waits} for name, needed in waits.items()}


@pytest.mark.parametrize("file", sorted(TABLES.glob("*.txt")), ids=lambda file: file.stem)
def test_nobody_waits_in_a_circle(file: Path) -> None:
    assert len(list(TopologicalSorter(graph(file)).static_order())) == len(graph(file))


def test_nothing_is_deployed_before_every_gate_has_said_yes() -> None:
    waits = graph(TABLES / "main.txt")

    def before(name: str) -> set[str]:
        return waits[name] | {far for near in waits[name] for far in before(near)}

    deployed = {"deploy dev", "deploy staging", "deploy prod"}
    after = {name for name in waits if before(name) & deployed} | deployed
    assert set(waits) - after <= before("deploy dev") | {"pipeline"}


def test_every_folder_of_tests_is_in_a_job() -> None:
    run = re.findall(r"(?:whole|test [a-z]+): \[(\w+)\]", (TABLES / "main.txt").read_text())
    parts = {each for each in run if each not in {"unit", "integration", "whole"}}
    parts |= set(re.findall(r"test (\w+): \[", (TABLES / "main.txt").read_text()))
    by_themselves = {"images", "compose", "pipeline", "chart", "cluster"}
    folders = {file.parent.relative_to(CHECKOUT / "tests").parts[0] for file in (CHECKOUT / "tests").rglob("test_*.py")}
    services = {each.name for each in (CHECKOUT / "services").iterdir()}
    assert folders - by_themselves - parts == set()
    assert services - parts == set()
