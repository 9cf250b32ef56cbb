"""What watches a dev run reads our own files, with the addresses of that run in them."""

import json
from pathlib import Path

import pytest
import yaml
from dev.home import Home
from dev.pages import STOREFRONT
from dev.settings import SERVICES

from monitoring.drill.__main__ import DRILLS
from monitoring.watch import Run, alertmanager_for, prometheus_for
from tests.monitoring.rules import ALERTS, PROMETHEUS, run, yaml_of


@pytest.fixture
def a_run(tmp_path: Path) -> Run:
    """A run's folder as it lies there; nobody is at work."""
    for folder in ("env", "gateway"):
        (tmp_path / folder).mkdir()
    for number, service in enumerate((*SERVICES, STOREFRONT)):
        told = {"INTERNAL_PORT": 11000 + number, "WORKER_PORT": 12000 + number}
        named = {f"{service.upper()}_{name}": str(value) for name, value in told.items()}
        (tmp_path / "env" / f"{service}.json").write_text(json.dumps(named))
    place = {"public": {"at": "127.0.0.1:8080"}, "metrics": "127.0.0.1:13000"}
    (tmp_path / "gateway/place.yaml").write_text(yaml.safe_dump(place))
    return Run(Home(tmp_path))


def test_a_run_is_scraped_with_the_labels_of_the_compose_rung(a_run: Run) -> None:
    labels = [each["labels"] for each in a_run.targets()]
    jobs = {each["job_name"]: each for each in yaml_of(PROMETHEUS / "prometheus.yml")["scrape_configs"]}
    expected = [each["labels"] for each in jobs["shop"]["static_configs"]]

    assert sorted(map(str, labels)) == sorted(map(str, expected))
    assert {"targets": ["127.0.0.1:12002"], "labels": {"service": "order", "process": "worker"}} in a_run.targets()


def test_prometheus_and_alertmanager_can_read_what_is_made_of_our_files(a_run: Run, tmp_path: Path) -> None:
    prometheus, alertmanager = tmp_path / "prometheus.yml", tmp_path / "alertmanager.yml"
    prometheus.write_text(yaml.safe_dump(prometheus_for(a_run, "127.0.0.1:9")))
    alertmanager.write_text(yaml.safe_dump(alertmanager_for("127.0.0.1:2525")))

    for tool, act, file in (("promtool", ("check", "config"), prometheus), ("amtool", ("check-config",), alertmanager)):
        status, said = run(tool, *act, file)
        assert status == 0, said
    assert yaml_of(alertmanager)["global"]["smtp_smarthost"] == "127.0.0.1:2525"


def test_what_is_drilled_is_an_alert() -> None:
    assert set(DRILLS) <= {each.name for each in ALERTS}
