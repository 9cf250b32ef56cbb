"""Alertmanager can read its configuration, and each alert gets where its severity says, unless another one says it."""

import json

import pytest

from tests.monitoring.rules import ALERTS, CHECKOUT, Rule, run, yaml_of

CONFIGURATION = CHECKOUT / "monitoring" / "alertmanager" / "alertmanager.yml"


def test_alertmanager_can_read_its_configuration() -> None:
    status, said = run("amtool", "check-config", CONFIGURATION)
    assert status == 0, said


def receivers(**labels: str) -> list[str]:
    given = [f"{name}={value}" for name, value in labels.items()]
    status, said = run("amtool", "config", "routes", "test", f"--config.file={CONFIGURATION}", *given)
    assert status == 0, said
    return [each for each in said.splitlines() if not each.startswith("Warning")]


@pytest.mark.parametrize("rule", ALERTS, ids=lambda rule: f"{rule.name}{rule.labels.get('burn', '')}")
def test_an_alert_gets_to_whom_its_severity_names(rule: Rule) -> None:
    assert receivers(alertname=rule.name, **rule.labels) == [rule.labels["severity"]]


def test_what_nobody_has_thought_of_wakes_somebody() -> None:
    assert receivers(alertname="SomethingNew") == ["page"]


def test_the_test_of_a_route_can_fail() -> None:
    wrong = [f"--config.file={CONFIGURATION}", "--verify.receivers=page", "severity=ticket"]
    assert run("amtool", "config", "routes", "test", *wrong)[0] != 0


def quiet(source: dict[str, str], target: dict[str, str]) -> bool:
    """Does an alert with the labels of `source` keep `target` quiet? By the rules as they are written."""
    for rule in yaml_of(CONFIGURATION)["inhibit_rules"]:
        same = all(source.get(label) == target.get(label) for label in rule["equal"])
        if same and _match(rule["source_matchers"], source) and _match(rule["target_matchers"], target):
            return True
    return False


def _match(matchers: list[str], labels: dict[str, str]) -> bool:
    for each in matchers:
        name, sign, value = _parts(each)
        equal = labels.get(name, "") in value.split("|")
        if equal == (sign == "!="):
            return False
    return True


def _parts(matcher: str) -> tuple[str, str, str]:
    for sign in ("=~", "!=", "="):
        name, found, value = matcher.partition(sign)
        if found:
            return name, sign, json.loads(value)
    raise AssertionError(matcher)


DOWN = {"alertname": "ServiceDown", "service": "order", "process": "api", "severity": "page"}


def test_what_follows_from_a_service_that_is_down_is_not_told_beside_it() -> None:
    assert quiet(DOWN, {"alertname": "SagaStuck", "service": "order", "severity": "page"})
    assert not quiet(DOWN, {"alertname": "OutboxStuck", "service": "payment", "severity": "page"})
    assert not quiet(DOWN, {**DOWN, "process": "worker"})


def test_whoever_is_called_for_a_budget_gets_no_ticket_about_it() -> None:
    called = {"alertname": "CheckoutFailing", "service": "gateway", "severity": "page"}
    assert quiet(called, {**called, "severity": "ticket"})
    assert not quiet({**called, "severity": "ticket"}, called)


def test_one_call_for_orders_that_cannot_leave() -> None:
    stuck = {"alertname": "OrderOutboxStuck", "service": "order", "severity": "page"}
    assert quiet(stuck, {"alertname": "SagaStuck", "service": "order", "severity": "page", "state": "PENDING"})
    assert not quiet(stuck, {"alertname": "DeadLetters", "service": "order", "severity": "ticket"})
