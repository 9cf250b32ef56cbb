"""What only a real database can show: many hands on the same rows at the same moment."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import pytest
from chassis.auth import Principal
from chassis.database import Database
from chassis.faults import StoreUnavailable
from chassis.idempotency import IdempotencyKeyBusy, IdempotencyKeyReused
from product_service.domain.stock import Entry, NotEnoughStock
from sqlalchemy import text

from .conftest import OVER, Warehouse, missing_lines, violations

ROUNDS = 20
PATIENCE_SECONDS = 60
ADA = Principal(UUID(int=1), UUID(int=2), frozenset({"admin"}))


@pytest.fixture
def warehouse(postgres_warehouse: Warehouse) -> Warehouse:
    return postgres_warehouse


async def until_answered(attempt: Callable[[], Awaitable[Any]]) -> Any:
    """A store too busy is no answer: the broker puts the command back and it is obeyed again."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            try:
                return await attempt()
            except StoreUnavailable:
                continue


async def at_once(*attempts: Callable[[], Awaitable[Any]]) -> list[Any]:
    return await asyncio.gather(*(until_answered(each) for each in attempts))


async def test_of_fifty_who_want_the_last_unit_one_gets_it_in_every_round(warehouse: Warehouse) -> None:
    """S1, S3, S7, S8."""
    buyers = {f"last-{n}": [uuid4() for _ in range(50)] for n in range(ROUNDS)}

    for sku, orders in buyers.items():
        await warehouse.add(sku, 1)
        await at_once(*(partial(warehouse.reserve, order, (sku, 1)) for order in orders))

    answers = {each.aggregate_id: each for each in await warehouse.envelopes()}
    for sku, orders in buyers.items():
        told = [answers[str(order)] for order in orders]
        assert Counter(each.type for each in told) == {"StockReserved.v1": 1, "StockReservationRejected.v1": 49}
        losers = [each for each in told if each.type == "StockReservationRejected.v1"]
        assert all(missing_lines(each) == {sku: (1, 0)} for each in losers)
    # A thousand holds that were just written are read before the planner knows of them: slow, on a busy machine.
    assert await until_answered(warehouse.levels) == dict.fromkeys(buyers, (1, 1))
    assert Counter((await until_answered(warehouse.states)).values()) == {"HELD": ROUNDS, "REJECTED": 49 * ROUNDS}
    assert await until_answered(warehouse.violations) == []


async def test_stock_is_locked_in_the_order_of_skus_however_the_rows_lie(
    warehouse: Warehouse, product_database: Any, order: UUID
) -> None:
    for sku in ("c", "b", "a"):  # the order that the rows lie in, on the table's only page
        await warehouse.add(sku, 1)
    others = Database(product_database.url)
    lock = "SELECT sku FROM stock WHERE sku = '{}' FOR UPDATE"

    async with others.transaction() as holder:
        await holder.execute(text("ANALYZE stock"))
        await holder.execute(text(lock.format("a")))
        reserving = asyncio.create_task(until_answered(partial(warehouse.reserve, order, ("c", 1), ("b", 1), ("a", 1))))
        await somebody_waits_for_a_lock(others)
        async with others.transaction() as third:
            for free in ("b", "c"):
                await third.execute(text(lock.format(free) + " NOWAIT"))
    await reserving
    await others.close()

    assert await warehouse.levels() == {"a": (1, 1), "b": (1, 1), "c": (1, 1)}


async def somebody_waits_for_a_lock(database: Database) -> None:
    waiting = text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    async with asyncio.timeout(20), database.reading() as connection:
        while not (await connection.execute(waiting)).scalar_one():
            await asyncio.sleep(0.01)


@dataclass
class Patient:
    """A store whose sessions wait for locks until the database itself looks for a circle, and names it."""

    stock: Any

    @asynccontextmanager
    async def transaction(self) -> AsyncGenerator[Any]:
        async with self.stock.transaction() as tx:
            await tx.connection.execute(text("SET LOCAL lock_timeout = 0"))
            await tx.connection.execute(text("SET LOCAL statement_timeout = 0"))
            yield tx

    def facts(self) -> AsyncIterator[dict[str, Any]]:
        return self.stock.facts()


