"""What the stores, the provider and the mailbox hold, sorted by kind."""

import json
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import httpx2

SOURCES = ("user", "product", "order", "payment", "notification", "psp", "mail", "broker")
DOOR = {"X-Mercato-Door": "verify"}

Fact = dict[str, Any]

TERMINAL = frozenset({"CONFIRMED", "SHIPPED", "DELIVERED", "REFUNDED", "CANCELLED"})
CONFIRMED = frozenset({"CONFIRMED", "SHIPPED", "DELIVERED", "REFUNDING", "REFUNDED"})
SOLD = CONFIRMED | {"COMMITTED"}


@dataclass(slots=True)
class Facts:
    """Facts by kind; `outbox` and `inbox` lines also know which service they come from."""

    by_kind: defaultdict[str, list[Fact]] = field(default_factory=lambda: defaultdict(list))

    def add(self, source: str, lines: Iterable[Fact]) -> None:
        for line in _of_provider(lines) if source == "psp" else lines:
            self.by_kind[line["kind"]].append({**line, "source": source})

    def __getitem__(self, kind: str) -> list[Fact]:
        return self.by_kind[kind]

    @property
    def orders(self) -> dict[str, Fact]:
        return {each["id"]: each for each in self["order"]}

    @property
    def holds(self) -> dict[str, Fact]:
        return {each["order_id"]: each for each in self["hold"]}

    def payments_of(self, order_id: str) -> list[Fact]:
        return [each for each in self["payment"] if each["order_id"] == order_id]

    @property
    def quiet(self) -> bool:
        """Nothing is under way: all messages have left and no order is between two states."""
        return (
            all(each["published"] for each in self["outbox"])
            and all(each["state"] in TERMINAL for each in self["order"])
            and not any(each["state"] == "QUEUED" for each in self["delivery"])
        )


async def fetch(url: str) -> Facts:
    """Everything, through the development door of a running shop."""
    facts = Facts()
    async with httpx2.AsyncClient(base_url=url, headers=DOOR, timeout=30) as client:
        for source in SOURCES:
            answer = await client.get(f"/dev/facts/{source}")
            answer.raise_for_status()
            facts.add(source, (json.loads(line) for line in answer.text.splitlines() if line))
    return facts


async def gather(sources: dict[str, Callable[[], AsyncIterator[Fact]]]) -> Facts:
    """Everything, from services in this process."""
    facts = Facts()
    for source, tell in sources.items():
        facts.add(source, [line async for line in tell()])
    return facts


def _of_provider(lines: Iterable[Fact]) -> list[Fact]:
    """The provider's movements of money as intents and refunds, under names that are not ours."""
    movements = list(lines)
    captured = {each["intent_id"]: each["amount"] for each in movements if each["kind"] == "capture"}
    intents = [
        {
            "kind": "psp_intent",
            "id": each["intent_id"],
            "order_id": each["order_id"],
            "status": "requires_capture" if each["open"] else "over",
            "amount": each["amount"],
            "currency": each["currency"],
            "captured": captured.get(each["intent_id"], 0),
        }
        for each in movements
        if each["kind"] == "authorization"
    ]
    refunds = [{**each, "kind": "psp_refund"} for each in movements if each["kind"] == "refund"]
    others = [each for each in movements if each["kind"] not in {"authorization", "capture", "refund"}]
    return intents + refunds + others
