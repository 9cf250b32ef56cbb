"""The dashboards are what `monitoring/grafana/panels.py` says, and ask for nothing that is not counted."""

import json
from itertools import pairwise
from pathlib import Path

import pytest

from monitoring.grafana.__main__ import FOLDER, documents
from monitoring.grafana.panels import SERVICES, Panel, all_dashboards
from tests.monitoring.rules import CHECKOUT, RECORDED, metrics_in, refused, yaml_of

PANELS = [(each.name, panel) for each in all_dashboards() for panel in each.panels]
PROVISIONING = CHECKOUT / "monitoring" / "grafana" / "provisioning"


def test_the_files_are_born_from_the_panels() -> None:
    said = {path: path.read_text() for path in sorted(FOLDER.glob("*.json"))}
    assert said == documents(), "python -m monitoring.grafana"


def test_there_is_an_overview_and_one_of_each_service() -> None:
    assert [path.stem for path in documents()] == ["overview", *SERVICES]


@pytest.mark.parametrize(("dashboard", "panel"), PANELS, ids=lambda each: getattr(each, "title", each))
def test_a_panel_asks_for_what_is_counted(dashboard: str, panel: Panel, counted: frozenset[str]) -> None:
    assert panel.queries
    found = {name for each in panel.queries.values() for name in metrics_in(each)}
    assert found - counted - RECORDED == set(), dashboard


def test_prometheus_understands_every_query(tmp_path: Path) -> None:
    assert refused([each for _, panel in PANELS for each in panel.queries.values()], tmp_path) == ""


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.json")), ids=lambda path: path.stem)
def test_panels_stand_beside_each_other_and_not_on_each_other(path: Path) -> None:
    places = [each["gridPos"] for each in json.loads(path.read_text())["panels"]]
    assert all(each["x"] + each["w"] <= 24 for each in places)
    for one, next_ in pairwise(places):
        assert (next_["y"], next_["x"]) >= (one["y"], one["x"] + one["w"]) or next_["y"] >= one["y"] + one["h"]


def test_the_sources_that_panels_name_are_provisioned() -> None:
    given = {each["uid"] for each in yaml_of(PROVISIONING / "datasources/datasources.yaml")["datasources"]}
    asked = {
        target["datasource"]["uid"]
        for path in documents()
        for panel in json.loads(path.read_text())["panels"]
        for target in panel["targets"]
    }
    assert asked <= given
    [provider] = yaml_of(PROVISIONING / "dashboards/dashboards.yaml")["providers"]
    overlay = (CHECKOUT / "deploy/compose/compose.observability.yaml").read_text()
    assert f"monitoring/grafana/dashboards:{provider['options']['path']}:ro" in overlay
