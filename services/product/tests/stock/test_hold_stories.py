"""What is told of an order's hold, by the twin in memory and by PostgreSQL."""

from datetime import timedelta
from uuid import uuid4

from product_service.domain.hold import HoldState, Missing
from product_service.domain.stock import Entry

from .conftest import LONG

MINUTE = timedelta(minutes=1)


async def test_a_hold_is_told_with_its_lines_and_its_end(warehouse, order, clock) -> None:
    await warehouse.add("a", 5)
    await warehouse.add("b", 5)
    await warehouse.reserve(order, ("b", 1), ("a", 2))

    story = await warehouse.stock.hold_story(order)

    assert (story.hold.state, dict(story.hold.lines), story.booked) == (HoldState.HELD, {"a": 2, "b": 1}, [])
    assert abs(story.expires_at - clock.now() - LONG) < MINUTE


async def test_a_sale_is_told_and_so_is_what_undid_it(warehouse, order) -> None:
    for each in (order, another := uuid4()):
        await warehouse.add(f"sku-{each}", 5)
        await warehouse.reserve(each, (f"sku-{each}", 2))
        await warehouse.commit(each)
    await warehouse.release(order)

    story = await warehouse.stock.hold_story(order)

    assert story.hold.state is HoldState.UNCOMMITTED
    assert [(row.entry, row.level.sku, row.quantity) for _, row in story.booked] == [
        (Entry.SALE, f"sku-{order}", -2),
        (Entry.UNCOMMIT, f"sku-{order}", 2),
    ]
    assert [at for at, _ in story.booked] == sorted(at for at, _ in story.booked)
    assert len((await warehouse.stock.hold_story(another)).booked) == 1


async def test_what_could_not_be_held_is_told_with_the_reason(warehouse, order) -> None:
    await warehouse.add("a", 1)
    await warehouse.reserve(order, ("a", 2))

    story = await warehouse.stock.hold_story(order)

    assert (story.hold.state, story.hold.missing) == (HoldState.REJECTED, (Missing("a", wanted=2, available=1),))


async def test_an_order_that_never_asked_has_no_story(warehouse, order) -> None:
    assert await warehouse.stock.hold_story(order) is None
