"""What may be logged is declared once a service; a call and its page say the same."""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import pytest
from chassis.log_events import Vocabulary

CHECKOUT = Path(__file__).parents[2]
HOMES = {
    "chassis": CHECKOUT / "libs/chassis/src/chassis",
    **{
        f"{each}_service": CHECKOUT / f"services/{each}/src/{each}_service"
        for each in ("user", "product", "order", "payment", "notification")
    },
}
LEVELS = {"debug", "info", "warning", "error", "critical", "exception"}


@dataclass(frozen=True)
class Said:
    """One call of a logger: where, which event, which facts."""

    where: str
    event: str
    facts: frozenset[str]


def said_in(path: Path, tree: ast.Module) -> Iterator[Said]:
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        gathered = {name: facts for node in ast.walk(function) for name, facts in _gathered(node)}
        for call in ast.walk(function):
            if not (isinstance(call, ast.Call) and ast.unparse(call.func) in {f"log.{each}" for each in LEVELS}):
                continue
            where = f"{path.name}:{call.lineno}"
            (event,) = call.args
            assert isinstance(event, ast.Constant), f"{where}: name the event outright"
            named = {word.arg for word in call.keywords if word.arg is not None}
            more = {fact for word in call.keywords if word.arg is None for fact in gathered[ast.unparse(word.value)]}
            yield Said(where, str(event.value), frozenset((named | more) - {"exc_info"}))


def _gathered(node: ast.AST) -> Iterator[tuple[str, set[str]]]:
    """`facts = {"kind": …}`, for a call with `**facts`."""
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
        value = node.value.body if isinstance(node.value, ast.IfExp) else node.value
        if isinstance(value, ast.Dict):
            yield node.targets[0].id, {str(key.value) for key in value.keys if isinstance(key, ast.Constant)}


def all_said(home: Path) -> list[Said]:
    return [each for path in sorted(home.rglob("*.py")) for each in said_in(path, ast.parse(path.read_text()))]


def vocabulary(package: str) -> Vocabulary:
    try:
        return import_module(f"{package}.log_events").EVENTS
    except ModuleNotFoundError:
        return {}


def wrong(said: list[Said], declared: Vocabulary) -> Mapping[str, str]:
    """Place -> what is not as it should be there."""
    found = {each.where: f"{each.event} is not declared" for each in said if each.event not in declared}
    for each in said:
        more = each.facts - set(declared.get(each.event, each.facts))
        if more:
            found[each.where] = f"{each.event} tells {sorted(more)}, which is not declared"
    return found


@pytest.mark.parametrize("package", HOMES)
def test_every_line_that_is_logged_is_declared_with_its_facts(package: str) -> None:
    assert wrong(all_said(HOMES[package]), vocabulary(package)) == {}, f"declare it in {package}/log_events.py"


@pytest.mark.parametrize("package", HOMES)
def test_nothing_is_declared_that_nobody_logs(package: str) -> None:
    said: dict[str, set[str]] = {}
    for each in all_said(HOMES[package]):
        said.setdefault(each.event, set()).update(each.facts)

    declared = {event: set(facts) for event, facts in vocabulary(package).items()}
    assert declared == said


@pytest.mark.parametrize("package", HOMES)
def test_each_house_speaks_from_its_own_page(package: str) -> None:
    for path in HOMES[package].rglob("*.py"):
        text = path.read_text()
        if "get_logger(" in text and path.name != "logging.py":
            assert f"from {package}.log_events import EVENTS" in text, path


def test_the_rules_can_fail() -> None:
    text = 'def f():\n    facts = {"a": 1}\n    log.info("x.y", b=2, **facts)\n    log.error("z")\n'
    said = list(said_in(Path("m.py"), ast.parse(text)))

    assert wrong(said, {"x.y": {"a": int}}) == {
        "m.py:3": "x.y tells ['b'], which is not declared",
        "m.py:4": "z is not declared",
    }
