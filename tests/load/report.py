"""`python -m tests.load.report`: the tables of docs/performance.md, of docs/performance/*.json; the prose stays.

Each table stands between two comments that name it. `--take reports/bench/FILE.json` makes that measurement the
one that the page is about.
"""

import argparse
import json
import re
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

from tests.dev.rung import CHECKOUT
from tests.load.accounting import GATEWAY, OURS, OUTSIDE, STORES
from tests.load.cells import Record, ms, of, table, where
from tests.load.price_table import prices

PAGE = CHECKOUT / "docs" / "performance.md"
KEPT = CHECKOUT / "docs" / "performance"
NOTHING = "not measured"

WHO_ACCEPTS = ("order-api", "product-api")
"""Of all that an order sets in motion, these have worked before its 202."""
OURS_AT_MOST = {"list": 1.2, "detail": 1.0, "login": 80, "checkout": 25, "acceptance": 8}
STORES_AT_MOST = {"list": 0.4, "detail": 0.2, "checkout": 8}
GATEWAY_AT_MOST = {"cached list": 0.15}
WAIT_AT_MOST = {"eight at once": {"p50": 60, "p99": 200}}
GROWS_AT_MOST = 1.5
"""Times the p99 of the small shop."""
ALONE_AT_MOST = 1.5
DEMO_AT_MOST, DEMO_ROOM = 5, 200
CALLED = {
    "cached list": "list of 20, from the gateway's cache",
    "list": "list of 20, uncached",
    "detail": "product, uncached",
    "search": "search of 20, uncached",
    "login": "login",
    "cart": "cart, line and quote",
    "checkout": "checkout to CONFIRMED",
    "acceptance": "checkout to the 202",
    "eight at once": "checkout to the 202, 8 at once",
}


def net(record: Record, name: str) -> dict[str, float]:
    """CPU milliseconds of each process for one journey, less what it uses when nobody comes."""
    journey, rest = record["journeys"][name], record["at_rest"]
    each_second = {who: used / rest["seconds"] for who, used in rest["cpu"].items()}
    return {
        who: 1000 * (used - each_second.get(who, 0) * journey["seconds"]) / max(1, journey["done"])
        for who, used in journey["cpu"].items()
    }


def journeys(record: Record) -> list[str]:
    head = ["journey", "a second", "done", "failed", "p50 ms", "p95", "p99", "ours", "gateway", "stores"]
    rows = []
    for name, journey in record["journeys"].items():
        cost = net(record, name)
        ours = of(cost, WHO_ACCEPTS if name == "acceptance" else OURS)
        cells = [CALLED[name], f"{journey.get('rate', '')}", f"{journey['done']}", _failed(journey["failed"])]
        bars = WAIT_AT_MOST.get(name, {})
        cells += [_with_bar(ms(journey["ms"].get(each)), bars.get(each)) for each in ("p50", "p95", "p99")]
        if name == "eight at once" or not record["memory"]:
            # Its orders are still on their way when it is over: what they cost is told one line above. Of processes
            # that are not on this machine nothing is known.
            cells += ["", "", ""]
        else:
            cells += [
                _against(ours, OURS_AT_MOST.get(name)),
                _against(cost.get(GATEWAY), GATEWAY_AT_MOST.get(name)),
                "" if name == "acceptance" else _against(of(cost, STORES), STORES_AT_MOST.get(name)),
            ]
        rows.append(cells)
    asked = record["circumstances"]["asked"]
    command = f"make bench RATE={asked['rate']:g} SECONDS={asked['seconds']:g}"
    told = where(record, command, [each["load"] for each in record["journeys"].values()])
    return [*table(head, rows), "", f"{told} {_confirmed(record)}"]


def processes(record: Record) -> list[str]:
    """What each process spent on one journey, what it spends on nothing, and the room that it takes."""
    if not record["memory"]:
        return ["The processes were not on this machine: CPU and memory are not accounted for."]
    shown = ("detail", "list", "login", "cart", "checkout")
    costs = {name: net(record, name) for name in shown}
    head = ["process", *(CALLED[name].partition(",")[0] for name in shown), "at rest, ms a second", "MiB PSS after it"]
    rest, rows = record["at_rest"], []
    for who in (*OURS, GATEWAY, *STORES, *OUTSIDE):
        if who not in record["memory"]:
            continue
        spent = [_cpu(costs[name].get(who, 0)) for name in shown]
        rows.append([who, *spent, f"{1000 * rest['cpu'][who] / rest['seconds']:.1f}", f"{record['memory'][who]:.0f}"])
    ours = of(record["memory"], OURS)
    idle = 1000 * of(rest["cpu"], OURS) / rest["seconds"]
    told = f"Ours in all: {idle:.0f} ms a second at rest, {ours:.0f} MiB (bar 700)."
    if start := record.get("start"):
        told += (
            f" From their start until all were ready, the stores being up: {start['seconds']:g} s (bar 4), which took"
            f" {start['cpu_seconds']:g} s of CPU."
        )
    return [*table(head, rows), "", told]


