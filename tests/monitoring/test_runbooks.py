"""A page for each alert, and nothing on it that does not exist."""

import re
import shlex
from pathlib import Path

import pytest
from shopctl.__main__ import _parser

from tests.monitoring.rules import ALERTS, CHECKOUT, RECORDED, RUNBOOKS, metrics_in, refused

PAGES = sorted(RUNBOOKS.glob("*.md"))
HEADINGS = ["What customers notice", "Look", "Heal", "Over"]
BLOCK = re.compile(r"```(\w+)\n(.*?)```", re.DOTALL)
INLINE = re.compile(r"`((?:shopctl|make|deploy/compose/shop|python -m) [^`]+)`")
VERBS = set(re.findall(r"^([a-z-]+):.*## ", (CHECKOUT / "Makefile").read_text(), re.MULTILINE))
MODULES = {"gateway": {"render", "run", "routes"}}
COMPOSE = set(re.findall(r"^  ([a-z-]+):$", (CHECKOUT / "deploy/compose/compose.yaml").read_text(), re.MULTILINE))
KUBECTL = {"logs", "get", "describe", "rollout", "scale"}


def commands(page: str) -> list[str]:
    lines = [line for kind, block in BLOCK.findall(page) if kind == "sh" for line in block.splitlines()]
    return [each for each in [*lines, *INLINE.findall(page)] if each.strip()]


def queries(page: str) -> list[str]:
    return [line for kind, block in BLOCK.findall(page) if kind == "promql" for line in block.splitlines()]


def wrong_with(command: str) -> str | None:
    """Why nobody can run this; None when they can."""
    program, *words = shlex.split(command.replace("…", "x"))
    match program:
        case "shopctl":
            try:
                _parser().parse_args(words)
            except SystemExit:
                return "shopctl does not know this"
        case "make":
            return None if words[0] in VERBS else f"there is no verb {words[0]}"
        case "deploy/compose/shop":
            named = {each for each in words[1:] if re.fullmatch(r"[a-z]+(-worker)?", each)}
            return None if named & COMPOSE else "no service of compose.yaml is named"
        case "python":
            return None if words[2] in MODULES.get(words[1], set()) else "there is no such module"
        case "kubectl":
            return None if words[0] in KUBECTL else "a runbook only looks, restarts, goes back and scales"
        case _:
            return f"what is {program}?"
    return None


def test_every_alert_has_a_page_and_every_page_an_alert() -> None:
    assert {page.stem for page in PAGES} == {each.name for each in ALERTS}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_says_what_it_means_how_to_look_how_to_heal_and_when_it_is_over(page: Path) -> None:
    text = page.read_text()
    assert text.startswith(f"# {page.stem}\n")
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == HEADINGS


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_command_on_a_page_exists(page: Path) -> None:
    found = commands(page.read_text())
    assert found
    assert {each: why for each in found if (why := wrong_with(each))} == {}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_query_on_a_page_is_about_something_that_is_counted(page: Path, counted: frozenset[str]) -> None:
    found = queries(page.read_text())
    assert found
    assert {name for each in found for name in metrics_in(each)} - counted - RECORDED == set()


def test_prometheus_understands_every_query_on_every_page(tmp_path: Path) -> None:
    assert refused([each for page in PAGES for each in queries(page.read_text())], tmp_path) == ""


def test_the_rules_can_fail(tmp_path: Path) -> None:
    assert wrong_with("shopctl revive order") is not None
    assert wrong_with("make everything-well") is not None
    assert wrong_with("deploy/compose/shop restart nobody") is not None
    assert wrong_with("kubectl delete pod x") is not None
    assert wrong_with("rm -rf /") is not None
    assert refused(["up", "sum(up"], tmp_path) != ""
    assert metrics_in('sum by (a) (rate(b{c="d"}[5m])) / on (e) f offset 1h > 3') == {"b", "f"}
