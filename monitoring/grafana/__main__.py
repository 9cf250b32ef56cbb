"""`python -m monitoring.grafana`: write the dashboards as Grafana reads them."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from monitoring.grafana.panels import Dashboard, Panel, all_dashboards

FOLDER = Path(__file__).parent / "dashboards"
SOURCE = {"type": "prometheus", "uid": "prometheus"}
COLUMNS, HEIGHT = 24, 8


def documents() -> dict[Path, str]:
    """Each file, and what it must hold."""
    return {FOLDER / f"{each.name}.json": json.dumps(document(each), indent=1) + "\n" for each in all_dashboards()}


def document(dashboard: Dashboard) -> dict[str, Any]:
    return {
        "uid": f"shop-{dashboard.name}",
        "title": dashboard.title,
        "tags": ["shop"],
        "timezone": "utc",
        "schemaVersion": 39,
        "refresh": "30s",
        "time": {"from": "now-1h", "to": "now"},
        "links": [{"type": "dashboards", "tags": ["shop"], "title": "Shop", "asDropdown": True}],
        "panels": list(_panels(dashboard)),
    }


def _panels(dashboard: Dashboard) -> Iterator[dict[str, Any]]:
    """From left to right; who does not fit any more begins a row."""
    x = y = 0
    for number, panel in enumerate(dashboard.panels, 1):
        if x + panel.wide > COLUMNS:
            x, y = 0, y + HEIGHT
        yield _panel(number, panel, {"x": x, "y": y, "w": panel.wide, "h": HEIGHT})
        x += panel.wide


def _panel(number: int, panel: Panel, place: dict[str, int]) -> dict[str, Any]:
    return {
        "id": number,
        "type": "timeseries",
        "title": panel.title,
        "description": panel.tells,
        "datasource": SOURCE,
        "gridPos": place,
        "fieldConfig": {"defaults": {"unit": panel.unit, "min": 0}, "overrides": []},
        "options": {"legend": {"displayMode": "list", "placement": "bottom"}, "tooltip": {"mode": "multi"}},
        "targets": [
            {"refId": chr(ord("A") + place), "datasource": SOURCE, "expr": expr, "legendFormat": name.strip()}
            for place, (name, expr) in enumerate(panel.queries.items())
        ],
    }


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    for path, text in documents().items():
        path.write_text(text)


if __name__ == "__main__":
    main()
