"""A run as a sequence diagram: who said what to whom about one order, and what went wrong meanwhile."""

from collections.abc import Sequence
from html import escape

from tests.simulation.trace import NEMESIS, Line, Trace

COLUMN, ROW, TOP, LEFT, MOST_ROWS = 150, 24, 70, 90, 400
PEOPLE = "people"
ORDER = ("people", "order-api", "order-worker", "product", "payment", "provider", "broker", "notification", "mail")
STYLE = """
  text { font: 12px ui-monospace, monospace; fill: #1f2937 } .who { font-weight: bold; text-anchor: middle }
  .life { stroke: #cbd5e1 } .said { stroke: #2563eb } .lost { stroke: #dc2626; stroke-dasharray: 5 4 }
  .what { text-anchor: middle; font-size: 11px } .wrong { fill: #dc2626 } .band { fill: #fee2e2 }
"""


def lines_of(trace: Trace, order_id: str) -> list[Line]:
    """Everything about the order, with what the nemesis did from its first line to its last."""
    ours = [each for each in trace.lines if each.order_id == order_id]
    if not ours:
        return []
    first, last = ours[0].at, ours[-1].at
    return [
        each for each in trace.lines if each.order_id == order_id or (each.who == NEMESIS and first <= each.at <= last)
    ]


def lane(who: str) -> str:
    """The column of somebody: replicas share one, and so do all people."""
    for each in ORDER:
        if who.startswith(each):
            return each
    return PEOPLE


def draw(lines: Sequence[Line], *, title: str) -> str:
    """SVG."""
    shown = lines[:MOST_ROWS]
    height, width = TOP + ROW * (len(shown) + 2), LEFT + COLUMN * len(ORDER)
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}">']
    parts += [f"<style>{STYLE}</style>", f'<rect width="{width}" height="{height}" fill="white"/>']
    parts.append(f'<text x="{LEFT / 4}" y="20">{escape(title)}</text>')
    for who in ORDER:
        x = _x(who)
        parts.append(f'<text class="who" x="{x}" y="{TOP - 20}">{who}</text>')
        parts.append(f'<line class="life" x1="{x}" x2="{x}" y1="{TOP - 10}" y2="{height - ROW}"/>')
    for place, line in enumerate(shown):
        parts += _row(line, TOP + ROW * (place + 1), width)
    if len(lines) > len(shown):
        parts.append(f'<text x="{LEFT / 4}" y="{height - 6}">and {len(lines) - len(shown)} more</text>')
    return "\n".join([*parts, "</svg>\n"])


def _row(line: Line, y: int, width: int) -> list[str]:
    time = f'<text x="8" y="{y + 4}">{line.at:.2f}</text>'
    if line.who == NEMESIS:
        band = f'<rect class="band" x="0" y="{y - 11}" width="{width}" height="{ROW - 4}"/>'
        what = f'<text class="wrong" x="{LEFT}" y="{y + 4}">{escape(f"{line.whom}: {line.what}")}</text>'
        return [band, time, what]
    here, there = _x(lane(line.who)), _x(lane(line.whom))
    look, wrong = ("lost", " wrong") if line.fault else ("said", "")
    what = escape(f"{line.what} ({line.fault})" if line.fault else line.what)
    if here == there:
        return [time, f'<text class="what{wrong}" x="{here}" y="{y + 4}">{what}</text>']
    tip = 6 if there > here else -6
    head = f"{there},{y} {there - tip},{y - 4} {there - tip},{y + 4}"
    return [
        time,
        f'<line class="{look}" x1="{here}" x2="{there}" y1="{y}" y2="{y}"/>',
        f'<polygon points="{head}" fill="{"#dc2626" if line.fault else "#2563eb"}"/>',
        f'<text class="what{wrong}" x="{(here + there) / 2}" y="{y - 3}">{what}</text>',
    ]


def _x(who: str) -> float:
    return LEFT + COLUMN * (ORDER.index(who) + 0.5)
