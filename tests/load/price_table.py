"""The table of prices: each figure with a guarantee and without it, beside how far apart windows lie that are equal."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

from tests.dev.rung import CHECKOUT as ROOT
from tests.load.accounting import STORES
from tests.load.cells import Record, ms, table, where
from tests.load.guarantees import CHECKOUT, GUARANTEES, LOGIN, NOTHING, PROFILE, WITH, WITHOUT, YARDSTICK, Guarantee

CALLED = {CHECKOUT: "checkout to CONFIRMED", PROFILE: "one's own profile", LOGIN: "login"}
HEAD = ("taken away", "felt in", "ours", "gateway", "stores", "p50 ms", "p50 ms to the 202", "what then fails")
PATH_FROM_PAGE = "../"


@dataclass(frozen=True, slots=True)
class Figure:
    """The same of each window, by side."""

    of: Mapping[str, Sequence[float]]

    @property
    def price(self) -> float:
        return fmean(self.of[WITH]) - fmean(self.of[WITHOUT])

    def spread(self, equal: "Figure | None") -> float:
        """How far apart windows lie that are equal: of one side here, and all of a row where nothing was taken away."""
        apart = [*self.of.values(), *([[*equal.of[WITH], *equal.of[WITHOUT]]] if equal else [])]
        return max(max(each) - min(each) for each in apart)

    def told(self, equal: "Figure | None", shown: Callable[[float], str]) -> str:
        spread = self.spread(equal)
        both = f"{shown(fmean(self.of[WITH]))} → {shown(fmean(self.of[WITHOUT]))}"
        if abs(self.price) <= spread:
            return f"{both}, within {shown(spread)}"
        sign = "" if self.price > 0 else "-"
        return f"{both}, **{sign}{shown(abs(self.price))}** ± {shown(spread)}"


def prices(record: Record) -> list[str]:
    """A table for each run, as windows of different runs are not compared. What was measured again is told once."""
    runs, known, lines = record["runs"], set(), []
    for run in reversed(runs):
        rows = [row for row in run["rows"] if row["guarantee"] == NOTHING or row["guarantee"] not in known]
        known |= {row["guarantee"] for row in rows}
        lines = [*_of_one({**run, "rows": rows}), *(["", *lines] if lines else [])]
    missing = [each.name for each in GUARANTEES if each.name not in known]
    return [*lines, "", f"Not measured: {', '.join(missing)}."] if missing else lines


def _of_one(record: Record) -> list[str]:
    measured = weighed(record["rows"])
    equal = next((row for row in measured if row["guarantee"] == NOTHING), None)
    guarantees = {each.name: each for each in GUARANTEES}
    rows = [line for row in measured for line in _lines(row, equal, guarantees.get(row["guarantee"]))]
    asked = record["circumstances"]["asked"]
    some = [row["guarantee"] for row in record["rows"] if row["guarantee"] != NOTHING]
    only = f" ARGS='--only {' '.join(map(json.dumps, some))}'" if len(some) < len(GUARANTEES) else ""
    command = f"make prices RATE={asked['rate']:g} SECONDS={asked['seconds']:g}{only}"
    loads = [window["load"] for row in record["rows"] for window in row["windows"]]
    came = sum(window["came"] for row in record["rows"] for window in row["windows"])
    done = sum(window["done"] for row in record["rows"] for window in row["windows"])
    return [*table(HEAD, rows), "", f"Of {came} journeys {done} ended well. {where(record, command, loads)}"]


def weighed(rows: Sequence[Record]) -> list[Record]:
    """CPU is dearer while others want the machine. Of checkouts, windows are compared as if each had paid the same for
    what the payment provider and the mail server have done, which no patch touches. Older runs did not note it."""
    found = [[_yardstick(window, row) for window in row["windows"]] for row in rows]
    known = [each for row in found for each in row if each]
    usual = fmean(known) if known else 1.0
    return [
        {**row, "windows": [_with_weight(*each, usual) for each in zip(row["windows"], yards, strict=True)]}
        for row, yards in zip(rows, found, strict=True)
    ]


def _with_weight(window: Record, yardstick: float | None, usual: float) -> Record:
    return {**window, "weight": usual / yardstick if yardstick else 1.0}


def _yardstick(window: Record, row: Record) -> float | None:
    if window["journey"] != CHECKOUT or YARDSTICK not in window["cpu"]:
        return None
    windows = [each for each in row["windows"] if each["journey"] == CHECKOUT]
    return cpu_of([YARDSTICK])(window, at_rest(windows, window["side"]))


def figure(row: Record, journey: str, value: Callable[[Record, Record], float | None]) -> Figure | None:
    """`value` is asked for each window, with what its side uses in a second at rest. None where nobody can tell."""
    windows = [each for each in row["windows"] if each["journey"] == journey]
    found: dict[str, list[float]] = {}
    for side in (WITH, WITHOUT):
        rest = at_rest(windows, side)
        values = [value(each, rest) for each in windows if each["side"] == side]
        if not values or None in values:
            return None
        found[side] = [each for each in values if each is not None]
    return Figure(found)


def at_rest(windows: Sequence[Record], side: str) -> dict[str, float]:
    """CPU seconds in a second, while people came to the other side."""
    seen = [each["other_at_rest"] for each in windows if each["side"] != side]
    seconds = sum(each["seconds"] for each in seen)
    return {group: sum(each["cpu"][group] for each in seen) / seconds for group in seen[0]["cpu"]}


def cpu_of(groups: Sequence[str]) -> Callable[[Record, Record], float | None]:
    """Milliseconds of one journey, less what is used when nobody comes."""

    def value(window: Record, rest: Record) -> float | None:
        if not window["done"]:
            return None
        used = sum(window["cpu"][each] - rest[each] * window["seconds"] for each in groups)
        return 1000 * used * window.get("weight", 1.0) / window["done"]

    return value


def p50_of(which: str) -> Callable[[Record, Record], float | None]:
    return lambda window, _: window.get(which, {}).get("p50")


def cpu(found: float) -> str:
    """Below nothing, too: who used less than at rest shows how little a figure of this size means."""
    return f"{found:.2f}" if abs(found) < 10 else f"{found:.1f}"


COLUMNS: Sequence[tuple[Callable[[Record, Record], float | None], Callable[[float], str]]] = (
    (cpu_of(["ours"]), cpu),
    (cpu_of(["gateway"]), cpu),
    (cpu_of(STORES), cpu),
    (p50_of("ms"), ms),
    (p50_of("accepted_ms"), ms),
)


def _lines(row: Record, equal: Record | None, guarantee: Guarantee | None) -> list[list[str]]:
    journeys = list(dict.fromkeys(window["journey"] for window in row["windows"]))
    lines = []
    for journey in journeys:
        cells = []
        for value, shown in COLUMNS:
            found = figure(row, journey, value)
            cells.append(found.told(equal and figure(equal, journey, value), shown) if found else "")
        first = journey == journeys[0]
        what, test = (_what(guarantee), _test(guarantee)) if first else ("", "")
        lines.append([what, CALLED[journey], *cells, test])
    return lines


def _what(guarantee: Guarantee | None) -> str:
    if guarantee is None:
        return f"{NOTHING}: both are equal"
    return f"**{guarantee.name}**: {guarantee.gone} ([patch]({PATH_FROM_PAGE}{_place(guarantee.patch)}))"


def _test(guarantee: Guarantee | None) -> str:
    if guarantee is None:
        return ""
    file, _, name = guarantee.breaks.partition("::")
    return f"[`{name}`]({PATH_FROM_PAGE}{file})"


def _place(file: Path) -> str:
    return file.relative_to(ROOT).as_posix()
