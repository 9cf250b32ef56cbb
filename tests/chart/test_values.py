"""What Helm, its schema, Kubernetes' schemas and a linter of policies say of the chart."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.chart.conftest import CHART, ENVIRONMENTS, ROOT, SEED, Refused, ask, files_of, text_of

MINORS = ("1.30", "1.33", "1.35")
VALIDATE = "kubernetes-validate==1.37.0"
TOOLS = ROOT / "deploy/helm/tools"
RENDERED = ROOT / "deploy/k8s/rendered"
DEPLOYED = ("dev", "staging", "prod")


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_helm_has_nothing_to_complain_about(environment: str) -> None:
    said = ask("lint", "--strict", CHART, *files_of(environment), "--set", f"secrets.seed={SEED}")

    assert "0 chart(s) failed" in said
    assert "[WARNING]" not in said


@pytest.mark.parametrize(
    ("key", "value", "names"),
    [
        ("replica", 2, "replica"),
        ("replicas", 0, "replicas"),
        ("replicas", "2", "replicas"),
        ("publicUrl", "shop.example", "publicUrl"),
        ("publicUrl", "https://shop.example/", "publicUrl"),
        ("images.tag", "latest", "tag"),
        ("images.digests", {"order": "sha256:abc"}, "order"),
        ("images.digests", {"orders": "sha256:" + "a" * 64}, "orders"),
        ("images.registry", "registry.example", "registry"),
        ("services.order.calls", {"order-service": "public"}, "order-service"),
        ("services.order.calls", {"product": "8001"}, "product"),
        ("services.order.settings", {"checkouts": "1"}, "checkouts"),
        ("services.order.settings", {"CHECKOUTS_PER_MINUTE": 5}, "CHECKOUTS_PER_MINUTE"),
        ("services.order.stores", ["mysql"], "stores"),
        ("services.orders", {}, "orders"),
        ("services.storefront", {}, "storefront"),
        ("storefront.settings", {"page_lives": "PT1S"}, "page_lives"),
        ("storefront.replicas", 2, "replicas"),
        ("services.user.api.resources.limits", {"gpu": "1"}, "gpu"),
        ("stores.postgres.image", "postgres:latest", "image"),
        ("stores.postgres.user", 0, "user"),
        ("stores.postgres.enabled", False, "existing"),
        ("stores.mongo.enabled", False, "existing"),
        ("simulators.enabled", False, "existing"),
        ("secrets.seed", "short", "seed"),
        ("secrets.existing", {"gateway": "x"}, "gateway"),
        ("gateway.service.nodePort", 80, "nodePort"),
        ("gateway.limits", 0, "limits"),
        ("traces.share", 2, "share"),
        ("traces.collector", "http://collector:4318", "collector"),
        ("networkPolicy.beyond", {"order": [{"cidr": "everywhere", "port": 443}]}, "cidr"),
        ("networkPolicy.metricsFrom", [{}], "metricsFrom"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_its_name(key: str, value: Any, names: str) -> None:
    with pytest.raises(Refused, match=names):
        text_of("default", json.dumps({key: value}))


def test_the_development_door_without_the_simulators_is_refused() -> None:
    with pytest.raises(Refused, match="simulators"):
        text_of("prod", json.dumps({"door.enabled": True}))


@pytest.mark.parametrize("environment", DEPLOYED)
def test_what_lies_rendered_in_the_repository_is_what_the_chart_makes(environment: str) -> None:
    """`make chart-rendered` writes it anew: what a change of the chart changes is read in its diff."""
    assert (RENDERED / environment / "shop.yaml").read_text() == text_of(environment)


@pytest.mark.parametrize("minor", MINORS)
@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_kubernetes_knows_every_field(environment: str, minor: str, tmp_path: Path) -> None:
    file = tmp_path / "shop.yaml"
    file.write_text(text_of(environment))

    said = validate(file, minor)

    assert said.returncode == 0, said.stdout + said.stderr


def test_a_field_that_kubernetes_does_not_know_is_found(tmp_path: Path) -> None:
    file = tmp_path / "shop.yaml"
    file.write_text(text_of("ci").replace("enableServiceLinks", "enableServiceLink"))

    assert validate(file, MINORS[0]).returncode != 0


def validate(file: Path, minor: str) -> subprocess.CompletedProcess[str]:
    words = ["kubernetes-validate", "--strict", "-k", minor, str(file)]
    command = [os.environ["UV"], "tool", "run", "--quiet", "--from", VALIDATE, *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_kube_linter_finds_nothing(environment: str, tmp_path: Path) -> None:
    file = tmp_path / "shop.yaml"
    file.write_text(text_of(environment))
    [folder] = subprocess.run([TOOLS, "kube-linter"], check=True, capture_output=True, text=True).stdout.split()

    command = [f"{folder}/kube-linter", "lint", "--config", ROOT / "deploy/helm/kube-linter.yaml", file]
    said = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)

    assert said.returncode == 0, said.stdout