async def test_orders_for_the_same_goods_in_any_order_never_wait_in_a_circle(warehouse: Warehouse) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    dice = random.Random(seed)
    skus = [f"sku-{n}" for n in range(6)]
    for sku in dice.sample(skus, k=6):
        await warehouse.add(sku, 1000)
    patient = replace(warehouse, stock=Patient(warehouse.stock))

    async def customer(baskets: list[list[tuple[str, int]]]) -> None:
        for basket in baskets:
            order = uuid4()
            await patient.reserve(order, *basket)
            await patient.commit(order)
            await patient.release(order)

    shopping = [[[(sku, 1) for sku in dice.sample(skus, k=dice.randint(2, 6))] for _ in range(6)] for _ in range(8)]
    await asyncio.gather(*map(customer, shopping))  # a WriteConflict would be a circle

    assert Counter((await warehouse.states()).values()) == {"UNCOMMITTED": 8 * 6}
    assert await warehouse.levels() == dict.fromkeys(skus, (1000, 0))
    assert await warehouse.violations() == []


async def test_one_order_reserved_twenty_times_at_once_has_one_hold_and_twenty_answers(
    warehouse: Warehouse, order: UUID
) -> None:
    await warehouse.add("a", 5)

    await at_once(*[partial(warehouse.reserve, order, ("a", 2))] * 20)

    said = await warehouse.envelopes()
    assert [each.type for each in said] == ["StockReserved.v1"] * 20
    assert len({each.id for each in said}) == 20
    assert await warehouse.states() == {order: "HELD"}
    assert await warehouse.levels() == {"a": (5, 2)}
    assert warehouse.counted == ["reserved"]


@pytest.mark.parametrize("held_before", [False, True], ids=["new", "held"])
async def test_an_order_reserved_and_released_at_once_holds_nothing_in_the_end(
    warehouse: Warehouse, held_before: bool
) -> None:
    await warehouse.add("a", 1)
    for _ in range(ROUNDS):
        order = uuid4()
        if held_before:
            await warehouse.reserve(order, ("a", 1))

        await at_once(partial(warehouse.reserve, order, ("a", 1)), partial(warehouse.release, order))

        assert (await warehouse.states())[order] == "RELEASED"
        assert await warehouse.levels() == {"a": (1, 0)}
        answers = (await warehouse.said(order))[int(held_before) :]
        assert sorted(answers) in (["StockReleased.v1"] * 2, ["StockReleased.v1", "StockReserved.v1"])
    assert await warehouse.violations() == []


async def test_an_order_committed_and_released_at_once_gives_everything_back(warehouse: Warehouse) -> None:
    await warehouse.add("a", 1)
    for _ in range(ROUNDS):
        order = uuid4()
        await warehouse.reserve(order, ("a", 1))

        await at_once(partial(warehouse.commit, order), partial(warehouse.release, order))

        outcome = ((await warehouse.states())[order], sorted((await warehouse.said(order))[1:]))
        assert outcome in (
            ("UNCOMMITTED", ["StockCommitted.v1", "StockReleased.v1"]),
            ("RELEASED", ["StockCommitRejected.v1", "StockReleased.v1"]),
        )
        assert await warehouse.levels() == {"a": (1, 0)}
    assert await warehouse.violations() == []


async def test_a_hold_that_expires_while_it_is_committed_is_sold_all_the_same(warehouse: Warehouse) -> None:
    await warehouse.add("a", ROUNDS)
    for n in range(ROUNDS):
        order = uuid4()
        await warehouse.reserve(order, ("a", 1), ttl=OVER)

        await at_once(warehouse.expire, partial(warehouse.commit, order), warehouse.expire)

        assert (await warehouse.states())[order] == "COMMITTED"
        assert await warehouse.said(order) == ["StockReserved.v1", "StockCommitted.v1"]
        assert await warehouse.levels() == {"a": (ROUNDS - n - 1, 0)}
    assert await warehouse.violations() == []


async def test_a_hold_that_expires_while_it_is_committed_and_another_wants_the_piece_sells_it_once(
    warehouse: Warehouse,
) -> None:
    winners: Counter[str] = Counter()
    for n in range(ROUNDS):
        sku, late, rival = f"last-{n}", uuid4(), uuid4()
        await warehouse.add(sku, 1)
        await warehouse.reserve(late, (sku, 1), ttl=OVER)

        await at_once(warehouse.expire, partial(warehouse.commit, late), partial(warehouse.reserve, rival, (sku, 1)))

        states = await warehouse.states()
        outcome = (states[late], states[rival], (await warehouse.levels())[sku])
        assert outcome in (("COMMITTED", "REJECTED", (0, 0)), ("EXPIRED", "HELD", (1, 1)))
        winners[states[late]] += 1
    print(dict(winners))
    assert await warehouse.violations() == []


