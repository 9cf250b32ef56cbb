"""The whole shop in containers: people buy there as everywhere, and each container is as closed as it can be."""

import re
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from dev.cost import pss_mebibytes

from tests.compose.stack import Container, Stack
from tests.dev.conftest import walk_the_journeys

SERVICES = ("user", "product", "order", "payment", "notification")
OURS = (*(f"{each}{room}" for each in SERVICES for room in ("", "-worker")), "storefront")
ROOT = {"secrets", "furnish"}
"""They write and read what is its owner's alone, and have no capability to do anything else."""


def test_the_journeys_pass_through_the_gateways_container(stack: Stack, tmp_path: Path) -> None:
    walk_the_journeys(stack, tmp_path)
    print(*whats_used(stack), sep="\n")


def test_the_shop_is_a_page_and_what_it_is_made_of_comes_with_it(stack: Stack) -> None:
    with httpx2.Client(base_url=stack.url, timeout=20) as browser:
        page = browser.get("/")
        assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
        parts = re.findall(r'(?:href|src)="(/static/[^"]+)"', page.text)
        assert {each.rpartition(".")[2] for each in parts} >= {"css", "js", "svg"}
        assert {browser.get(each).status_code for each in parts} == {200}


def test_all_that_shall_run_is_well_and_all_jobs_are_done(stack: Stack) -> None:
    assert [each.service for each in stack.staying if not each.well] == []
    jobs = {each.service: each.facts["State"]["ExitCode"] for each in stack.containers() if each not in stack.staying}
    assert set(jobs.values()) == {0}
    assert jobs.keys() >= {"secrets", "furnish", *(f"{each}-migrate" for each in SERVICES)}


def test_every_container_is_as_closed_as_it_can_be(stack: Stack) -> None:
    open_doors = {each.service: found for each in stack.containers() if (found := list(loose(each)))}
    assert open_doors == {}


def loose(container: Container) -> list[str]:
    """What this container could do and should not."""
    host = container.facts["HostConfig"]
    user = container.facts["Config"]["User"].partition(":")[0]
    found = {
        "writes to its own image": not host["ReadonlyRootfs"],
        "keeps capabilities": host["CapDrop"] != ["ALL"] or bool(host["CapAdd"]),
        "may gain privileges": not any(each.startswith("no-new-privileges") for each in host["SecurityOpt"] or ()),
        "has no memory limit": not host["Memory"],
        "has no CPU limit": not host["NanoCpus"],
        "has no limit of processes": not host["PidsLimit"],
        "runs as root": user in {"", "0", "root"} and container.service not in ROOT,
        "is privileged": host["Privileged"],
        "mounts a folder of the machine": any(each["Type"] == "bind" for each in container.facts["Mounts"]),
        "listens to everybody": any(
            each["HostIp"] != "127.0.0.1" for several in (host["PortBindings"] or {}).values() for each in several
        ),
    }
    return [name for name, so in found.items() if so]


def test_only_the_gateway_is_published(stack: Stack) -> None:
    assert {each.service for each in stack.containers() if each.facts["HostConfig"]["PortBindings"]} == {"gateway"}


def test_no_secret_stands_in_an_environment_or_a_command(stack: Stack) -> None:
    drawn = stack.docker(
        *("run", "--rm", "--network=none", "--user=0", f"--volume={stack.project}_secrets-operator:/secrets:ro"),
        *(stack.one("secrets").facts["Config"]["Image"], "python", "-c"),
        "print(open('/secrets/secrets.json').read())",
    )
    words = [each for each in re.findall(r'"([^"]+)"', drawn) if len(each) > 20]
    assert len(words) > 15
    told = {
        each.service: str((each.facts["Config"]["Env"], each.facts["Config"]["Cmd"])) for each in stack.containers()
    }
    assert [(service, word) for service, text in told.items() for word in words if word in text] == []


@pytest.mark.parametrize("job", ["secrets", "furnish", *(f"{each}-migrate" for each in SERVICES), "user-first"])
def test_a_job_that_runs_again_changes_nothing(stack: Stack, job: str) -> None:
    stack.shop("run", "--rm", "--no-deps", job)
    assert [each.service for each in stack.staying if not each.well] == []


def whats_used(stack: Stack) -> Iterator[str]:
    """Memory of each container as its processes have it, not counting what the engine caches for it."""
    used = {each.service: sum(map(pss_mebibytes, processes(each.pid))) for each in stack.staying}
    yield from (f"{name:24} {size:6.0f} MiB" for name, size in sorted(used.items()))
    yield f"{'ours':24} {sum(used[each] for each in OURS):6.0f} MiB in {len(OURS)} containers"
    yield f"{'all':24} {sum(used.values()):6.0f} MiB in {len(used)}"


def processes(main: int) -> Iterator[int]:
    """The main process of a container and its descendants."""
    yield main
    for task in Path(f"/proc/{main}/task").iterdir():
        for child in (task / "children").read_text().split():
            yield from processes(int(child))
