"""Panels as SVG, for where there is no Grafana: the same queries, one picture a dashboard."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

WIDTH, PANEL_HEIGHT, COLUMNS, GAP = 1320, 230, 24, 12
COLOURS = ("#2563eb", "#d97706", "#059669", "#dc2626", "#7c3aed", "#0891b2", "#be185d", "#4d7c0f", "#475569", "#a16207")
MOST_NAMES = 9
"""So many lines are named below a panel; the others are drawn."""
STYLE = (
    "text{font:11px system-ui,sans-serif;fill:#334155}.title{font-size:13px;font-weight:600;fill:#0f172a}"
    ".box{fill:#fff;stroke:#e2e8f0}.grid{stroke:#f1f5f9}polyline{fill:none;stroke-width:1.5}"
)


@dataclass(frozen=True)
class Line:
    """One series: (seconds, value), oldest first; what is not a number is a gap."""

    name: str
    points: Sequence[tuple[float, float]]

    @property
    def known(self) -> list[tuple[float, float]]:
        return [(at, value) for at, value in self.points if math.isfinite(value)]


@dataclass(frozen=True)
class Picture:
    """A panel with its lines, so many columns wide."""

    title: str
    unit: str
    wide: int
    lines: Sequence[Line]


def draw(title: str, pictures: Sequence[Picture], *, start: float, end: float) -> str:
    """The whole dashboard between these two moments."""
    column = WIDTH / COLUMNS
    parts: list[str] = []
    x = y = 0
    for each in pictures:
        if x + each.wide > COLUMNS:
            x, y = 0, y + 1
        place = (x * column, 40 + y * (PANEL_HEIGHT + GAP), each.wide * column - GAP)
        parts.extend(_panel(each, *place, start=start, end=end))
        x += each.wide
    height = 40 + (y + 1) * (PANEL_HEIGHT + GAP)
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img"><style>{STYLE}</style>'
    ground = f'<rect width="{WIDTH}" height="{height}" fill="#f8fafc"/>'
    name = f'<title>{escape(title)}</title><text class="title" x="8" y="24">{escape(title)}</text>'
    return "\n".join([head, ground, name, *parts, "</svg>"]) + "\n"


def _panel(picture: Picture, x: float, y: float, width: float, *, start: float, end: float) -> Iterator[str]:
    left, top, right, bottom = x + 52, y + 30, x + width - 12, y + PANEL_HEIGHT - 58
    highest = max((value for line in picture.lines for _, value in line.known), default=0.0) or 1.0

    def at(moment: float, value: float) -> str:
        across = left + (right - left) * (moment - start) / (end - start)
        return f"{across:.1f},{bottom - (bottom - top) * value / highest:.1f}"

    yield f'<rect class="box" x="{x:.0f}" y="{y}" width="{width:.0f}" height="{PANEL_HEIGHT}" rx="6"/>'
    yield f'<text class="title" x="{x + 10:.0f}" y="{y + 19}">{escape(picture.title)}</text>'
    for share in (0.0, 0.5, 1.0):
        height = bottom - (bottom - top) * share
        yield f'<line class="grid" x1="{left:.0f}" x2="{right:.0f}" y1="{height:.0f}" y2="{height:.0f}"/>'
        value = _short(share * highest, picture.unit)
        yield f'<text x="{left - 6:.0f}" y="{height + 4:.0f}" text-anchor="end">{value}</text>'
    for number, line in enumerate(picture.lines):
        colour = COLOURS[number % len(COLOURS)]
        yield f'<polyline stroke="{colour}" points="{" ".join(at(*each) for each in line.known)}"/>'
    for number, line in enumerate(picture.lines[:MOST_NAMES]):
        across, down = x + 10 + number % 3 * (width / 3), bottom + 18 + number // 3 * 15
        room = int(width / 3 / 6)
        colour = COLOURS[number % len(COLOURS)]
        yield f'<rect x="{across:.0f}" y="{down - 8:.0f}" width="8" height="8" fill="{colour}"/>'
        yield f'<text x="{across + 12:.0f}" y="{down:.0f}">{escape(line.name[:room])}</text>'


def _short(value: float, unit: str) -> str:
    """As few digits as tell it."""
    if unit == "percentunit":
        return f"{value * 100:.3g} %"
    if unit == "s" and 0 < value < 1:
        return f"{value * 1000:.3g} ms"
    number = f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"
    return number + {"s": " s", "ms": " ms"}.get(unit, "")
