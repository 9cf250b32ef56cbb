"""How it must end: nothing under way any more, and everybody with what is due to them."""

import asyncio
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Self

from testkit.verify.facts import TERMINAL, Fact, Facts
from testkit.verify.invariants import assert_holds

from tests.faults.shop.crowd import Crowd, Promise
from tests.faults.shop.listening import waiting
from tests.faults.shop.looks import Patience, nothing_open, nothing_to_mail
from tests.faults.shop.street import Street

NEWS = re.compile(r"(M-\w{4}-\w{4}) is (confirmed|cancelled)")


async def at_rest(street: Street) -> Facts:
    """The facts once nothing is under way; fails when that takes too long."""
    await nothing_open(street)
    # The mail server is in this process, which reads all facts in one go: whoever sends should not wait for that.
    await nothing_to_mail(street)
    patience = Patience()
    while True:
        # Asked first: what lies in a queue is in no store yet, and a broker that was told everything again has much.
        messages = await waiting(street)
        facts = await street.facts()
        if not messages and facts.quiet and not street.world.psp.pending_webhooks():
            return facts
        unfinished = _unfinished(facts)
        shown = ", ".join(f"{what} {each[:10]}" for what, each in unfinished.items())
        left = messages + sum(map(len, unfinished.values())) + street.world.psp.pending_webhooks()
        patience.while_left(left, f"things are under way: {messages} messages in queues, {shown}")
        await asyncio.sleep(0.3)


async def ends_well(
    crowd: Crowd,
    promises: Iterable[Promise],
    *,
    short: Mapping[str, int] | None = None,
    excused: Iterable[str] = (),
    resends: int = 0,
) -> dict[str, int]:
    """Wait for rest, then hold the shop to the invariants and to each promise; how often each end occurred.

    `short` says of which SKUs there were how many: so many buyers with a good card get one, the others none.
    `resends` mails may have come twice, under one Message-ID: taken by the mail server, and not written down any more.
    `excused` are errors in the logs that belong to the fault of this test; any other fails it.
    """
    facts = await at_rest(crowd.street)
    crowd.resends += resends
    assert_holds(facts, crowd.journal, resends=crowd.resends)
    complaints = crowd.street.complaints(crowd.marks, excused=excused)
    assert not complaints, "\n".join(complaints[:20])
    truth, orders = Truth.of(facts), facts.orders
    short = dict(short or {})
    ends: Counter[str] = Counter()
    for promise in promises:
        order = orders[promise.order_id]
        end = truth.end(order, promise)
        ends[end] += 1
        if promise.wish.sku in short:
            assert end in {"CONFIRMED", "OUT_OF_STOCK"}, f"{order['number']} ended {end}"
            short[promise.wish.sku] -= end == "CONFIRMED"
        else:
            due = {"good": "CONFIRMED", "declined": "PAYMENT_DECLINED"}[promise.wish.card]
            assert end == due, f"{order['number']} ended {end}, not {due}"
    assert not any(short.values()), f"pieces not sold, or sold too often: {short}"
    return ends


async def ends_as(
    crowd: Crowd, ends: Mapping[str, str], *, excused: Iterable[str] = (), resends: int = 0
) -> Counter[str]:
    """Wait for rest, then hold the shop to the invariants, and each of these orders to the one end that is right.

    For orders that somebody cancels or sends back: an end is a state, or why it was cancelled. `excused` and `resends`
    as above.
    """
    facts = await at_rest(crowd.street)
    crowd.resends += resends
    assert_holds(facts, crowd.journal, resends=crowd.resends)
    complaints = crowd.street.complaints(crowd.marks, excused=excused)
    assert not complaints, "\n".join(complaints[:20])
    orders = facts.orders
    found = {id_: orders[id_]["cancel_reason"] or orders[id_]["state"] for id_ in ends}
    wrong = {id_: f"{found[id_]}, not {end}" for id_, end in ends.items() if found[id_] != end}
    assert not wrong, wrong
    return Counter(found.values())


@dataclass
class Truth:
    """What really happened outside: intents at the provider by order, Message-IDs in the mailbox by number and news."""

    intents: dict[str, list[Fact]]
    mails: dict[tuple[str, str], set[str]]

    @classmethod
    def of(cls, facts: Facts) -> Self:
        truth = cls(defaultdict(list), defaultdict(set))
        for intent in facts["psp_intent"]:
            truth.intents[intent["order_id"]].append(intent)
        for mail in facts["mail"]:
            if news := NEWS.search(mail["subject"]):
                truth.mails[news[1], news[2]].add(mail["message_id"])
        return truth

    def end(self, order: Fact, promise: Promise) -> str:
        """The order's end, with money and mail as they must be."""
        number, intents = order["number"], self.intents[promise.order_id]
        captures = [each["captured"] for each in intents if each["captured"]]
        mails = [len(self.mails[number, what]) for what in ("confirmed", "cancelled")]
        if order["state"] == "CONFIRMED":
            assert captures == [promise.total], f"{number} is confirmed, captured at the provider: {captures}"
            assert mails == [1, 0], f"{number} is confirmed, mails that confirm and cancel: {mails}"
            return "CONFIRMED"
        assert order["state"] == "CANCELLED", f"{number} is {order['state']}"
        assert not captures, f"{number} is cancelled, captured at the provider: {captures}"
        assert all(each["status"] == "over" for each in intents), f"{number} is cancelled and still authorised"
        assert mails == [0, 1], f"{number} is cancelled, mails that confirm and cancel: {mails}"
        return order["cancel_reason"]


def _unfinished(facts: Facts) -> dict[str, list[str]]:
    """What is still under way, for whoever reads the failure."""
    return {
        "orders": [
            f"{each['number']} {each['state']} since {each['history'][-1]['at']}"
            for each in facts["order"]
            if each["state"] not in TERMINAL
        ],
        "messages": [f"{each['source']} {each['type']}" for each in facts["outbox"] if not each["published"]],
        "mails": [f"{each['type']} {each['state']}" for each in facts["delivery"] if each["state"] == "QUEUED"],
    }
