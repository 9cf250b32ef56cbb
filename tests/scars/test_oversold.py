"""Stock is one row, one lock, one statement, one constraint: nothing is sold that is not there."""

from collections import Counter
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from chassis.auth import Principal
from product_service.domain.stock import Entry
from testkit.evidence import Evidence

from tests.scars.size import TIMES
from tests.scars.warehouse import Warehouse, at_once

CLERK = Principal(uuid4(), uuid4(), frozenset({"admin"}))
HANDS = 50


async def test_two_lines_of_one_article_are_weighed_together(warehouse: Warehouse, evidence: Evidence) -> None:
    """S2, medusa#16502: each line was checked against stock from which the other had not been taken."""
    evidence("S2", trials=4 * TIMES, unit="orders")
    orders = {f"pair-{number}": [uuid4() for _ in range(4)] for number in range(TIMES)}
    for sku, rivals in orders.items():
        await warehouse.add(sku, 3)
        await at_once(*(partial(warehouse.reserve, order, (sku, 1), (sku, 1)) for order in rivals))

    states = await warehouse.states()
    ends = [Counter(states[order] for order in rivals) for rivals in orders.values()]
    assert ends == [{"HELD": 1, "REJECTED": 3}] * TIMES
    assert await warehouse.levels() == dict.fromkeys(orders, (3, 2))
    assert await warehouse.violations() == []


async def test_fifty_who_reserve_at_once_are_all_counted(warehouse: Warehouse, evidence: Evidence) -> None:
    """S3, medusa#16569: an update of what is reserved was lost, because the lock was in the layer above."""
    evidence("S3", trials=max(1, TIMES // 10) * HANDS, unit="reservations")
    rounds = max(1, TIMES // 10)
    for number in range(rounds):
        sku = f"many-{number}"
        await warehouse.add(sku, 1000)

        await at_once(*(partial(warehouse.reserve, uuid4(), (sku, 1)) for _ in range(HANDS)))

        assert (await warehouse.levels())[sku] == (1000, HANDS)
    assert await warehouse.violations() == []


async def test_two_buyers_of_one_unit_never_make_less_than_nothing(
    warehouse: Warehouse, product_database: Any, evidence: Evidence
) -> None:
    """S7, magento/inventory#3036: two buyers, one unit, and the saleable quantity was -1."""
    evidence("S7", trials=TIMES, unit="races")
    buyers = {f"single-{number}": (uuid4(), uuid4()) for number in range(TIMES)}
    for sku, pair in buyers.items():
        await warehouse.add(sku, 1)

        *_, seen = await at_once(
            *(partial(warehouse.reserve, buyer, (sku, 1)) for buyer in pair), partial(warehouse.stock.level, sku)
        )

        assert (seen.on_hand, seen.reserved) in ((1, 0), (1, 1))
    states = await warehouse.states()
    ends = [sorted(states[buyer] for buyer in pair) for pair in buyers.values()]
    assert ends == [["HELD", "REJECTED"]] * TIMES
    own = await asyncpg.connect(product_database.url.replace("+asyncpg", ""))
    with pytest.raises(asyncpg.CheckViolationError):
        await own.execute("UPDATE stock SET reserved = reserved + 1 WHERE sku = 'single-0'")
    await own.close()


async def test_deliveries_at_once_are_all_on_the_shelf(warehouse: Warehouse, evidence: Evidence) -> None:
    """S8, nopCommerce#8085: `Stock += n` read, added and wrote."""
    evidence("S8", trials=max(1, TIMES // 10) * HANDS, unit="deliveries")
    rounds = max(1, TIMES // 10)
    for number in range(rounds):
        sku = f"delivered-{number}"
        await warehouse.add(sku, 0)

        await at_once(
            *(
                partial(
                    warehouse.adjust,
                    sku=sku,
                    entry=Entry.RESTOCK,
                    quantity=2,
                    reason="a delivery",
                    by=CLERK,
                    key=f"delivery-{number}-{each}",
                )
                for each in range(HANDS)
            )
        )

        assert (await warehouse.levels())[sku] == (2 * HANDS, 0)
    assert await warehouse.violations() == []


async def test_who_wants_more_than_there_is_gets_nothing_rather_than_less(
    warehouse: Warehouse, evidence: Evidence
) -> None:
    """S12, dotnet/eShop: `min(wanted, available)` was shipped, and nobody was told."""
    evidence("S12", trials=TIMES, unit="races")
    orders: dict[UUID, str] = {}
    for number in range(TIMES):
        sku, greedy, modest = f"short-{number}", uuid4(), uuid4()
        await warehouse.add(sku, 3)

        await at_once(partial(warehouse.reserve, greedy, (sku, 5)), partial(warehouse.reserve, modest, (sku, 3)))
        await warehouse.commit(modest)
        orders[greedy], orders[modest] = "REJECTED", "COMMITTED"

    assert await warehouse.states() == orders
    assert set((await warehouse.levels()).values()) == {(0, 0)}
    assert await warehouse.violations() == []


async def test_a_sale_that_is_delivered_again_and_again_is_one_sale(warehouse: Warehouse, evidence: Evidence) -> None:
    """S12, dotnet/eShop: nobody recognised a repeat, and a redelivery took the goods off twice."""
    evidence("S12", trials=TIMES, unit="sales")
    for number in range(TIMES):
        sku, order = f"again-{number}", uuid4()
        await warehouse.add(sku, 10)
        await warehouse.reserve(order, (sku, 2))

        await at_once(*[partial(warehouse.commit, order)] * 5)

    assert set((await warehouse.levels()).values()) == {(8, 0)}
    said = Counter(each.type for each in await warehouse.envelopes())
    assert said == {"StockReserved.v1": TIMES, "StockCommitted.v1": 5 * TIMES}
    assert await warehouse.violations() == []
