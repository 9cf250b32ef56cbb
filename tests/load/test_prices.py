"""How the price of a guarantee is worked out of windows with it and without it, and when nothing is claimed."""

import json
from typing import Any

from tests.load.cells import ms
from tests.load.guarantees import CHECKOUT, GUARANTEES, NOTHING, PROFILE, WITH, WITHOUT, YARDSTICK
from tests.load.price_table import Figure, at_rest, cpu_of, figure, prices, weighed
from tests.load.pricing import GROUPS
from tests.load.report import KEPT

ARGON2 = next(each for each in GUARANTEES if each.name == "argon2")


def window(
    side: str, ours: float, *, rest: float = 0.0, p50: float = 20.0, done: int = 10, **told: Any
) -> dict[str, Any]:
    """Ten seconds, in which `rest` is what the other side used, to which nobody came."""
    nobody = dict.fromkeys(GROUPS, 0.0)
    return {
        "journey": PROFILE,
        "side": side,
        "load": 1.0,
        "seconds": 10.0,
        "came": 10,
        "done": done,
        "ms": {"p50": p50},
        "cpu": {**nobody, "ours": ours},
        "other_at_rest": {"seconds": 10.0, "cpu": {**nobody, "ours": rest}},
        **told,
    }


def row(name: str, *windows: dict[str, Any]) -> dict[str, Any]:
    return {"guarantee": name, "windows": list(windows)}


def run(*rows: dict[str, Any]) -> dict[str, Any]:
    told = {"asked": {"rate": 1, "seconds": 1, "seed": 1}, "machine": {"cores": 2, "processor": "some"}, "versions": {}}
    when = {"date": "now", "commit": "abc", "changed_since": False, "idle_priority": False}
    return {"circumstances": {**told, **when}, "rows": list(rows)}


def test_what_a_side_uses_when_nobody_comes_is_seen_while_people_come_to_the_other() -> None:
    seen = row("any", window(WITH, 1.2, rest=0.5), window(WITHOUT, 1.0, rest=0.2))

    assert at_rest(seen["windows"], WITH)["ours"] == 0.02
    found = figure(seen, PROFILE, cpu_of(["ours"]))
    assert found is not None
    assert {side: [round(each, 6) for each in values] for side, values in found.of.items()} == {
        WITH: [100.0],
        WITHOUT: [50.0],
    }


def test_a_difference_is_a_price_only_where_it_is_larger_than_between_equal_windows() -> None:
    clear, blurred = Figure({WITH: [50, 54], WITHOUT: [30, 31]}), Figure({WITH: [50, 54], WITHOUT: [50, 51]})

    assert clear.told(None, ms) == "52 → 30, **22** ± 4.0"
    assert blurred.told(None, ms) == "52 → 50, within 4.0"


def test_what_was_cheaper_with_it_has_a_price_below_nothing() -> None:
    assert Figure({WITH: [30, 31], WITHOUT: [50, 52]}).told(None, ms) == "30 → 51, **-20** ± 2.0"


def test_two_rungs_that_are_equal_say_how_much_means_nothing() -> None:
    clear, equal = Figure({WITH: [50, 54], WITHOUT: [30, 31]}), Figure({WITH: [50, 60], WITHOUT: [70, 75]})

    assert clear.told(equal, ms) == "52 → 30, within 25"


def test_a_row_names_what_is_gone_and_the_test_that_misses_it() -> None:
    nobody_served = row("argon2", window(WITH, 5.0), window(WITHOUT, 1.0, done=0))
    record = {"runs": [run(row(NOTHING, window(WITH, 1.0), window(WITHOUT, 1.0)), nobody_served)]}

    _, _, equal, argon2, _, below, _, missing = prices(record)

    assert equal.startswith("| nothing: both are equal | one's own profile | 100.0 → 100.0, within 0.00 |")
    assert ARGON2.gone in argon2
    assert ARGON2.breaks.partition("::")[2] in argon2
    assert "one's own profile |  |  |  | 20 → 20, within 0.0 |  |" in argon2, (
        "nothing is told of a side that served nobody"
    )
    assert below.startswith("Of 40 journeys 30 ended well.")
    assert missing.startswith("Not measured: ")
    assert "traces" in missing
    assert "argon2" not in missing


def test_what_was_measured_again_counts_once_as_it_was_last() -> None:
    first = run(
        row("traces", window(WITH, 5.0), window(WITHOUT, 4.0)), row("argon2", window(WITH, 9.0), window(WITHOUT, 4.0))
    )
    again = run(row("traces", window(WITH, 7.0), window(WITHOUT, 6.0)))

    lines = [line for line in prices({"runs": [first, again]}) if line.startswith("| **")]

    assert ["argon2" in line for line in lines] == [True, False]
    assert "700.0 → 600.0" in lines[1]


def test_a_checkout_while_cpu_is_dear_is_weighed_by_what_others_paid_for_the_same() -> None:
    def checkout(side: str, *, ours: float, provider: float) -> dict[str, Any]:
        cpu = {**dict.fromkeys(GROUPS, 0.0), "ours": ours, YARDSTICK: provider}
        return window(side, 0.0, journey=CHECKOUT, cpu=cpu)

    cheap, dear = checkout(WITH, ours=1.0, provider=0.1), checkout(WITHOUT, ours=3.0, provider=0.3)

    (seen,) = weighed([row("any", cheap, dear)])

    found = figure(seen, CHECKOUT, cpu_of(["ours"]))
    assert found is not None
    assert {side: [round(each, 6) for each in values] for side, values in found.of.items()} == {
        WITH: [200.0],
        WITHOUT: [200.0],
    }


def test_every_guarantee_has_been_priced() -> None:
    kept = json.loads((KEPT / "prices.json").read_text())

    priced = {row["guarantee"] for run in kept["runs"] for row in run["rows"]}

    assert {each.name for each in GUARANTEES} <= priced, "`make prices`, and `make performance TAKE=…`"