def overload(record: Record) -> list[str]:
    """By kind: what was served at the peak, and of twice as many people."""
    over, after, peak = record["over"], record["after"], record["peak"]
    head = ["who comes", "most served in time, a second", "come at twice", "served in time", "of the most (bar 90 %)"]
    head += ["served at all", "otherwise", "p99 ms", "p99 ms, sent away"]
    rows = []
    for kind, seen in over["kinds"].items():
        # Each by its own best step: the shop as a whole may serve most when buyers have long been sent away.
        usual = max(step["kinds"][kind]["in_time"] / step["seconds"] for step in record["steps"])
        served, came = seen["in_time"] / over["seconds"], seen["came"] / over["seconds"]
        at_all = (seen["came"] - sum(seen["failed"].values())) / over["seconds"]
        rates = [f"{usual:.1f}", f"{came:.1f}", f"{served:.1f}", f"{served / usual:.0%}", f"{at_all:.1f}"]
        waits = [ms(seen["ms"].get("p99")), ms(seen["shed_ms"].get("p99"))]
        rows.append([kind, *rates, _failed(seen["failed"]), *waits])
    steps = ", ".join(f"{each['goodput']:g} of {each['rate']:g}" for each in record["steps"])
    told = (
        f"Served in time of those who came, a second, step by step: {steps}. Twice the peak of {peak:g} came for"
        f" {over['seconds']:g} seconds, and half of it at once after that: the last who was not served in time came"
        f" after {after['recovered_after']:g} s (bar 30). The driver took {over['driver_cpus']:g} CPUs of the machine."
    )
    command = f"make overload SECONDS={over['seconds']:g}"
    return [*table(head, rows), "", told, "", where(record, command, [over["load"]])]


def growth(record: Record) -> list[str]:
    """Each question in the small shop and in the large one."""
    small, large = record["sizes"]
    sizes = [f"{each['of_each']:,}" for each in (small, large)]
    head = ["asked for", *(f"{name} ms of {of_each}" for name in ("p50", "p99") for of_each in sizes), "p99 grows to"]
    head[-1] += f" (bar {GROWS_AT_MOST:g} times)"
    rows = []
    for kind, seen in small["kinds"].items():
        other = large["kinds"][kind]
        waits = [each["ms"].get(name) for name in ("p50", "p99") for each in (seen, other)]
        failed = {**seen["failed"], **other["failed"]}
        told = [f"{waits[3] / waits[2]:.1f} times"] if waits[2] and waits[3] else []
        rows.append([kind, *map(ms, waits), ", ".join([*told, *([_failed(failed)] if failed else [])])])
    asked = record["circumstances"]["asked"]
    command = f"make growth ARGS='--questions {asked['questions']}'"
    return [*table(head, rows), "", where(record, command, [small["load"], large["load"]])]


def starts(record: Record) -> list[str]:
    """Each process by itself, and the demo."""
    head = ["started alone", f"s until ready (bar {ALONE_AT_MOST:g})", "s of CPU"]
    rows = [[who, f"{each['seconds']:.2f}", f"{each['cpu_seconds']:.2f}"] for who, each in record["alone"].items()]
    demo, times = record["demo"], record["circumstances"]["asked"]["times"]
    told = (
        f"The demo answers {demo['seconds']:.1f} s after its command (bar {DEMO_AT_MOST}), having used"
        f" {demo['cpu_seconds']:.1f} s of CPU, and has {demo['rss']:.0f} MiB of memory then (bar {DEMO_ROOM})."
        f" Each is the middle one of {times}."
    )
    command = f"make starts ARGS='--times {times}'"
    return [*table(head, rows), "", told, "", where(record, command, [record["load"]])]


TABLES: Mapping[str, tuple[str, Callable[[Record], list[str]]]] = {
    "journeys": ("journeys.json", journeys),
    "processes": ("journeys.json", processes),
    "overload": ("overload.json", overload),
    "prices": ("prices.json", prices),
    "starts": ("starts.json", starts),
    "growth": ("growth.json", growth),
}


def written(page: str) -> str:
    """The page with its tables as the measurements that are kept give them."""
    for name, (file, make) in TABLES.items():
        kept = KEPT / file
        lines = make(json.loads(kept.read_text())) if kept.exists() else [NOTHING]
        whole = "\n".join(lines)
        page = re.sub(
            rf"(<!-- {name}: [^\n]*-->\n).*?(<!-- end of {name} -->)",
            lambda found, whole=whole: f"{found[1]}\n{whole}\n\n{found[2]}",
            page,
            flags=re.DOTALL,
        )
    return page


def _against(found: float | None, bar: float | None) -> str:
    if found is None:
        return ""
    return _with_bar(_cpu(found), bar)


def _with_bar(told: str, bar: float | None) -> str:
    return told if bar is None else f"{told} (bar {bar:g})"


def _cpu(found: float) -> str:
    """Who used less than when nobody came has used nothing for it."""
    return f"{max(0.0, found):.2f}" if found < 10 else f"{found:.1f}"


def _failed(failed: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {how}" for how, count in failed.items()) or "0"


def _confirmed(record: Record) -> str:
    checkout = record["journeys"]["checkout"]
    if not checkout.get("accepted_ms"):
        return ""
    accepted = ", ".join(f"{name} {value:.0f} ms" for name, value in checkout["accepted_ms"].items())
    return f"Of the checkouts to CONFIRMED, the 202 came after {accepted}."


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--take", type=Path, action="append", default=[], help="a report to make the page of")
    for file in asked.parse_args().take:
        KEPT.mkdir(exist_ok=True)
        shutil.copy(file, KEPT / f"{file.name.partition('-')[0]}.json")
    PAGE.write_text(written(PAGE.read_text()))


if __name__ == "__main__":
    main()
