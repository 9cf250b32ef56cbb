"""The rules as data, and the tools that check them."""

import os
import re
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

CHECKOUT = Path(__file__).parents[2]
PROMETHEUS = CHECKOUT / "monitoring" / "prometheus"
RULES = PROMETHEUS / "rules"
RUNBOOKS = CHECKOUT / "docs" / "runbooks"
NAME = re.compile(r"(?<![\w:.\"'$\[])([a-zA-Z_:][\w:]*)\b(?!\s*(?:\(|[\w:]))")
WORDS = frozenset(
    {"by", "without", "on", "ignoring", "and", "or", "unless", "offset", "bool", "group_left", "group_right"}
)


@cache
def tools() -> Path:
    """The folder with promtool, amtool and the servers; fetched where they are missing."""
    found = subprocess.run([CHECKOUT / "monitoring/tools"], check=True, capture_output=True, text=True, timeout=300)
    return Path(found.stdout.strip())


def run(tool: str, *arguments: str | Path, at: Path = CHECKOUT, says: str | None = None) -> tuple[int, str]:
    """How it ended, and what it said."""
    command = [str(tools() / tool), *map(str, arguments)]
    environment = {**os.environ, "HOME": os.devnull}
    ran = subprocess.run(
        command, check=False, cwd=at, input=says, env=environment, capture_output=True, text=True, timeout=120
    )
    return ran.returncode, ran.stdout + ran.stderr


@dataclass(frozen=True)
class Rule:
    """One rule; `name` is what it alerts with or records."""

    file: str
    name: str
    alerts: bool
    expr: str
    labels: dict[str, str]
    annotations: dict[str, str]


def read() -> list[Rule]:
    return [rule for file in sorted(RULES.glob("*.yml")) for rule in _in_file(file)]


def _in_file(file: Path) -> Iterator[Rule]:
    for group in yaml.safe_load(file.read_text())["groups"]:
        for each in group["rules"]:
            yield Rule(
                file=file.name,
                name=each.get("alert") or each["record"],
                alerts="alert" in each,
                expr=each["expr"],
                labels=each.get("labels", {}),
                annotations=each.get("annotations", {}),
            )


ALERTS = [each for each in read() if each.alerts]
RECORDED = {each.name for each in read() if not each.alerts}


def metrics_in(expr: str) -> set[str]:
    """The names of metrics in a query: words that are neither functions, nor keywords, nor labels."""
    plain = re.sub(r"\{[^}]*\}", "{}", expr)
    plain = re.sub(r"\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)", "by", plain)
    plain = re.sub(r"\[[^\]]*\]|\boffset\s+\w+|\"[^\"]*\"", " ", plain)
    return {name for name in NAME.findall(plain) if name not in WORDS and not name.isnumeric()}


def refused(queries: Iterable[str], folder: Path) -> str:
    """What Prometheus has against these queries; nothing when it understands them all."""
    rules = [{"record": f"query:{number}", "expr": each} for number, each in enumerate(queries)]
    file = folder / "queries.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "queries", "rules": rules}]}))
    status, said = run("promtool", "check", "rules", file)
    return said if status else ""


def yaml_of(path: Path) -> Any:
    return yaml.safe_load(path.read_text())
