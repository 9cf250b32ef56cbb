"""Invariants of goods: I1 to I3."""

from collections import Counter
from collections.abc import Iterator

from testkit.verify.facts import SOLD, Facts

SUPPLIES = frozenset({"initial", "restock", "adjust", "return"})
SALES = frozenset({"sale", "uncommit"})


def stock_is_the_sum_of_its_ledger(facts: Facts) -> Iterator[str]:
    """I1: on_hand is the sum of all ledger rows, and sales less returns are what holds have committed."""
    on_hand = {level["sku"]: level["on_hand"] for level in facts["stock"]}
    ledger: Counter[str] = Counter()
    sold: Counter[str] = Counter()
    for row in facts["stock_ledger"]:
        ledger[row["sku"]] += row["quantity"]
        if row["entry"] in SALES:
            sold[row["sku"]] -= row["quantity"]
    committed = _held(facts, "COMMITTED")
    for sku in sorted(on_hand.keys() | ledger.keys() | committed.keys()):
        if on_hand.get(sku) != ledger[sku]:
            yield f"{sku}: on_hand {on_hand.get(sku)}, ledger says {ledger[sku]}"
        if sold[sku] != committed[sku]:
            yield f"{sku}: ledger says {sold[sku]} sold, holds say {committed[sku]}"


def reserved_is_the_sum_of_holds(facts: Facts) -> Iterator[str]:
    """I2: reserved is what holds hold, and never more than there is."""
    levels = {level["sku"]: level for level in facts["stock"]}
    held = _held(facts, "HELD")
    for sku in sorted(levels.keys() | held.keys()):
        level = levels.get(sku, {"reserved": 0, "on_hand": 0})
        if level["reserved"] != held[sku]:
            yield f"{sku}: reserved {level['reserved']}, holds say {held[sku]}"
        if not 0 <= level["reserved"] <= level["on_hand"]:
            yield f"{sku}: reserved {level['reserved']} of {level['on_hand']}"


def nothing_is_oversold(facts: Facts) -> Iterator[str]:
    """I3: what orders have bought is what holds have committed, never more than there was; returns come in once."""
    bought: Counter[str] = Counter()
    for order in facts["order"]:
        if order["state"] in SOLD:
            for line in order["lines"]:
                bought[line["sku"]] += line["quantity"]
    committed = _held(facts, "COMMITTED")
    supplied: Counter[str] = Counter()
    for row in facts["stock_ledger"]:
        if row["entry"] in SUPPLIES:
            supplied[row["sku"]] += row["quantity"]
    for sku in sorted(bought.keys() | committed.keys()):
        if bought[sku] != committed[sku]:
            yield f"{sku}: orders bought {bought[sku]}, holds committed {committed[sku]}"
        if bought[sku] > supplied[sku]:
            yield f"{sku}: sold {bought[sku]} of {supplied[sku]}"
    yield from _returned_once(facts)


def _returned_once(facts: Facts) -> Iterator[str]:
    """Each refund that is through has brought back what was decided on it, and nothing else came back by a refund."""
    decided = Counter(
        {
            (f"refund:{refund['id']}", piece["sku"]): piece["quantity"]
            for order in facts["order"]
            for refund in order["refunds"]
            if refund["outcome"] == "DONE"
            for piece in refund["restock"]
        }
    )
    came: Counter[tuple[str, str]] = Counter()
    for row in facts["stock_ledger"]:
        if row["ref"].startswith("refund:"):
            came[row["ref"], row["sku"]] += row["quantity"]
    for ref, sku in sorted(decided.keys() | came.keys()):
        if decided[ref, sku] != came[ref, sku]:
            yield f"{ref} was to bring back {decided[ref, sku]} of {sku}, {came[ref, sku]} came"


def _held(facts: Facts, state: str) -> Counter[str]:
    held: Counter[str] = Counter()
    for hold in facts["hold"]:
        if hold["state"] == state:
            for line in hold["lines"]:
                held[line["sku"]] += line["quantity"]
    return held
