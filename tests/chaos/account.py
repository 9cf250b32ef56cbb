"""The account of a day, as Jepsen gives it: what was acknowledged, and what of it is lost, doubled or never ends."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from testkit.verify.facts import TERMINAL, Fact, Facts
from testkit.verify.invariants import check

from tests.chaos.nemesis import Nemesis
from tests.chaos.shoppers import Market
from tests.faults.shop.crowd import Promise
from tests.load.arrivals import Outcome, quantiles

COUNTS = ("lost", "duplicated", "oversold", "double-captured", "non-terminal", "unexpected", "500s")
BROKEN = frozenset({500, 502})
MEANINGS: Mapping[str, Sequence[str]] = {
    "lost": ("I9",),
    "duplicated": ("I10",),
    "oversold": ("I1", "I2", "I3"),
    "non-terminal": ("I7",),
}
"""Which invariants speak of what; all others are unexpected."""


def _nothing() -> dict[str, list[str]]:
    return {each: [] for each in COUNTS}


@dataclass
class Account:
    """`found` has all that went wrong, by what it is (`COUNTS`); nothing may be in it."""

    market: Market
    outcomes: Sequence[Outcome]
    found: dict[str, list[str]] = field(default_factory=_nothing)

    @property
    def holds(self) -> bool:
        return not any(self.found.values())

    def take(self, facts: Facts, *, resends: int, complaints: Sequence[str]) -> None:
        """All that the stores and the world outside hold against what customers were told."""
        journal = self.market.crowd.journal
        meant = {invariant: meaning for meaning, several in MEANINGS.items() for invariant in several}
        for name, violations in check(facts, journal, resends=resends).items():
            self.found[meant.get(name, "unexpected")] += [f"{name}: {each}" for each in violations]
        self.found["double-captured"] += _double_captured(facts)
        self.found["non-terminal"] += _under_way(facts)
        self.found["unexpected"] += [*self._wrong_ends(facts), *complaints]
        asked = [each for each in journal.answers if each["status"] in BROKEN]
        self.found["500s"] += [f"{each['method']} {each['path']}: {each['status']}" for each in asked]

    def lines(self, facts: Facts, nemesis: Nemesis) -> Iterator[str]:
        """For people."""
        struck = nemesis.struck
        market, count = self.market, len(self.outcomes)
        done = [each for each in self.outcomes if each.done]
        answered = Counter(each["status"] for each in market.crowd.journal.asked_for_orders())
        refused = Counter(each.ended for each in self.outcomes if not each.done)
        ends = Counter(_end(facts.orders[each.order_id]) for each in market.promises if each.order_id in facts.orders)
        yield f"checkouts {count}, acknowledged {len(market.promises)}, refused {dict(refused) or 0}"
        yield f"answers, repeats included: {dict(answered)}; {len(market.crowd.journal.unanswered)} unheard"
        yield ", ".join(f"{what} {len(self.found[what])}" for what in COUNTS)
        yield (
            f"availability {len(done) / count:.2%}; with nothing asked twice {market.at_first / count:.2%}; "
            f"from the wish to the word, in ms: {quantiles([each.took for each in done])}"
        )
        yield f"ends {dict(ends)}; customers {dict(market.deeds)}"
        yield f"{struck.total()} faults: {dict(sorted(struck.items()))}; {nemesis.unmet} of links met nobody"

    def _wrong_ends(self, facts: Facts) -> Iterator[str]:
        """Each acknowledged order has an end that something has led to."""
        for promise in self.market.promises:
            order = facts.orders.get(promise.order_id)
            if order is None or order["state"] not in TERMINAL or promise.order_id in self.market.unheard_of:
                continue
            if _end(order) not in self._due(promise):
                yield f"{order['number']} ended {_end(order)}, wanted was {promise.wish}"

    def _due(self, promise: Promise) -> set[str]:
        """A card that is good may be let down by its bank on such a day; a wish that runs short may be fulfilled."""
        if promise.order_id in self.market.changed_mind:
            # Cancelled before it was known what else would have become of it, or after.
            return {"CUSTOMER", "PAYMENT_DECLINED", "OUT_OF_STOCK"}
        if promise.wish.card == "declined":
            return {"PAYMENT_DECLINED"}
        short = {"OUT_OF_STOCK"} if promise.wish.sku in self.market.short else set()
        let_down = {"PAYMENT_DECLINED"} if self.market.banks_let_down else set()
        back = {"REFUNDED"} if promise.order_id in self.market.sent_back else set()
        return {"CONFIRMED"} | short | let_down | back


def _end(order: Fact) -> str:
    return order["cancel_reason"] or order["state"]


def _double_captured(facts: Facts) -> Iterator[str]:
    """By the provider's own books: one capture an order, of its total and no more."""
    captured: defaultdict[str, list[int]] = defaultdict(list)
    for intent in facts["psp_intent"]:
        if intent["captured"]:
            captured[intent["order_id"]].append(intent["captured"])
    for order_id, amounts in captured.items():
        order = facts.orders.get(order_id)
        if order is None or amounts != [order["total"]]:
            yield f"{order_id}: captured {amounts} of {order and order['total']}"


def _under_way(facts: Facts) -> Iterator[str]:
    for order in facts["order"]:
        if order["state"] not in TERMINAL:
            yield f"{order['number']} is {order['state']} since {order['history'][-1]['at']}"
