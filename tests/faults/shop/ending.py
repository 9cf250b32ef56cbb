"""How it must end: nothing under way any more, and everybody with what is due to them."""

import asyncio
import time
from collections.abc import Iterable, Mapping

from testkit.verify.facts import Fact, Facts
from testkit.verify.invariants import assert_holds

from tests.faults.shop.crowd import Crowd, Promise
from tests.faults.shop.looks import open_orders
from tests.faults.shop.street import Street

QUIET_SECONDS = 90


async def at_rest(street: Street) -> Facts:
    """The facts once nothing is under way; fails when that takes too long."""
    deadline = time.monotonic() + QUIET_SECONDS
    while await open_orders(street):
        assert time.monotonic() < deadline, f"open after {QUIET_SECONDS} s: {_unfinished(await street.facts())}"
        await asyncio.sleep(0.2)
    while True:
        facts = await street.facts()
        if facts.quiet and not street.world.psp.pending_webhooks():
            return facts
        assert time.monotonic() < deadline, f"not at rest after {QUIET_SECONDS} s: {_unfinished(facts)}"
        await asyncio.sleep(0.3)


async def ends_well(
    crowd: Crowd,
    promises: Iterable[Promise],
    *,
    short: Mapping[str, int] | None = None,
    excused: Iterable[str] = (),
) -> dict[str, int]:
    """Wait for rest, then hold the shop to the invariants and to each promise; how often each end occurred.

    `short` says of which SKUs there were how many: so many buyers with a good card get one, the others none.
    `excused` are errors in the logs that belong to the fault of this test; any other fails it.
    """
    facts = await at_rest(crowd.street)
    assert_holds(facts, crowd.journal)
    complaints = crowd.street.complaints(crowd.marks, excused=excused)
    assert not complaints, "\n".join(complaints[:20])
    short = dict(short or {})
    ends: dict[str, int] = {}
    for promise in promises:
        order = facts.orders[promise.order_id]
        end = _end(facts, order, promise)
        ends[end] = ends.get(end, 0) + 1
        if promise.wish.sku in short:
            assert end in {"CONFIRMED", "OUT_OF_STOCK"}, f"{order['number']} ended {end}"
            short[promise.wish.sku] -= end == "CONFIRMED"
        else:
            due = {"good": "CONFIRMED", "declined": "PAYMENT_DECLINED"}[promise.wish.card]
            assert end == due, f"{order['number']} ended {end}, not {due}"
    assert not any(short.values()), f"pieces not sold, or sold too often: {short}"
    return ends


def _end(facts: Facts, order: Fact, promise: Promise) -> str:
    """The order's end, with money and mail as they must be."""
    number = order["number"]
    intents = [each for each in facts["psp_intent"] if each["order_id"] == promise.order_id]
    captures = [each["captured"] for each in intents if each["captured"]]
    confirmations = {each["message_id"] for each in _mails(facts, number, "is confirmed")}
    cancellations = {each["message_id"] for each in _mails(facts, number, "is cancelled")}
    if order["state"] == "CONFIRMED":
        assert captures == [promise.total], f"{number} is confirmed, captured at the provider: {captures}"
        assert (len(confirmations), len(cancellations)) == (1, 0), f"{number}: {confirmations} {cancellations}"
        return "CONFIRMED"
    assert order["state"] == "CANCELLED", f"{number} is {order['state']}"
    assert not captures, f"{number} is cancelled, captured at the provider: {captures}"
    assert not [each for each in intents if each["status"] != "over"], f"{number} is still authorised"
    assert (len(confirmations), len(cancellations)) == (0, 1), f"{number}: {confirmations} {cancellations}"
    return order["cancel_reason"]


def _mails(facts: Facts, number: str, what: str) -> list[Fact]:
    return [each for each in facts["mail"] if number in each["subject"] and what in each["subject"]]


def _unfinished(facts: Facts) -> str:
    """What is still under way, for whoever reads the failure."""
    orders = [
        f"{each['number']} {each['state']} since {each['history'][-1]['at']}"
        for each in facts["order"]
        if each["state"] not in {"CONFIRMED", "CANCELLED"}
    ]
    unsent = [f"{each['source']} {each['type']}" for each in facts["outbox"] if not each["published"]]
    unmailed = [f"{each['type']} {each['state']}" for each in facts["delivery"] if each["state"] == "QUEUED"]
    return f"orders {orders[:10]}, messages {unsent[:10]}, mails {unmailed[:10]}"
