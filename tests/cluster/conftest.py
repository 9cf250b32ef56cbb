"""A release in a real Kubernetes: whichever `deploy/k8s/cluster env` names. `make cluster-up` first."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
CHART = ROOT / "deploy/helm/shop"
INSTALL_SECONDS = 900
NAMESPACE = "shop"
PORT = 30080


def run(*command: str | Path, seconds: float = 120, env: Mapping[str, str] | None = None) -> "Done":
    told = {**os.environ, **(env or {})}
    done = subprocess.run([*map(str, command)], capture_output=True, text=True, timeout=seconds, env=told, check=False)
    return Done(done.returncode, done.stdout, done.stderr)


@dataclass(frozen=True)
class Done:
    status: int
    said: str
    complained: str

    def well(self) -> str:
        assert self.status == 0, self.said + self.complained
        return self.said


@dataclass(frozen=True)
class Cluster:
    """kubectl and helm with the right settings."""

    env: Mapping[str, str]
    helm_program: str

    def kubectl(self, *words: str, seconds: float = 120) -> Done:
        return run("kubectl", "--namespace", NAMESPACE, *words, seconds=seconds, env=self.env)

    def helm(self, *words: str | Path, seconds: float = INSTALL_SECONDS) -> Done:
        return run(self.helm_program, *words, "--namespace", NAMESPACE, seconds=seconds, env=self.env)

    def get(self, *words: str) -> list[dict[str, Any]]:
        found = json.loads(self.kubectl("get", *words, "--output", "json").well())
        return found.get("items", [found])

    def inside(self, workload: str, *program: str, seconds: float = 60) -> Done:
        return self.kubectl("exec", workload, "--", *program, seconds=seconds)

    @property
    def address(self) -> str:
        [node] = self.get("nodes")
        return next(each["address"] for each in node["status"]["addresses"] if each["type"] == "InternalIP")

    @property
    def url(self) -> str:
        return f"http://{self.address}:{PORT}"

    def deploy(self, *words: str, tag: str = "ci", environment: str = "ci", images: bool = False) -> Done:
        env = {"TAG": tag, **({} if images else {"NO_IMAGES": "1"}), **self.env}
        return run(ROOT / "deploy/helm/deploy", environment, "--", *words, seconds=INSTALL_SECONDS, env=env)

    def journeys(self, *words: str, **env: str) -> Done:
        told = {"MERCATO_URL": self.url, **env}
        return run(sys.executable, "-m", "pytest", "-q", *words, seconds=900, env=told)


@pytest.fixture(scope="session")
def cluster() -> Cluster:
    told = run(ROOT / "deploy/k8s/cluster", "env").well()
    script = f'{told}\nprintf \'%s\\n%s\' "$KUBECONFIG" "$PATH"'
    kubeconfig, path = run("bash", "-c", script).well().split("\n")
    helm = run(ROOT / "deploy/helm/tools", "helm", seconds=1800).well().strip()
    return Cluster({"KUBECONFIG": kubeconfig, "PATH": f"{helm}:{path}"}, f"{helm}/helm")


@pytest.fixture(scope="session")
def release(cluster: Cluster) -> Cluster:
    """The shop with ci values, as `make deploy` leaves it."""
    if cluster.helm("status", "shop").status:
        cluster.deploy(images=True).well()
    return cluster


def until(look: Callable[[], bool], seconds: float, what: str) -> None:
    ends = time.monotonic() + seconds
    while not look():
        assert time.monotonic() < ends, f"not within {seconds:.0f} s: {what}"
        time.sleep(1)


def names(found: Sequence[Mapping[str, Any]]) -> list[str]:
    return [f"{each['kind']}/{each['metadata']['name']}" for each in found]
