"""The monitoring of the chart: the files of monitoring/, with names that lead somewhere."""

import re
import subprocess
from pathlib import Path

import yaml

from tests.chart.conftest import ROOT, Render, Rendering

PROCESSES = {
    (each, kind) for each in ("user", "product", "order", "payment", "notification") for kind in ("api", "worker")
}


def configuration(release: Rendering, name: str) -> dict[str, str]:
    return dict(release.one("ConfigMap", f"shop-{name}")["data"])


def test_every_neighbour_that_a_file_names_is_a_service_with_that_port(render: Render) -> None:
    release = render("observability")
    services = {
        f"{each['metadata']['name']}:{port['port']}" for each in release.of("Service") for port in each["spec"]["ports"]
    }
    files = [text for each in release.of("ConfigMap") for name, text in each["data"].items() if name != "place.yaml"]

    named = {found for text in files for found in re.findall(r"\bshop-[a-z]+:\d+", text)}

    assert named <= services
    assert {"shop-alertmanager:9093", "shop-prometheus:9090", "shop-jaeger:4318", "shop-pager:2525"} <= named
    assert [
        text for text in files if re.search(r"(?<![a-z0-9-])(alertmanager|prometheus|jaeger|pager|spans):\d", text)
    ] == []


def test_prometheus_reads_its_configuration_with_every_rule(render: Render, tmp_path: Path) -> None:
    release = render("observability")
    for name, text in configuration(release, "prometheus").items():
        (tmp_path / name).write_text(text)
    (tmp_path / "rules").mkdir()
    for name, text in configuration(release, "rules").items():
        (tmp_path / "rules" / name).write_text(text)
    [volume] = [
        each
        for each in release.one("StatefulSet", "shop-prometheus")["spec"]["template"]["spec"]["volumes"]
        if "projected" in each
    ]
    mounted = {
        item["path"] for source in volume["projected"]["sources"] for item in source["configMap"].get("items", ())
    }

    folder = subprocess.run(
        [ROOT / "monitoring/tools", "prometheus"], check=True, capture_output=True, text=True, timeout=600
    )
    checked = subprocess.run(
        [f"{folder.stdout.strip()}/promtool", "check", "config", "--syntax-only", tmp_path / "prometheus.yml"],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip

    assert mounted == {f"rules/{each.name}" for each in (ROOT / "monitoring/prometheus/rules").iterdir()}
    assert checked.returncode == 0, checked.stderr
    assert "SUCCESS" in checked.stdout


def test_discovery_finds_every_process_of_ours_by_its_port(render: Render) -> None:
    release = render("observability")
    [shop] = [
        each
        for each in yaml.safe_load(configuration(release, "prometheus")["prometheus.yml"])["scrape_configs"]
        if each["job_name"] == "shop"
    ]
    [port, component] = [each["regex"] for each in shop["relabel_configs"] if each.get("action") == "keep"]
    label, wanted = shop["kubernetes_sd_configs"][0]["selectors"][0]["label"].split("=")

    found = set()
    for template in release.templates().values():
        labels = template["metadata"]["labels"]
        ports = [each["name"] for one in template["spec"]["containers"] for each in one.get("ports", ())]
        kind = labels["app.kubernetes.io/component"]
        if labels.get(label) == wanted and port in ports and re.fullmatch(component, kind):
            found.add((labels["app.kubernetes.io/name"], kind))

    assert found == PROCESSES | {("storefront", "pages"), ("gateway", "gateway")}


def test_nobody_but_prometheus_may_ask_the_cluster_anything(render: Render) -> None:
    release = render("observability")

    holding = [name for name, each in release.templates().items() if each["spec"]["automountServiceAccountToken"]]

    assert holding == ["StatefulSet/shop-prometheus"]
    assert release.one("Role", "shop-prometheus")["rules"] == [
        {"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list", "watch"]}
    ]
    assert render("ci").of("Role", "RoleBinding") == []


def test_a_release_with_an_open_door_can_be_watched_later(render: Render) -> None:
    """What selects a workload's pods can never be changed: an upgrade would be refused."""

    def selectors(release: Rendering) -> dict[str, object]:
        workloads = release.of("StatefulSet", "Deployment")
        return {f"{each['kind']}/{each['metadata']['name']}": each["spec"]["selector"] for each in workloads}

    before, after = selectors(render("ci")), selectors(render("ci", monitoring__enabled=True))

    assert "StatefulSet/shop-spans" in before
    assert {name: after[name] for name in before} == before
