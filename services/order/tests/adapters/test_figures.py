"""The figures of a period, counted by the twin in memory and by MongoDB."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from order_service.adapters.figure_queries import to_pipeline
from order_service.domain.figures import Figures, Period, Revenue, Seller, Slot
from order_service.domain.order import Line
from order_service.domain.saga_table import Trigger
from order_service.domain.states import State

from .steps import added, brought
from .test_schema import stages

PAID = (Trigger.STOCK_RESERVED, Trigger.AUTHORIZED, Trigger.STOCK_COMMITTED, Trigger.CAPTURED)
HOUR = timedelta(hours=1)


async def sold(books, an_order, *lines: Line, **changes):
    """An order that was placed just now, and paid."""
    order = replace(an_order(), **{"user_id": uuid4(), **({"lines": lines} if lines else {}), **changes})
    return await brought(books, await added(books, order), *PAID)


def pieces(sku: str, quantity: int, *, name: str | None = None) -> Line:
    return Line(sku, name or sku.lower(), quantity, 100)


async def test_nothing_was_placed(books) -> None:
    period = Period(books.clock.now(), books.clock.now() + HOUR)

    assert await books.orders.figures(period, currency="EUR") == Figures({}, {}, {}, [])


async def test_orders_are_counted_by_state_and_by_hour_and_what_was_paid_is_added_up(books, an_order) -> None:
    start = books.clock.now()
    paid = await sold(books, an_order)
    await added(books, an_order())
    books.clock.move(minutes=90)
    dollars = await sold(books, an_order, currency="USD")
    refused = await brought(books, await added(books, an_order()), Trigger.STOCK_REJECTED)

    found = await books.orders.figures(Period(start, start + 2 * HOUR), currency="EUR")

    assert (refused.state, paid.total) == (State.CANCELLED, dollars.total)
    assert found.by_state == {State.CONFIRMED: 2, State.PENDING: 1, State.CANCELLED: 1}
    assert found.revenue == {"EUR": Revenue(paid.total, 0), "USD": Revenue(dollars.total, 0)}
    assert found.slots == {start: Slot(2, paid.total), start + HOUR: Slot(2, 0)}


async def test_what_went_back_is_counted_apart(books, an_order) -> None:
    start = books.clock.now()
    order = await sold(books, an_order)
    order = await brought(books, order, Trigger.CANCEL, Trigger.REFUNDED, Trigger.STOCK_RELEASED)

    found = await books.orders.figures(Period(start, start + HOUR), currency="EUR")

    assert found.by_state == {State.CANCELLED: 1}
    assert found.revenue == {"EUR": Revenue(captured=order.total, refunded=order.total)}


async def test_a_period_has_its_beginning_and_not_its_end(books, an_order) -> None:
    placed = [(await sold(books, an_order)).placed_at]
    books.clock.move(hours=1)
    placed.append((await sold(books, an_order)).placed_at)

    for start, end, count in ((placed[0], placed[1], 1), (placed[0] + timedelta(seconds=1), placed[1], 0)):
        found = await books.orders.figures(Period(start, end), currency="EUR")
        assert sum(found.by_state.values()) == count


async def test_longer_times_are_counted_by_day(books, an_order) -> None:
    start = books.clock.now()
    order = await sold(books, an_order)
    books.clock.move(hours=13)
    await sold(books, an_order)

    found = await books.orders.figures(Period(start, start + timedelta(days=3)), currency="EUR")

    midnight = start.replace(hour=0)
    assert found.slots == {
        midnight: Slot(1, order.total),
        midnight + timedelta(days=1): Slot(1, order.total),
    }


async def test_the_ten_that_sell_best_come_first_under_their_latest_name(books, an_order) -> None:
    start = books.clock.now()
    await sold(books, an_order, *(pieces(f"SKU-{n:02}", n) for n in range(1, 12)))
    books.clock.move(seconds=1)
    await sold(books, an_order, pieces("SKU-01", 20, name="a new name"), pieces("SKU-04", 1))
    books.clock.move(seconds=1)
    await added(books, replace(an_order(), lines=(pieces("SKU-02", 99, name="not paid"),)))

    found = await books.orders.figures(Period(start, start + HOUR), currency="EUR")

    assert found.best[:2] == [Seller("SKU-01", "a new name", 21), Seller("SKU-11", "sku-11", 11)]
    assert [(each.sku, each.quantity) for each in found.best] == [
        ("SKU-01", 21),
        *((f"SKU-{n:02}", n) for n in range(11, 5, -1)),
        ("SKU-04", 5),
        ("SKU-05", 5),
        ("SKU-03", 3),
    ]


async def test_those_that_need_a_look_are_counted_whenever_they_were_placed(books, an_order) -> None:
    assert await books.orders.count_to_review() == 0
    await added(books, an_order(needs_review=True))
    await added(books, an_order())

    assert await books.orders.count_to_review() == 1


@pytest.mark.parametrize("days", [1, 31])
async def test_the_index_finds_the_orders_of_a_period(documents, clock, days) -> None:
    pipeline = to_pipeline(Period(clock.now(), clock.now() + timedelta(days=days)), currency="EUR")

    explained = await documents.database.command(
        {"explain": {"aggregate": "orders", "pipeline": pipeline, "cursor": {}}, "verbosity": "queryPlanner"}
    )

    planner = (
        explained["queryPlanner"] if "queryPlanner" in explained else explained["stages"][0]["$cursor"]["queryPlanner"]
    )
    plan = planner["winningPlan"]
    assert "staff_newest" in stages(plan.get("queryPlan", plan))
    assert "COLLSCAN" not in stages(plan.get("queryPlan", plan))
