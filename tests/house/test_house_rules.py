"""Rules of the house that no linter knows. A failing line says what to do."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]
SERVICES = CHECKOUT / "services"
CHASSIS = CHECKOUT / "libs" / "chassis" / "src" / "chassis"
SHIPPED = sorted([*SERVICES.glob("*/src/**/*.py"), *CHASSIS.rglob("*.py")])
MONEY = sorted(
    path for name in ("product", "order", "payment") for path in (SERVICES / name / "src").glob("*/domain/*.py")
)

OF_THE_WORLD = {
    "datetime.now",
    "datetime.utcnow",
    "datetime.today",
    "date.today",
    "time.time",
    "time.monotonic",
    "time.perf_counter",
    "time.sleep",
    "asyncio.sleep",
    "asyncio.create_task",
    "asyncio.ensure_future",
    "asyncio.to_thread",
    "loop.create_task",
    "random.random",
    "random.uniform",
    "random.randint",
    "random.choice",
    "secrets.token_urlsafe",
    "secrets.token_bytes",
    "secrets.token_hex",
    "uuid.uuid4",
    "uuid4",
    "uuid.uuid1",
    "threading.Thread",
}


def calls(tree: ast.AST) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield node.lineno, ast.unparse(node.func)


@pytest.mark.parametrize("path", SHIPPED, ids=lambda p: str(p.relative_to(CHECKOUT)))
def test_time_chance_and_tasks_come_from_the_world(path: Path) -> None:
    if path == CHASSIS / "world.py":
        return
    found = [f"line {line}: {name}()" for line, name in calls(ast.parse(path.read_text())) if name in OF_THE_WORLD]
    assert not found, f"take it from chassis.world.World instead: {found}"


@pytest.mark.parametrize("path", MONEY, ids=lambda p: str(p.relative_to(CHECKOUT)))
def test_money_never_becomes_a_float(path: Path) -> None:
    tree = ast.parse(path.read_text())
    found = [
        f"line {node.lineno}: {ast.unparse(node)}"
        for node in ast.walk(tree)
        if (isinstance(node, ast.Constant) and isinstance(node.value, float))
        or (isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div))
        or (isinstance(node, ast.Name) and node.id == "float")
    ]
    assert not found, f"count in integer minor units: {found}"


def test_the_rules_can_fail() -> None:
    assert "datetime.now" in [name for _, name in calls(ast.parse("x = datetime.now(UTC)"))]


MARKDOWN = sorted(path for path in CHECKOUT.rglob("*.md") if not {".venv", ".run", "node_modules"} & set(path.parts))
LINK = re.compile(r"\[[^\]]+\]\((?!https?:|#|mailto:)([^)#\s]+)")


@pytest.mark.parametrize("page", MARKDOWN, ids=lambda p: str(p.relative_to(CHECKOUT)))
def test_every_link_in_the_documents_leads_somewhere(page: Path) -> None:
    broken = [link for link in LINK.findall(page.read_text()) if not (page.parent / link).exists()]
    assert not broken


def test_the_map_names_files_that_exist() -> None:
    named = re.findall(
        r"`((?:services|libs|gateway|storefront|simulators|demo|tests|deploy|monitoring)/[^`\s]+)`",
        (CHECKOUT / "docs" / "map.md").read_text(),
    )
    assert named
    assert [path for path in named if not (CHECKOUT / path).exists()] == []
    assert len(named) == len(set(named)), "the map comes by each file once"


@pytest.mark.parametrize("service", sorted(path.name for path in SERVICES.iterdir()))
def test_a_worker_loads_no_web_framework(service: str) -> None:
    """It has no routes. FastAPI would be 12 MB and a third of a second in five processes."""
    asked = f"import sys, {service}_service.worker; print('fastapi' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, timeout=60, check=True)
    assert ran.stdout == "False\n", "fetch it where a route is made: see chassis.handing"


@pytest.mark.parametrize("service", sorted(path.name for path in SERVICES.iterdir()))
def test_no_process_loads_an_orm_or_the_first_version_of_pydantic(service: str) -> None:
    """Nobody uses them. They would be 43 MB in all."""
    asked = f"""if True:
        import chassis, pkgutil, sys, {service}_service
        from importlib import import_module
        for house in (chassis, {service}_service):
            for _, room, _ in pkgutil.walk_packages(house.__path__, house.__name__ + "."):
                if not any(word in room for word in ("cli", "console", "migrations")):
                    import_module(room)
        print(*(each for each in ("sqlalchemy.orm", "pydantic.v1") if sys.modules.get(each)))"""
    ran = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, timeout=60, check=True)
    assert ran.stdout == "\n", "take the engine from chassis.async_engine; see chassis.loading for Pydantic"
