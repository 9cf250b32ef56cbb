"""What a hold is worth: all lines or none, for as long as it lasts, and once."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from asyncpg.exceptions import IntegrityConstraintViolationError
from chassis.faults import StoreUnavailable
from contracts.product import StockReserved
from product_service.domain.hold import Hold, HoldState
from product_service.domain.stock import Movement
from product_service.ports import Stock

from .conftest import OVER, HandClock, Warehouse, missing_lines


async def test_all_lines_are_held_or_none_and_the_answer_names_what_is_missing(
    warehouse: Warehouse, order: UUID
) -> None:
    for sku, pieces in (("a", 5), ("b", 1), ("c", 0)):
        await warehouse.add(sku, pieces)

    await warehouse.reserve(order, ("a", 5), ("b", 2), ("c", 1))

    [answer] = await warehouse.envelopes()
    assert answer.type == "StockReservationRejected.v1"
    assert missing_lines(answer) == {"b": (2, 1), "c": (1, 0)}
    assert await warehouse.levels() == {"a": (5, 0), "b": (1, 0), "c": (0, 0)}
    assert warehouse.counted == ["rejected"]


async def test_a_sku_that_nobody_knows_is_missing_like_one_that_is_sold_out(warehouse: Warehouse, order: UUID) -> None:
    await warehouse.add("a", 5)

    await warehouse.reserve(order, ("a", 1), ("nobody-knows-me", 1))

    [answer] = await warehouse.envelopes()
    assert missing_lines(answer) == {"nobody-knows-me": (1, 0)}
    assert await warehouse.levels() == {"a": (5, 0)}


async def test_two_lines_of_one_sku_are_weighed_together(warehouse: Warehouse) -> None:
    """S2: each of the two alone would fit."""
    await warehouse.add("a", 3)
    too_much, just_right = uuid4(), uuid4()

    await warehouse.reserve(too_much, ("a", 2), ("a", 2))
    await warehouse.reserve(just_right, ("a", 2), ("a", 1))

    assert await warehouse.states() == {too_much: "REJECTED", just_right: "HELD"}
    assert missing_lines((await warehouse.envelopes())[0]) == {"a": (4, 3)}
    assert await warehouse.levels() == {"a": (3, 3)}


async def test_what_is_held_is_free_for_nobody_else_until_it_is_released(warehouse: Warehouse) -> None:
    await warehouse.add("a", 2)
    first, second, third = uuid4(), uuid4(), uuid4()

    await warehouse.reserve(first, ("a", 2))
    await warehouse.reserve(second, ("a", 1))
    await warehouse.release(first)
    await warehouse.reserve(third, ("a", 2))

    assert await warehouse.states() == {first: "RELEASED", second: "REJECTED", third: "HELD"}
    assert await warehouse.levels() == {"a": (2, 2)}


async def test_what_a_cancelled_sale_gives_back_can_be_sold_again(warehouse: Warehouse) -> None:
    await warehouse.add("a", 1)
    first, second = uuid4(), uuid4()

    await warehouse.reserve(first, ("a", 1))
    await warehouse.commit(first)
    await warehouse.release(first)
    await warehouse.reserve(second, ("a", 1))
    await warehouse.commit(second)

    assert await warehouse.states() == {first: "UNCOMMITTED", second: "COMMITTED"}
    assert await warehouse.levels() == {"a": (0, 0)}
    assert await warehouse.violations() == []


async def test_the_lines_of_the_first_reservation_stay(warehouse: Warehouse, order: UUID) -> None:
    await warehouse.add("a", 5)
    await warehouse.reserve(order, ("a", 1))

    await warehouse.reserve(order, ("a", 4))

    assert await warehouse.levels() == {"a": (5, 1)}


async def test_only_held_holds_expire_one_at_a_time_the_oldest_first_and_nobody_is_told(
    warehouse: Warehouse, clock: HandClock
) -> None:
    await warehouse.add("a", 9)
    young, older, oldest, committed, released = (uuid4() for _ in range(5))
    for order, ttl in ((young, 1), (older, -1), (oldest, -2), (committed, -3), (released, -3)):
        await warehouse.reserve(order, ("a", 1), ttl=timedelta(minutes=ttl))
    await warehouse.commit(committed)
    await warehouse.release(released)
    said = len(await warehouse.envelopes())

    expired = []
    while await warehouse.expire():
        expired.append({order for order, state in (await warehouse.states()).items() if state == "EXPIRED"})

    assert expired == [{oldest}, {oldest, older}]
    assert (await warehouse.states())[young] == "HELD"
    assert await warehouse.levels() == {"a": (8, 1)}
    assert len(await warehouse.envelopes()) == said


async def test_an_expired_hold_is_committed_as_soon_as_its_stock_is_free_again(
    warehouse: Warehouse, order: UUID
) -> None:
    await warehouse.add("a", 1)
    rival = uuid4()
    await warehouse.reserve(order, ("a", 1), ttl=OVER)
    assert await warehouse.expire() == 1
    await warehouse.reserve(rival, ("a", 1))

    await warehouse.commit(order)
    assert await warehouse.levels() == {"a": (1, 1)}
    await warehouse.release(rival)
    await warehouse.commit(order)

    assert await warehouse.said(order) == ["StockReserved.v1", "StockCommitRejected.v1", "StockCommitted.v1"]
    assert await warehouse.levels() == {"a": (0, 0)}
    assert await warehouse.violations() == []


async def test_a_hold_in_memory_expires_by_the_clock_of_its_world(
    memory_warehouse: Warehouse, clock: HandClock, order: UUID
) -> None:
    await memory_warehouse.add("a", 1)
    await memory_warehouse.reserve(order, ("a", 1), ttl=timedelta(minutes=40))

    clock.move(minutes=40)
    assert await memory_warehouse.expire() == 0
    clock.move(microseconds=1)
    assert await memory_warehouse.expire() == 1


async def test_a_hold_in_postgres_expires_by_the_clock_of_the_database_whatever_ours_says(
    postgres_warehouse: Warehouse, clock: HandClock, order: UUID
) -> None:
    await postgres_warehouse.add("a", 1)
    await postgres_warehouse.reserve(order, ("a", 1), ttl=timedelta(minutes=40))

    clock.move(hours=2)

    assert await postgres_warehouse.expire() == 0


@dataclass
class Deaf:
    """A store whose COMMIT arrives, and whose reply to it is lost."""

    stock: Stock

    @asynccontextmanager
    async def transaction(self) -> AsyncGenerator[Any]:
        async with self.stock.transaction() as tx:
            yield tx
        raise StoreUnavailable("the store", "its reply to COMMIT was lost")


async def test_a_command_whose_commit_was_not_heard_is_obeyed_once_when_it_comes_again(
    warehouse: Warehouse, order: UUID
) -> None:
    await warehouse.add("a", 5)
    deaf = replace(warehouse, stock=Deaf(warehouse.stock))

    with pytest.raises(StoreUnavailable):
        await deaf.reserve(order, ("a", 2))
    await warehouse.reserve(order, ("a", 2))
    with pytest.raises(StoreUnavailable):
        await deaf.commit(order)
    await warehouse.commit(order)
    with pytest.raises(StoreUnavailable):
        await deaf.release(order)
    await warehouse.release(order)

    assert await warehouse.said(order) == [
        *["StockReserved.v1"] * 2,
        *["StockCommitted.v1"] * 2,
        *["StockReleased.v1"] * 2,
    ]
    assert await warehouse.ledger() == [("a", "sale", -2), ("a", "uncommit", 2)]
    assert await warehouse.levels() == {"a": (5, 0)}
    assert warehouse.counted == []


async def test_nothing_is_left_of_a_transaction_that_failed(warehouse: Warehouse, order: UUID) -> None:
    await warehouse.add("a", 5)

    async def fail_at_the_end() -> None:
        async with warehouse.stock.transaction() as tx:
            await tx.add_hold(Hold(order, HoldState.HELD, {"a": 2}), ttl=timedelta(minutes=1))
            await tx.lock_stock(["a"])
            await tx.move_stock({"a": 2}, Movement(reserved=1))
            await tx.announce(StockReserved(order_id=order))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail_at_the_end()

    assert await warehouse.states() == {}
    assert await warehouse.levels() == {"a": (5, 0)}
    assert await warehouse.envelopes() == []


@pytest.mark.parametrize(
    ("movement", "pieces"),
    [(Movement(reserved=1), 6), (Movement(reserved=-1), 1), (Movement(on_hand=-1), 6)],
    ids=["more-held-than-there", "less-than-nothing-held", "less-than-nothing-there"],
)
async def test_the_store_itself_refuses_a_level_that_cannot_be(
    warehouse: Warehouse, movement: Movement, pieces: int
) -> None:
    await warehouse.add("a", 5)

    async def move() -> None:
        async with warehouse.stock.transaction() as tx:
            await tx.move_stock({"a": pieces}, movement)

    with pytest.raises((IntegrityConstraintViolationError, ValueError)):
        await move()

    assert await warehouse.levels() == {"a": (5, 0)}


async def test_facts_tell_levels_ledger_holds_and_outbox(warehouse: Warehouse, order: UUID) -> None:
    await warehouse.add("a", 5)
    await warehouse.add("b", 1)
    rejected = uuid4()

    await warehouse.reserve(order, ("b", 1), ("a", 2))
    await warehouse.commit(order)
    await warehouse.reserve(rejected, ("b", 1))

    assert await warehouse.facts("stock") == [
        {"kind": "stock", "sku": "a", "on_hand": 3, "reserved": 0},
        {"kind": "stock", "sku": "b", "on_hand": 0, "reserved": 0},
    ]
    ledger = [{**fact, "id": ""} for fact in await warehouse.facts("stock_ledger")]
    sale = {"kind": "stock_ledger", "id": "", "entry": "sale", "ref": f"order:{order}", "reserved": 0}
    first = {"kind": "stock_ledger", "id": "", "entry": "initial", "ref": "initial", "reserved": 0}
    assert ledger == [
        {**first, "sku": "a", "quantity": 5, "on_hand": 5},
        {**first, "sku": "b", "quantity": 1, "on_hand": 1},
        {**sale, "sku": "a", "quantity": -2, "on_hand": 3},
        {**sale, "sku": "b", "quantity": -1, "on_hand": 0},
    ]
    holds = {fact["order_id"]: fact for fact in await warehouse.facts("hold")}
    assert holds == {
        str(order): {
            "kind": "hold",
            "order_id": str(order),
            "state": "COMMITTED",
            "lines": [{"sku": "a", "quantity": 2}, {"sku": "b", "quantity": 1}],
            "missing": [],
        },
        str(rejected): {
            "kind": "hold",
            "order_id": str(rejected),
            "state": "REJECTED",
            "lines": [{"sku": "b", "quantity": 1}],
            "missing": [{"sku": "b", "wanted": 1, "available": 0}],
        },
    }
    outbox = [(fact["type"], fact["aggregate_id"], fact["published"]) for fact in await warehouse.facts("outbox")]
    assert outbox == [
        ("StockReserved.v1", str(order), False),
        ("StockCommitted.v1", str(order), False),
        ("StockReservationRejected.v1", str(rejected), False),
    ]
