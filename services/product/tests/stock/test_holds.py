"""The table of holds, each pair of a state and a command, on the twin in memory and on PostgreSQL.

The table is written down here once more, on purpose: from the words of the design, not from the domain's own.
"""

from collections.abc import Awaitable, Callable
from uuid import UUID

import pytest
from product_service.domain.hold import NothingToCommit
from product_service.domain.stock import ADDED, Entry, LedgerRow

from .conftest import OVER, Warehouse, missing_lines

# Five pieces of each to begin with; an order wants 2 of "a" and 1 of "b".
LINES = [("a", 2), ("b", 1)]
FREE = {"a": (5, 0), "b": (5, 0)}
HELD = {"a": (5, 2), "b": (5, 1)}
SOLD = {"a": (3, 0), "b": (4, 0)}
# Another customer has taken all of "b".
BOUGHT_OUT = {"a": (5, 0), "b": (0, 0)}

NOTHING: list[tuple[str, str, int]] = []
SALE = [("a", "sale", -2), ("b", "sale", -1)]
RETURN = [("a", "sale", -2), ("a", "uncommit", 2), ("b", "sale", -1), ("b", "uncommit", 1)]
SOLD_OUT = [("b", "adjust", -5)]


async def none(_warehouse: Warehouse, _order: UUID) -> None:
    return


async def held(warehouse: Warehouse, order: UUID) -> None:
    await warehouse.reserve(order, *LINES)


async def expired(warehouse: Warehouse, order: UUID) -> None:
    await warehouse.reserve(order, *LINES, ttl=OVER)
    assert await warehouse.expire() == 1


async def expired_and_bought_out(warehouse: Warehouse, order: UUID) -> None:
    await expired(warehouse, order)
    await buy_out(warehouse)


async def rejected(warehouse: Warehouse, order: UUID) -> None:
    await buy_out(warehouse)
    await warehouse.reserve(order, *LINES)


async def committed(warehouse: Warehouse, order: UUID) -> None:
    await held(warehouse, order)
    await warehouse.commit(order)


async def released(warehouse: Warehouse, order: UUID) -> None:
    await held(warehouse, order)
    await warehouse.release(order)


async def tombstone(warehouse: Warehouse, order: UUID) -> None:
    await warehouse.release(order)


async def uncommitted(warehouse: Warehouse, order: UUID) -> None:
    await committed(warehouse, order)
    await warehouse.release(order)


async def buy_out(warehouse: Warehouse) -> None:
    async with warehouse.stock.transaction() as tx:
        levels = await tx.lock_stock(["b"])
        after = levels["b"].adjusted(Entry.ADJUST, -5)
        await tx.move_stock({"b": -5}, ADDED)
        row = LedgerRow(warehouse.world.ids.uuid7(), Entry.ADJUST, -5, "adjust:x", after, fingerprint="x")
        await tx.write_ledger([row])


Given = Callable[[Warehouse, UUID], Awaitable[None]]

TABLE: list[tuple[Given, str, str, str, dict[str, tuple[int, int]], list[tuple[str, str, int]]]] = [
    # given, command -> state, answer, stock, ledger
    (none, "reserve", "HELD", "StockReserved.v1", HELD, NOTHING),
    (none, "release", "RELEASED", "StockReleased.v1", FREE, NOTHING),
    (held, "reserve", "HELD", "StockReserved.v1", HELD, NOTHING),
    (held, "commit", "COMMITTED", "StockCommitted.v1", SOLD, SALE),
    (held, "release", "RELEASED", "StockReleased.v1", FREE, NOTHING),
    (expired, "reserve", "EXPIRED", "StockReserved.v1", FREE, NOTHING),
    (expired, "commit", "COMMITTED", "StockCommitted.v1", SOLD, SALE),
    (expired, "release", "RELEASED", "StockReleased.v1", FREE, NOTHING),
    (expired_and_bought_out, "reserve", "EXPIRED", "StockReserved.v1", BOUGHT_OUT, SOLD_OUT),
    (expired_and_bought_out, "commit", "EXPIRED", "StockCommitRejected.v1", BOUGHT_OUT, SOLD_OUT),
    (expired_and_bought_out, "release", "RELEASED", "StockReleased.v1", BOUGHT_OUT, SOLD_OUT),
    (committed, "reserve", "COMMITTED", "StockCommitted.v1", SOLD, SALE),
    (committed, "commit", "COMMITTED", "StockCommitted.v1", SOLD, SALE),
    (committed, "release", "UNCOMMITTED", "StockReleased.v1", FREE, RETURN),
    (rejected, "reserve", "REJECTED", "StockReservationRejected.v1", BOUGHT_OUT, SOLD_OUT),
    (rejected, "release", "REJECTED", "StockReleased.v1", BOUGHT_OUT, SOLD_OUT),
    (released, "reserve", "RELEASED", "StockReleased.v1", FREE, NOTHING),
    (released, "commit", "RELEASED", "StockCommitRejected.v1", FREE, NOTHING),
    (released, "release", "RELEASED", "StockReleased.v1", FREE, NOTHING),
    (tombstone, "reserve", "RELEASED", "StockReleased.v1", FREE, NOTHING),
    (tombstone, "commit", "RELEASED", "StockCommitRejected.v1", FREE, NOTHING),
    (tombstone, "release", "RELEASED", "StockReleased.v1", FREE, NOTHING),
    (uncommitted, "reserve", "UNCOMMITTED", "StockReleased.v1", FREE, RETURN),
    (uncommitted, "commit", "UNCOMMITTED", "StockCommitRejected.v1", FREE, RETURN),
    (uncommitted, "release", "UNCOMMITTED", "StockReleased.v1", FREE, RETURN),
]