async def test_many_expiry_jobs_at_once_let_go_of_each_hold_once(warehouse: Warehouse) -> None:
    await warehouse.add("a", 20)
    for _ in range(20):
        await warehouse.reserve(uuid4(), ("a", 1), ttl=OVER)

    async def job() -> int:
        count = 0
        while await until_answered(warehouse.expire):
            count += 1
        return count

    # A hold that is locked is skipped: a job may go home while another still works on the last one.
    assert sum(await asyncio.gather(*(job() for _ in range(4)))) == 20

    assert Counter((await warehouse.states()).values()) == {"EXPIRED": 20}
    assert await warehouse.levels() == {"a": (20, 0)}


async def adjusted(warehouse: Warehouse, sku: str, quantity: int, key: str) -> str:
    try:
        done = await warehouse.adjust(sku=sku, entry=Entry.ADJUST, quantity=quantity, reason="counted", by=ADA, key=key)
    except (NotEnoughStock, IdempotencyKeyBusy, IdempotencyKeyReused) as refusal:
        return type(refusal).__name__
    return "replayed" if done.replayed else "done"


async def test_one_adjustment_sent_twenty_times_at_once_is_made_once(warehouse: Warehouse) -> None:
    await warehouse.add("a", 5)

    ended = await at_once(*[partial(adjusted, warehouse, "a", 2, "one-and-the-same-key")] * 20)

    assert Counter(ended) == {"done": 1, "replayed": 19}
    assert await warehouse.levels() == {"a": (7, 0)}
    assert await warehouse.ledger() == [("a", "adjust", 2)]


async def test_one_key_used_for_two_skus_at_once_adjusts_one_of_them(warehouse: Warehouse) -> None:
    refusals: Counter[str] = Counter()
    for n in range(ROUNDS):
        skus = [f"{n}-left", f"{n}-right"]
        for sku in skus:
            await warehouse.add(sku, 5)

        ended = await at_once(*(partial(adjusted, warehouse, sku, 2, f"the-key-of-round-{n}") for sku in skus))

        assert Counter(ended)["done"] == 1
        refusals.update(each for each in ended if each != "done")
        levels = await warehouse.levels()
        assert sorted(levels[sku] for sku in skus) == [(5, 0), (7, 0)]
    assert refusals.total() == ROUNDS
    assert set(refusals) <= {"IdempotencyKeyBusy", "IdempotencyKeyReused"}
    assert await warehouse.violations() == []


async def test_the_last_unit_is_either_held_or_counted_away(warehouse: Warehouse) -> None:
    for n in range(ROUNDS):
        sku, order = f"last-{n}", uuid4()
        await warehouse.add(sku, 1)

        _, counted = await at_once(
            partial(warehouse.reserve, order, (sku, 1)),
            partial(adjusted, warehouse, sku, -1, f"the-key-of-round-{n}"),
        )

        outcome = ((await warehouse.states())[order], counted, (await warehouse.levels())[sku])
        assert outcome in (("HELD", "NotEnoughStock", (1, 1)), ("REJECTED", "done", (0, 0)))
    assert await warehouse.violations() == []


async def test_facts_are_of_one_moment_while_stock_is_moving(warehouse: Warehouse) -> None:
    await warehouse.add("a", 1000)
    over = asyncio.Event()

    async def customer() -> None:
        while not over.is_set():
            order = uuid4()
            await until_answered(partial(warehouse.reserve, order, ("a", 1)))
            await until_answered(partial(warehouse.commit, order))
            await until_answered(partial(warehouse.release, order))

    looks, moved = 0, 0
    async with asyncio.TaskGroup() as group:
        for _ in range(4):
            group.create_task(customer())
        while looks < 20 or moved < 20:
            facts = await until_answered(warehouse.everything)
            assert violations(facts) == []
            looks, moved = looks + 1, Counter(hold["state"] for hold in facts["hold"])["UNCOMMITTED"]
        over.set()
