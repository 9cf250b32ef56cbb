"""The chart, rendered by Helm itself: no cluster is asked."""

import json
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
CHART = ROOT / "deploy/helm/shop"
ENVIRONMENTS = ("default", "ci", "dev", "staging", "prod", "observability")
SEED = "not-a-secret-only-so-that-renderings-are-the-same"
SIGNING_KEY = """-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgAAAAAAAAAAAAAAAA
-----END PRIVATE KEY-----
"""
"""Nothing signs with it; where a key has to work, a test makes one."""

Manifest = Mapping[str, Any]


class Refused(Exception):
    """What Helm says when it renders nothing."""


@cache
def helm() -> str:
    found = subprocess.run([ROOT / "deploy/helm/tools", "helm"], check=True, capture_output=True, text=True)
    return f"{found.stdout.strip()}/helm"


def ask(*arguments: str | Path) -> str:
    done = subprocess.run([helm(), *arguments], capture_output=True, text=True, timeout=60, check=False)
    if done.returncode:
        raise Refused(done.stderr + done.stdout)
    return done.stdout


def files_of(environment: str) -> list[str]:
    return [] if environment == "default" else ["--values", str(CHART / f"values/{environment}.yaml")]


@cache
def text_of(environment: str, extra: str = "{}", name: str = "shop") -> str:
    secrets = {"secrets": {"seed": SEED, "signingKey": SIGNING_KEY}}
    given = ["--set-json", f"secrets={json.dumps(secrets['secrets'])}"] if environment != "prod" else []
    more = [each for key, value in json.loads(extra).items() for each in ("--set-json", f"{key}={json.dumps(value)}")]
    return ask("template", name, CHART, "--namespace", "shop", *files_of(environment), *given, *more)


@dataclass(frozen=True)
class Rendering:
    """All that a release consists of."""

    manifests: Sequence[Manifest]

    def of(self, *kinds: str) -> list[Manifest]:
        return [each for each in self.manifests if each["kind"] in kinds]

    def one(self, kind: str, name: str) -> Manifest:
        [found] = [each for each in self.of(kind) if each["metadata"]["name"] == name]
        return found

    def templates(self) -> dict[str, Manifest]:
        """Whatever becomes pods: `Kind/name` -> pod template."""
        workloads = self.of("Deployment", "StatefulSet", "Job")
        found = {f"{each['kind']}/{each['metadata']['name']}": each["spec"]["template"] for each in workloads}
        return found | {f"Pod/{each['metadata']['name']}": each for each in self.of("Pod")}


@cache
def read(text: str) -> Rendering:
    return Rendering([each for each in yaml.load_all(text, Loader=yaml.CSafeLoader) if each])


Render = Callable[..., Rendering]


@pytest.fixture(scope="session")
def render() -> Render:
    """`render("ci", replicas=3)`: the chart with the values of an environment, and some of one's own."""

    def rendered(environment: str = "default", /, name: str = "shop", **values: Any) -> Rendering:
        extra = {key.replace("__", "."): value for key, value in values.items()}
        return read(text_of(environment, json.dumps(extra), name))

    return rendered