async def command(warehouse: Warehouse, name: str, order: UUID) -> None:
    match name:
        case "reserve":
            await warehouse.reserve(order, *LINES)
        case "commit":
            await warehouse.commit(order)
        case _:
            await warehouse.release(order)


@pytest.fixture(autouse=True)
async def five_of_each(warehouse: Warehouse) -> None:
    await warehouse.add("a", 5)
    await warehouse.add("b", 5)


@pytest.mark.parametrize(
    ("given", "name", "state", "answer", "levels", "ledger"),
    TABLE,
    ids=[f"{row[0].__name__}-{row[1]}" for row in TABLE],
)
async def test_a_command_is_answered_again_and_again_by_a_new_message(
    warehouse: Warehouse,
    order: UUID,
    given: Given,
    name: str,
    state: str,
    answer: str,
    levels: dict[str, tuple[int, int]],
    ledger: list[tuple[str, str, int]],
) -> None:
    await given(warehouse, order)
    before = {each.id for each in await warehouse.envelopes()}

    for times in (1, 2, 3):
        await command(warehouse, name, order)

        new = [each for each in await warehouse.envelopes() if each.id not in before]
        assert [(each.type, each.aggregate_id) for each in new] == [(answer, str(order))] * times
        assert await warehouse.states() == {order: state}
        assert await warehouse.levels() == levels
        assert await warehouse.ledger() == ledger


@pytest.mark.parametrize("given", [none, rejected], ids=["none", "rejected"])
async def test_what_holds_nothing_cannot_be_committed(warehouse: Warehouse, order: UUID, given: Given) -> None:
    await given(warehouse, order)
    before = (await warehouse.states(), await warehouse.levels(), await warehouse.ledger())
    said = await warehouse.said(order)

    with pytest.raises(NothingToCommit):
        await warehouse.commit(order)

    assert (await warehouse.states(), await warehouse.levels(), await warehouse.ledger()) == before
    assert await warehouse.said(order) == said


async def test_every_state_of_the_design_is_in_this_table() -> None:
    pairs = {(given.__name__, name) for given, name, *_ in TABLE}

    states = ["held", "expired", "expired_and_bought_out", "committed", "released", "tombstone", "uncommitted"]
    assert pairs == {
        *((state, name) for state in states for name in ("reserve", "commit", "release")),
        *((state, name) for state in ("none", "rejected") for name in ("reserve", "release")),
    }


async def test_a_rejection_is_repeated_word_for_word_though_the_stock_is_back(
    warehouse: Warehouse, order: UUID
) -> None:
    await rejected(warehouse, order)
    await warehouse.add("c", 1)

    await warehouse.reserve(order, ("c", 1))

    first, again = await warehouse.envelopes()
    assert first.data == again.data
    assert first.id != again.id
    assert missing_lines(again) == {"b": (1, 0)}
    assert (await warehouse.levels())["c"] == (1, 0)


async def test_only_the_first_answer_is_counted(warehouse: Warehouse, order: UUID) -> None:
    await warehouse.reserve(order, *LINES)
    await warehouse.reserve(order, *LINES)
    await warehouse.commit(order)
    await warehouse.reserve(order, *LINES)

    assert warehouse.counted == ["reserved"]
