"""How orders come into the books and forward in them."""

from typing import Any

from order_service.domain import saga
from order_service.domain.order import Order
from order_service.domain.saga_table import Trigger
from order_service.domain.states import Command

RESERVE = [Command.RESERVE_STOCK]


def moved(order: Order, trigger: Trigger, clock: Any) -> saga.Step:
    step = saga.advance(order, trigger, now=clock.now(), refunded=order.total if trigger is Trigger.REFUNDED else 0)
    assert step is not None
    return step


async def added(books, order: Order) -> Order:
    await books.orders.add(order, RESERVE)
    return order


async def brought(books, order: Order, *triggers: Trigger) -> Order:
    for trigger in triggers:
        step = moved(order, trigger, books.clock)
        assert await books.orders.save(step.order, step.says)
        order = step.order
    return order
