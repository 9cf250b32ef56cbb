"""What comes after the sale is kept and found, on the twin in memory and on MongoDB."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from order_service.domain import saga
from order_service.domain.order import Order, PaymentPage, Shipment, storable
from order_service.domain.refund import Piece, RefundWish
from order_service.domain.refunding import decide
from order_service.domain.saga_table import Trigger
from order_service.domain.states import Command, State
from order_service.ports import OrderFilter, Place

from .steps import added, brought

PAID = (Trigger.STOCK_RESERVED, Trigger.AUTHORIZED, Trigger.STOCK_COMMITTED, Trigger.CAPTURED)
EVERYTHING = OrderFilter()
MINUTE = timedelta(minutes=1)


async def saved(books, step: saga.Step | None, **changes) -> Order:
    assert step is not None
    order = replace(step.order, **changes)
    assert await books.orders.save(order, step.says)
    return order


async def refunding(books, order: Order, amount: int, *restock: Piece) -> Order:
    """A refund that staff has asked for."""
    asked = {"refund_id": uuid4(), "by": uuid4(), "key": f"key-{uuid4()}", "request_hash": "f" * 64}
    refund = decide(order, RefundWish(amount=amount, restock=restock, reason="broken"), now=books.clock.now(), **asked)
    asking = replace(order, refunds=(*order.refunds, refund))
    return await saved(books, saga.advance(asking, Trigger.REFUND, now=books.clock.now()))


async def shipped(books, an_order, **changes) -> Order:
    order = await brought(books, await added(books, an_order(**changes)), *PAID)
    parcel = Shipment("Post", "TR-1", storable(books.clock.now()))
    return await saved(books, saga.advance(order, Trigger.SHIP, now=books.clock.now()), shipment=parcel)


async def test_the_page_that_a_customer_pays_on_is_kept(books, an_order) -> None:
    order = replace(an_order(), method_id=None, return_url="http://localhost/back")
    order = await brought(books, await added(books, order), Trigger.STOCK_RESERVED)
    page = PaymentPage("https://pay.example/cs_1", storable(books.clock.now() + 31 * MINUTE))

    order = await saved(books, saga.advance(order, Trigger.ACTION_REQUIRED, now=books.clock.now()), payment_page=page)

    found = await books.orders.any(order.id)
    assert found == order
    assert (found.method_id, found.return_url, found.payment_url) == (None, "http://localhost/back", page.url)


async def test_parcels_and_refunds_are_kept_with_their_ends(books, an_order) -> None:
    order = await shipped(books, an_order)
    order = await brought(books, await refunding(books, order, 100), Trigger.REFUND_FAILED)
    order = await brought(books, await refunding(books, order, 200, Piece("TEA-1", 1)), Trigger.REFUNDED)
    order = await refunding(books, order, 300)

    assert await books.orders.any(order.id) == order
    [fact] = await books.facts("order")
    assert [(each["amount"], each["outcome"], each["restock"]) for each in fact["refunds"]] == [
        (100, "FAILED", []),
        (200, "DONE", [{"sku": "TEA-1", "quantity": 1}]),
        (300, "OPEN", []),
    ]
    assert (fact["state"], fact["came_from"], fact["tracking"], fact["refunded"]) == (
        "REFUNDING",
        "SHIPPED",
        "TR-1",
        200,
    )


async def test_of_several_refunds_the_one_under_way_is_asked_for_again(books, an_order) -> None:
    order = await brought(books, await refunding(books, await shipped(books, an_order), 100), Trigger.REFUND_FAILED)
    await books.deliver()
    order = await refunding(books, order, 200)
    books.clock.move(seconds=6)
    lease = uuid4()
    due = await books.orders.claim_due(lease=lease, until=books.clock.now(), now=books.clock.now())
    assert due.first_sent == {}, "the earlier one left, this one has not"

    left = books.clock.now()
    await books.deliver()
    due = await books.orders.claim_due(lease=lease, until=books.clock.now(), now=books.clock.now())
    assert due.first_sent == {Command.REFUND_PAYMENT: left}
    assert await books.orders.repeat(due.order, lease=lease, commands=[Command.REFUND_PAYMENT])

    async with books.outbox.lead() as queue:
        [again] = await queue.due()
    assert again.envelope.data["refund_id"] == str(order.refunds[-1].id)


async def of_everybody(books, an_order, count: int = 5) -> list[Order]:
    """Orders, each a minute younger than the one before."""
    orders = []
    for _ in range(count):
        orders.append(await added(books, an_order(user_id=uuid4())))
        books.clock.move(minutes=1)
    return orders


async def numbers(books, wanted: OrderFilter, **more) -> list[str]:
    found = await books.orders.found(wanted, **{"after": None, "oldest_first": True, "limit": 100, **more})
    return [each.number for each in found]


@pytest.mark.parametrize("oldest_first", [True, False])
async def test_everybodys_orders_come_page_by_page_in_either_direction(books, an_order, oldest_first) -> None:
    orders = await of_everybody(books, an_order)
    same_time = [await added(books, an_order(user_id=uuid4())) for _ in range(4)]
    expected = sorted([*orders, *same_time], key=lambda each: (each.placed_at, each.id), reverse=not oldest_first)

    found, after = [], None
    while page := await books.orders.found(EVERYTHING, after=after, oldest_first=oldest_first, limit=2):
        found += page
        after = Place(page[-1].placed_at, page[-1].id)

    assert [each.id for each in found] == [each.id for each in expected]


async def test_orders_are_found_by_what_is_known_of_them(books, an_order) -> None:
    orders = await of_everybody(books, an_order)
    first, second, third, fourth, fifth = (each.number for each in orders)
    await brought(books, orders[1], Trigger.STOCK_RESERVED)
    times = [each.placed_at for each in orders]

    assert await numbers(books, EVERYTHING) == [first, second, third, fourth, fifth]
    assert await numbers(books, OrderFilter(state=State.RESERVED)) == [second]
    assert await numbers(books, OrderFilter(user_id=orders[2].user_id)) == [third]
    assert await numbers(books, OrderFilter(number=fourth)) == [fourth]
    assert await numbers(books, OrderFilter(placed_from=times[1], placed_to=times[3])) == [second, third]
    assert await numbers(books, OrderFilter(state=State.PENDING, placed_from=times[4])) == [fifth]
    assert await numbers(books, OrderFilter(number="M-0000-0000")) == []


async def test_orders_that_somebody_should_look_at_are_found(books, an_order) -> None:
    orders = await of_everybody(books, an_order, count=3)
    await brought(books, orders[2], Trigger.STOCK_REJECTED)
    stuck = await added(books, an_order(needs_review=True, user_id=uuid4()))

    now = books.clock.now()
    assert await numbers(books, OrderFilter(needs_review=True)) == [stuck.number]
    assert stuck.number not in await numbers(books, OrderFilter(needs_review=False))
    assert await numbers(books, OrderFilter(due_before=now - MINUTE)) == [each.number for each in orders[:2]]
    assert await numbers(books, OrderFilter(due_before=now - timedelta(hours=1))) == []


async def test_what_has_not_left_is_counted_by_order_and_not_beyond_the_limit(books, an_order) -> None:
    assert await books.orders.count_unsent(limit=10) == 0
    orders = await of_everybody(books, an_order, count=3)
    await brought(books, orders[0], Trigger.STOCK_RESERVED)

    assert await books.orders.count_unsent(limit=10) == 3
    assert await books.orders.count_unsent(limit=2) == 2
    await books.deliver()
    assert await books.orders.count_unsent(limit=10) == 0
