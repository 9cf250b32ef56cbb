"""`python -m monitoring.grafana.drawn`: every panel of every dashboard, drawn from a real run into docs/monitoring.

It watches a dev run with a real Prometheus, walks the customer journeys on it, and asks every query. Ends with 1 when
one of them has no answer.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from dev.home import USUAL, Home

from monitoring.grafana.drawing import Line, Picture, draw
from monitoring.grafana.panels import Panel, all_dashboards
from monitoring.watch import CHECKOUT, Run, Watch, watching

STEP = 15.0


def main() -> int:
    parser = argparse.ArgumentParser(prog="drawn", description=__doc__)
    parser.add_argument("--home", type=Path, default=USUAL, help="of the dev run")
    parser.add_argument("--out", type=Path, default=CHECKOUT / "docs/monitoring")
    parser.add_argument("journeys", nargs="*", default=["tests/journeys"], help="those to walk; all of them")
    asked = parser.parse_args()
    run = Run(Home(asked.home.resolve()))
    with tempfile.TemporaryDirectory(prefix="drawn-") as folder, watching(run, Path(folder)) as watch:
        began = time.time()
        walk = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *asked.journeys]
        subprocess.run(walk, cwd=CHECKOUT, env={**os.environ, "MERCATO_URL": run.url}, check=True)  # noqa: S603 - ours
        time.sleep(2 * STEP)
        empty = paint(watch, asked.out, since=began)
    for each in empty:
        sys.stderr.write(f"no answer: {each}\n")
    return 1 if empty else 0


def paint(watch: Watch, out: Path, *, since: float) -> list[str]:
    """A picture of each dashboard; the queries that nothing answered."""
    out.mkdir(parents=True, exist_ok=True)
    empty: list[str] = []
    end = time.time()
    for dashboard in all_dashboards():
        pictures = []
        for panel in dashboard.panels:
            lines, unanswered = ask(watch, panel, seconds=end - since)
            pictures.append(Picture(panel.title, panel.unit, panel.wide, lines))
            empty += [f"{dashboard.name}, {panel.title}: {each}" for each in unanswered]
        (out / f"{dashboard.name}.svg").write_text(draw(dashboard.title, pictures, start=since, end=end))
    return empty


def ask(watch: Watch, panel: Panel, *, seconds: float) -> tuple[list[Line], list[str]]:
    lines: list[Line] = []
    unanswered: list[str] = []
    for called, query in panel.queries.items():
        found = [_line(called, each) for each in watch.range(query, seconds=seconds, step=STEP)]
        known = [each for each in found if each.known]
        if not known:
            unanswered.append(query)
        lines += known
    return lines, unanswered


def _line(called: str, series: dict[str, Any]) -> Line:
    labels = series["metric"]
    name = re.sub(r"\{\{(\w+)\}\}", lambda label: labels.get(label[1], ""), called).strip()
    return Line(name, [(float(at), float(value)) for at, value in series["values"]])


if __name__ == "__main__":
    sys.exit(main())
