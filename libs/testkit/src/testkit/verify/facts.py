"""What the stores, the provider and the mailbox hold, sorted by kind."""

import json
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx2

SOURCES = ("user", "product", "order", "payment", "notification", "psp", "mail", "phone", "broker")
DOOR = {"X-Mercato-Door": "verify"}

Fact = dict[str, Any]

TERMINAL = frozenset({"CONFIRMED", "SHIPPED", "DELIVERED", "REFUNDED", "CANCELLED"})
CONFIRMED = frozenset({"CONFIRMED", "SHIPPED", "DELIVERED", "REFUNDING", "REFUNDED"})
SOLD = CONFIRMED | {"COMMITTED"}


@dataclass(slots=True)
class Facts:
    """Facts by kind; each also knows which source it comes from. Indexes are made once, when first asked for."""

    by_kind: defaultdict[str, list[Fact]] = field(default_factory=lambda: defaultdict(list), repr=False)
    _indexes: dict[tuple[str, str], dict[str, list[Fact]]] = field(default_factory=dict, repr=False)

    def add(self, source: str, lines: Iterable[Fact]) -> None:
        self._indexes.clear()
        for line in _of_provider(lines) if source == "psp" else lines:
            self.by_kind[line["kind"]].append({**line, "source": source})

    def __getitem__(self, kind: str) -> list[Fact]:
        return self.by_kind[kind]

    @property
    def orders(self) -> dict[str, Fact]:
        return {id_: same[-1] for id_, same in self._by("order", "id").items()}

    def order(self, order_id: str) -> Fact | None:
        return next(iter(self._by("order", "id").get(order_id, ())), None)

    def hold_of(self, order_id: str) -> Fact | None:
        return next(iter(self._by("hold", "order_id").get(order_id, ())), None)

    def payment(self, payment_id: str) -> Fact | None:
        return next(iter(self._by("payment", "id").get(payment_id, ())), None)

    def payments_of(self, order_id: str) -> Sequence[Fact]:
        return self._by("payment", "order_id").get(order_id, [])

    @property
    def quiet(self) -> bool:
        """Nothing is under way: all messages have left and no order is between two states."""
        return (
            all(each["published"] for each in self["outbox"])
            and all(each["state"] in TERMINAL for each in self["order"])
            and not any(each["state"] == "QUEUED" for each in self["delivery"])
        )

    def _by(self, kind: str, key: str) -> dict[str, list[Fact]]:
        if (kind, key) not in self._indexes:
            made: dict[str, list[Fact]] = {}
            for fact in self[kind]:
                made.setdefault(fact[key], []).append(fact)
            self._indexes[kind, key] = made
        return self._indexes[kind, key]


async def fetch(url: str) -> Facts:
    """Everything, through the development door of a running shop, a line at a time."""
    facts = Facts()
    async with httpx2.AsyncClient(base_url=url, headers=DOOR, timeout=30) as client:
        for source in SOURCES:
            async with client.stream("GET", f"/dev/facts/{source}") as answer:
                answer.raise_for_status()
                facts.add(source, [json.loads(line) async for line in answer.aiter_lines() if line])
    return facts


async def gather(sources: dict[str, Callable[[], AsyncIterator[Fact]]]) -> Facts:
    """Everything, from services in this process."""
    facts = Facts()
    for source, tell in sources.items():
        facts.add(source, [line async for line in tell()])
    return facts


def _of_provider(lines: Iterable[Fact]) -> list[Fact]:
    """The provider's movements of money as intents and refunds, under names that are not ours.

    Whatever was captured counts, twice on one intent too, and without an authorisation too.
    """
    movements = list(lines)
    captured: Counter[str] = Counter()
    intents: dict[str, Fact] = {}
    for each in movements:
        if each["kind"] not in {"authorization", "capture"}:
            continue
        intent = intents.setdefault(
            each["intent_id"],
            {
                "kind": "psp_intent",
                "id": each["intent_id"],
                "order_id": each["order_id"],
                "status": "over",
                "amount": each["amount"],
                "currency": each["currency"],
            },
        )
        if each["kind"] == "capture":
            captured[each["intent_id"]] += each["amount"]
            intent["currency"] = each["currency"]
        elif each["open"]:
            intent["status"] = "requires_capture"
    refunds = [{**each, "kind": "psp_refund"} for each in movements if each["kind"] == "refund"]
    return [{**each, "captured": captured[each["id"]]} for each in intents.values()] + refunds
