"""Goods that come back with a refund, on the twin in memory and on PostgreSQL."""

import asyncio
from uuid import UUID, uuid4

import pytest
from product_service.domain.stock import NothingToReturn

from .conftest import Warehouse

LINES = [("a", 2), ("b", 1)]
SOLD = [("a", "sale", -2), ("b", "sale", -1)]


@pytest.fixture
async def sold(warehouse: Warehouse, order: UUID) -> UUID:
    """An order that was sold 2 of "a" and 1 of "b", of five each."""
    await warehouse.add("a", 5)
    await warehouse.add("b", 5)
    await warehouse.reserve(order, *LINES)
    await warehouse.commit(order)
    return order


async def test_goods_that_come_back_are_on_the_shelf_and_in_the_ledger(warehouse: Warehouse, sold: UUID) -> None:
    said = await warehouse.said(sold)

    await warehouse.take_back(sold, uuid4(), ("a", 1), ("b", 1))

    assert await warehouse.levels() == {"a": (4, 0), "b": (5, 0)}
    assert await warehouse.ledger() == [("a", "return", 1), ("a", "sale", -2), ("b", "return", 1), ("b", "sale", -1)]
    assert await warehouse.states() == {sold: "COMMITTED"}
    assert await warehouse.said(sold) == said, "nobody waits for an answer"
    assert await warehouse.violations() == []


async def test_a_refund_brings_its_goods_back_once(warehouse: Warehouse, sold: UUID) -> None:
    refund = uuid4()
    for _ in range(3):
        await warehouse.take_back(sold, refund, ("a", 1))

    assert await warehouse.levels() == {"a": (4, 0), "b": (4, 0)}


async def test_ten_at_once_bring_it_back_once(warehouse: Warehouse, sold: UUID) -> None:
    refund = uuid4()

    await asyncio.gather(*(warehouse.take_back(sold, refund, ("a", 1), ("b", 1)) for _ in range(10)))

    assert await warehouse.levels() == {"a": (4, 0), "b": (5, 0)}
    assert await warehouse.violations() == []


async def test_two_refunds_of_one_order_bring_back_theirs(warehouse: Warehouse, sold: UUID) -> None:
    await warehouse.take_back(sold, uuid4(), ("a", 1))
    await warehouse.take_back(sold, uuid4(), ("a", 1))

    assert await warehouse.levels() == {"a": (5, 0), "b": (4, 0)}
    assert await warehouse.ledger() == [("a", "return", 1), ("a", "return", 1), *SOLD]


async def test_lines_of_one_sku_are_added_up(warehouse: Warehouse, sold: UUID) -> None:
    await warehouse.take_back(sold, uuid4(), ("a", 1), ("a", 1))

    assert await warehouse.ledger() == [("a", "return", 2), *SOLD]


@pytest.mark.parametrize("lines", [[("a", 3)], [("c", 1)], [("a", 1), ("b", 2)]])
async def test_what_was_not_sold_to_this_order_does_not_come_back(
    warehouse: Warehouse, sold: UUID, lines: list[tuple[str, int]]
) -> None:
    with pytest.raises(NothingToReturn):
        await warehouse.take_back(sold, uuid4(), *lines)

    assert await warehouse.ledger() == SOLD
    assert await warehouse.levels() == {"a": (3, 0), "b": (4, 0)}


async def test_what_is_only_held_or_was_given_back_does_not_come_back(warehouse: Warehouse, order: UUID) -> None:
    await warehouse.add("a", 5)
    await warehouse.reserve(order, ("a", 1))
    with pytest.raises(NothingToReturn):
        await warehouse.take_back(order, uuid4(), ("a", 1))
    await warehouse.commit(order)
    await warehouse.release(order)

    with pytest.raises(NothingToReturn):
        await warehouse.take_back(order, uuid4(), ("a", 1))

    assert await warehouse.levels() == {"a": (5, 0)}


async def test_an_order_that_we_do_not_know_has_nothing_to_return(warehouse: Warehouse, order: UUID) -> None:
    await warehouse.add("a", 5)

    with pytest.raises(NothingToReturn):
        await warehouse.take_back(order, uuid4(), ("a", 1))
