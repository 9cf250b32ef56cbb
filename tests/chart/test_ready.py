"""Whether a cluster can be had at once, by the word of `deploy/k8s/cluster ready`."""

import os
import subprocess
from pathlib import Path

from .conftest import ROOT

TOOL = """#!/bin/sh
case $1 in
  doctor) echo {lacks}; exit {status} ;;
  env) echo 'export PATH="{cache}/node-1:$PATH"' ;;
esac
"""
PROGRAMS = ("node-1/kubectl", "dns-1/coredns", "metrics-1/metrics-server")


def ask(tool: Path, **told: str) -> tuple[int, str]:
    """On a machine without kind and k3d, whatever this one has."""
    env = {"PATH": "/usr/bin:/bin", "HOME": os.devnull, "CLUSTER_TOOL": str(tool), **told}
    program = tool.parent / "deploy/k8s/cluster"
    program.parent.mkdir(parents=True, exist_ok=True)
    program.write_bytes((ROOT / "deploy/k8s/cluster").read_bytes())
    ran = subprocess.run(["bash", program, "ready"], env=env, capture_output=True, text=True, timeout=60, check=False)
    return ran.returncode, ran.stdout.strip()


def tool(folder: Path, *programs: str, lacks: str = "nothing is missing", status: int = 0) -> Path:
    """A maker of clusters that has built these programs before."""
    for each in programs:
        (folder / each).parent.mkdir(parents=True)
        (folder / each).touch(mode=0o755)
    made = folder / "tool"
    made.write_text(TOOL.format(lacks=lacks, status=status, cache=folder))
    made.chmod(0o755)
    return made


def test_one_of_your_own_is_ready(tmp_path: Path) -> None:
    assert ask(tmp_path / "nobody", KUBECONFIG="/home/ada/.kube/config") == (0, "yours")


def test_a_tool_that_has_built_its_programs_is_ready(tmp_path: Path) -> None:
    assert ask(tool(tmp_path, *PROGRAMS)) == (0, "tool")


def test_one_that_would_have_to_build_first_is_not(tmp_path: Path) -> None:
    status, said = ask(tool(tmp_path, *PROGRAMS[:2]))

    assert status == 1
    assert "not built yet" in said


def test_a_machine_that_lacks_something_is_not(tmp_path: Path) -> None:
    assert ask(tool(tmp_path, *PROGRAMS, lacks="kernel lacks overlay", status=1)) == (1, "kernel lacks overlay")


def test_where_nobody_makes_clusters_it_is_said(tmp_path: Path) -> None:
    status, said = ask(tmp_path / "nobody")

    assert status == 1
    assert said == "no KUBECONFIG, and neither kind nor k3d with the image of a node"
