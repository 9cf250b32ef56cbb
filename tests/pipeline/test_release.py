"""What becomes of a release, asked of a stand-in for Helm that writes down what it is told."""

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from .gitlab import CHECKOUT

HELM = """#!/bin/bash
printf '%s\\n' "$*" >>"$(dirname "$(realpath "$0")")/asked"
[[ "$*" != *history* ]] || cat "$(dirname "$(realpath "$0")")/history"
"""
Release = Callable[..., list[str]]


@pytest.fixture
def release(tmp_path: Path) -> Release:
    """Runs scripts/release; what Helm was asked to do."""
    version = _version()
    helm = tmp_path / f"helm-{version}" / "helm"
    helm.parent.mkdir()
    helm.write_text(HELM)
    helm.chmod(0o755)

    def release(*words: str, running: str = "") -> list[str]:
        (helm.parent / "history").write_text(
            json.dumps([{"revision": 7, "description": running}], separators=(",", ":"))
        )
        (helm.parent / "asked").write_text("")
        environment = {**os.environ, "MERCATO_TOOLS": str(tmp_path), "KUBE_CONTEXT": "shop/clusters:north"}
        subprocess.run([CHECKOUT / "scripts/release", *words], env=environment, check=True, timeout=60)
        return [each.replace("--kube-context shop/clusters:north ", "") for each in _lines(helm.parent / "asked")]

    return release


def _version() -> str:
    tools = (CHECKOUT / "deploy/helm/tools").read_text()
    return tools.split("HELM=")[1].split()[0]


def _lines(file: Path) -> list[str]:
    return file.read_text().splitlines()


def test_a_deployment_goes_back_by_itself(release: Release) -> None:
    (asked,) = release("deploy", "staging", "shop-staging")

    assert asked.startswith("--namespace shop-staging upgrade --install shop ")
    assert "--values deploy/helm/shop/values/staging.yaml --values .run/release/release-values.yaml" in asked
    assert "--rollback-on-failure --wait=legacy --wait-for-jobs --timeout 10m" in asked


def test_the_smoke_test_is_the_charts_own(release: Release) -> None:
    assert release("smoke", "shop-dev") == ["--namespace shop-dev test shop --logs --timeout 5m"]


def test_by_hand_whatever_runs_goes_back(release: Release) -> None:
    asked = release("back", "shop-prod", running="cafe")

    assert asked[-1].startswith("--namespace shop-prod rollback shop ")


def test_a_pipeline_takes_its_own_release_back(release: Release) -> None:
    asked = release("back", "shop-prod", "cafe", running="cafe")

    assert asked[-1].startswith("--namespace shop-prod rollback shop ")


def test_and_nobody_elses(release: Release) -> None:
    asked = release("back", "shop-prod", "cafe", running="Rollback to 6")

    assert [each for each in asked if "rollback" in each] == []
