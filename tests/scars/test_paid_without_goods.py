"""The goods are gone while the customer's bank is being asked: nobody is charged for them."""

import asyncio
from collections import Counter
from uuid import uuid4

from chassis.auth import Principal
from product_service.domain.stock import Entry
from testkit.evidence import Evidence

from tests.scars.buyers import Buyer
from tests.scars.opening import Stores, open_houses
from tests.scars.size import PATIENCE_SECONDS, PAUSE_SECONDS, TIMES

CLERK = Principal(uuid4(), uuid4(), frozenset({"admin"}))


async def test_money_is_taken_only_for_goods_that_are_set_aside(stores: Stores, evidence: Evidence) -> None:
    """S9, nextjs-starter-medusa#453: paid, then the check of the stock failed."""
    evidence("S9", trials=TIMES, unit="orders")
    async with open_houses(stores, hold_ttl="PT1S") as houses:
        await houses.put_on_shelf("FLEETING", TIMES)
        buyers = [await Buyer.of(houses) for _ in range(TIMES)]
        choices = [await buyer.choose("FLEETING") for buyer in buyers]
        houses.provider.road.open.clear()
        for buyer, choice in zip(buyers, choices, strict=True):
            assert (await buyer.order(choice)).status_code == 202
        async with asyncio.timeout(PATIENCE_SECONDS):
            while [each["state"] for each in (await houses.facts())["hold"]] != ["EXPIRED"] * TIMES:
                await asyncio.sleep(PAUSE_SECONDS)

        await houses.product.adjust_stock(
            sku="FLEETING", entry=Entry.ADJUST, quantity=-TIMES, reason="stolen", by=CLERK, key="the-one-count"
        )
        houses.provider.road.open.set()
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not (await houses.facts()).quiet:
                assert houses.provider.captures() == {}
                await asyncio.sleep(PAUSE_SECONDS)
        facts = await houses.at_rest()

    ends = Counter((each["state"], each["cancel_reason"]) for each in facts["order"])
    assert ends == {("CANCELLED", "OUT_OF_STOCK"): TIMES}
    assert houses.provider.captures() == {}
    assert {each["state"] for each in facts["payment"]} == {"VOIDED"}
