"""Prometheus can read what it is given, and each alert was seen silent, pending, firing and resolved."""

from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.monitoring.rules import ALERTS, PROMETHEUS, RECORDED, RULES, Rule, metrics_in, read, run, yaml_of

CONFIGURATIONS = sorted(PROMETHEUS.glob("prometheus*.yml"))
TESTS = sorted((PROMETHEUS / "tests").glob("*.yml"))


@pytest.mark.parametrize("file", CONFIGURATIONS, ids=lambda file: file.name)
def test_prometheus_can_read_its_configuration_and_every_rule(file: Path) -> None:
    status, said = run("promtool", "check", "config", "--lint=all", "--lint-fatal", file)
    assert status == 0, said


@pytest.mark.parametrize("file", TESTS, ids=lambda file: file.name)
def test_the_rules_do_what_their_tests_say(file: Path) -> None:
    status, said = run("promtool", "test", "rules", file)
    assert status == 0, said


def states(tests: list[dict[str, Any]]) -> dict[tuple[str, str], set[str]]:
    """(alert, burn) -> the states that a test expects it in."""
    found: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for test in tests:
        expected = test["alert_rule_test"]
        names = {each["alertname"] for each in expected if each.get("exp_alerts")}
        pending = [each["expr"] for each in test["promql_expr_test"] if each.get("exp_samples")]
        for name in names:
            mine = [each for each in expected if each["alertname"] == name]
            fired = [bool(each.get("exp_alerts")) for each in mine]
            burns = {each["exp_labels"].get("burn", "") for looked in mine for each in looked.get("exp_alerts", ())}
            for burn in burns:
                found[name, burn] |= {"firing"}
                found[name, burn] |= {"silent"} if not fired[0] else set()
                found[name, burn] |= {"resolved"} if not fired[-1] else set()
                if any(f'alertname="{name}", alertstate="pending"' in each for each in pending):
                    found[name, burn] |= {"pending"}
    return found


def test_every_alert_is_seen_in_all_four_states() -> None:
    tests = [each for file in TESTS for each in yaml_of(file)["tests"] if "alert_rule_test" in each]
    found = states(tests)

    assert {(each.name, each.labels.get("burn", "")) for each in ALERTS} == set(found)
    assert {alert: seen for alert, seen in found.items() if len(seen) < 4} == {}


@pytest.mark.parametrize("rule", ALERTS, ids=lambda rule: f"{rule.name}{rule.labels.get('burn', '')}")
def test_a_test_notices_when_an_alert_never_fires(rule: Rule, tmp_path: Path) -> None:
    """Each rule is silenced in turn: some test of its file must fail."""
    document = yaml_of(RULES / rule.file)
    for group in document["groups"]:
        for each in group["rules"]:
            if each.get("alert") == rule.name and each["labels"].get("burn") == rule.labels.get("burn"):
                each["expr"] = "vector(0) > 1"
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / rule.file).write_text(yaml.safe_dump(document))
    (tmp_path / "tests").mkdir()
    mine = [file for file in TESTS if f"rules/{rule.file}" in file.read_text()]
    for file in mine:
        (tmp_path / "tests" / file.name).write_text(file.read_text())

    assert any(run("promtool", "test", "rules", file.name, at=tmp_path / "tests")[0] != 0 for file in mine)


@pytest.mark.parametrize("rule", ALERTS, ids=lambda rule: f"{rule.name}{rule.labels.get('burn', '')}")
def test_whoever_is_called_is_told_what_it_is_and_what_to_do(rule: Rule) -> None:
    assert rule.labels["severity"] in {"page", "ticket"}
    assert rule.annotations["summary"].strip('"').endswith(".")
    assert rule.annotations["description"]
    assert rule.annotations["runbook_url"] == f"docs/runbooks/{rule.name}.md"


@pytest.mark.parametrize("rule", read(), ids=lambda rule: f"{rule.name}{rule.labels.get('burn', '')}")
def test_a_rule_is_about_something_that_is_counted(rule: Rule, counted: frozenset[str]) -> None:
    found = metrics_in(rule.expr)
    assert found
    assert found - counted - RECORDED == set()
