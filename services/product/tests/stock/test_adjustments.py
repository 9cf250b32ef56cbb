"""Staff count, restock and take back: once per key, never below what is held, and never forgotten."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from chassis.idempotency import IdempotencyKeyReused
from product_service.domain.stock import (
    ADDED,
    MAX_ON_HAND,
    Entry,
    Movement,
    NotEnoughStock,
    QuantityNotAcceptable,
    SkuNotFound,
    StockLevel,
)
from product_service.use_cases.adjust_stock import Adjusted
from product_service.use_cases.queries import ShowStock

from .conftest import Warehouse

ADA = UUID(int=1)
BOB = UUID(int=3)


async def adjust(warehouse: Warehouse, quantity: int, **others: Any) -> Adjusted:
    asked = {"sku": "a", "entry": Entry.ADJUST, "reason": "counted", "by": ADA, "key": "key-0123456789abcdef"}
    return await warehouse.adjust(quantity=quantity, **{**asked, **others})


@pytest.mark.parametrize(
    ("entry", "quantity", "on_hand"),
    [(Entry.RESTOCK, 7, 12), (Entry.RETURN, 1, 6), (Entry.ADJUST, 2, 7), (Entry.ADJUST, -5, 0), (Entry.ADJUST, 0, 5)],
)
async def test_an_adjustment_moves_what_is_on_hand_and_is_remembered_with_its_reason(
    warehouse: Warehouse, entry: Entry, quantity: int, on_hand: int
) -> None:
    await warehouse.add("a", 5)

    done = await adjust(warehouse, quantity, entry=entry, reason="found behind the shelf")

    assert done == Adjusted(StockLevel("a", on_hand, 0), replayed=False)
    level, ledger = await ShowStock(warehouse.stock)("a")
    assert level == StockLevel("a", on_hand, 0)
    rows = [(row.entry, row.quantity, row.reason, row.level.on_hand) for _, row in ledger]
    assert rows == [(entry, quantity, "found behind the shelf", on_hand), (Entry.INITIAL, 5, "", 5)]
    assert await warehouse.violations() == []


async def test_the_same_request_again_is_answered_as_the_first_time_and_moves_nothing(warehouse: Warehouse) -> None:
    await warehouse.add("a", 5)
    await adjust(warehouse, 2)
    await adjust(warehouse, 10, key="another-key-of-ada")

    again = await adjust(warehouse, 2)

    assert again == Adjusted(StockLevel("a", 7, 0), replayed=True)
    assert await warehouse.levels() == {"a": (17, 0)}
    assert await warehouse.ledger() == [("a", "adjust", 2), ("a", "adjust", 10)]


@pytest.mark.parametrize(
    "other",
    [{"quantity": 3}, {"sku": "b"}, {"sku": "nobody-knows-me"}, {"entry": Entry.RETURN}, {"reason": "other"}],
    ids=lambda other: next(iter(other)),
)
async def test_another_request_with_the_same_key_is_refused(warehouse: Warehouse, other: dict[str, Any]) -> None:
    await warehouse.add("a", 5)
    await warehouse.add("b", 5)
    await adjust(warehouse, 2)

    with pytest.raises(IdempotencyKeyReused):
        await adjust(warehouse, **{"quantity": 2, **other})

    assert await warehouse.levels() == {"a": (7, 0), "b": (5, 0)}


async def test_a_key_belongs_to_the_person_who_made_it(warehouse: Warehouse) -> None:
    await warehouse.add("a", 5)

    await adjust(warehouse, 2)
    assert await adjust(warehouse, 2, by=BOB) == Adjusted(StockLevel("a", 9, 0), replayed=False)


async def test_what_is_held_cannot_be_taken_away(warehouse: Warehouse) -> None:
    await warehouse.add("a", 5)
    await warehouse.reserve(uuid4(), ("a", 3))

    with pytest.raises(NotEnoughStock) as refusal:
        await adjust(warehouse, -3)

    assert (refusal.value.on_hand, refusal.value.reserved) == (5, 3)
    assert await warehouse.levels() == {"a": (5, 3)}
    assert await warehouse.ledger() == []
    assert await adjust(warehouse, -2) == Adjusted(StockLevel("a", 3, 3), replayed=False)


@pytest.mark.parametrize(
    ("entry", "quantity"),
    [(Entry.RESTOCK, -1), (Entry.RESTOCK, 0), (Entry.RETURN, -1), (Entry.RETURN, 0), (Entry.ADJUST, MAX_ON_HAND)],
)
async def test_a_quantity_that_makes_no_sense_is_refused(warehouse: Warehouse, entry: Entry, quantity: int) -> None:
    await warehouse.add("a", 5)

    with pytest.raises(QuantityNotAcceptable):
        await adjust(warehouse, quantity, entry=entry)

    assert await warehouse.levels() == {"a": (5, 0)}
    assert await warehouse.ledger() == []


async def test_a_refused_request_leaves_its_key_unused(warehouse: Warehouse) -> None:
    await warehouse.add("a", 5)
    with pytest.raises(NotEnoughStock):
        await adjust(warehouse, -6)

    assert await adjust(warehouse, -5) == Adjusted(StockLevel("a", 0, 0), replayed=False)


async def test_a_sku_that_nobody_knows_cannot_be_adjusted_or_shown(warehouse: Warehouse) -> None:
    with pytest.raises(SkuNotFound):
        await adjust(warehouse, 1)
    with pytest.raises(SkuNotFound):
        await ShowStock(warehouse.stock)("a")


async def test_a_sku_shows_its_latest_fifty_reasons_newest_first(warehouse: Warehouse) -> None:
    await warehouse.add("a", 5)
    await warehouse.add("b", 5)
    for n in range(51):
        await adjust(warehouse, 1, entry=Entry.RESTOCK, key=f"delivery-number-{n}")

    level, ledger = await ShowStock(warehouse.stock)("a")

    assert level == StockLevel("a", 56, 0)
    assert [row.level.on_hand for _, row in ledger] == list(range(56, 6, -1))


async def test_stock_that_moved_without_a_row_in_the_ledger_breaks_the_first_invariant(warehouse: Warehouse) -> None:
    await warehouse.add("a", 5)
    await warehouse.add("b", 5)
    async with warehouse.stock.transaction() as tx:
        await tx.move_stock({"a": 2}, ADDED)

    assert await warehouse.stock.violations() == {"I1": 1, "I2": 0}


async def test_pieces_reserved_for_nobody_break_the_second_invariant(warehouse: Warehouse, order: UUID) -> None:
    await warehouse.add("a", 5)
    await warehouse.reserve(order, ("a", 2))
    assert await warehouse.stock.violations() == {"I1": 0, "I2": 0}

    async with warehouse.stock.transaction() as tx:
        await tx.move_stock({"a": 1}, Movement(on_hand=0, reserved=1))

    assert await warehouse.stock.violations() == {"I1": 0, "I2": 1}
