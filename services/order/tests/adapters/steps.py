"""How orders come into the books and forward in them."""

from dataclasses import replace
from typing import Any

from order_service.domain import saga
from order_service.domain.order import Order
from order_service.domain.saga_table import Trigger
from order_service.domain.states import Command, Event

RESERVE = [Command.RESERVE_STOCK]


def moved(order: Order, trigger: Trigger, clock: Any) -> saga.Step:
    """One step, without the progress that is told to those who watch: it would only be counted along."""
    step = saga.advance(order, trigger, now=clock.now(), refunded=order.total if trigger is Trigger.REFUNDED else 0)
    assert step is not None
    return replace(step, says=tuple(each for each in step.says if each is not Event.PROGRESSED))


async def added(books, order: Order) -> Order:
    await books.orders.add(order, RESERVE)
    return order


async def brought(books, order: Order, *triggers: Trigger) -> Order:
    for trigger in triggers:
        step = moved(order, trigger, books.clock)
        assert await books.orders.save(step.order, step.says)
        order = step.order
    return order
