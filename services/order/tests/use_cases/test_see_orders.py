"""Looking at orders, with patience."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest
from order_service.domain.order import OrderNotFound
from order_service.domain.saga_table import Trigger
from order_service.use_cases.see_orders import SeeOrder


@dataclass
class Watched:
    """A store that counts how often it is asked, and in which something happens at the n-th time."""

    inner: Any
    at: int = 0
    happens: Any = None
    asked: int = field(default=0)

    async def get(self, order_id: UUID, *, owner: UUID) -> Any:
        self.asked += 1
        if self.asked == self.at:
            await self.happens()
        return await self.inner.get(order_id, owner=owner)


async def test_waiting_ends_when_the_order_is_settled(service, till, world, clock) -> None:
    order = await till.order_in("COMMITTED")
    began = clock.now()
    watched = Watched(service.place_order.orders, at=3, happens=lambda: till.reply(order, Trigger.CAPTURED))

    found = await SeeOrder(watched, world)(order.id, user_id=order.user_id, wait=10)

    assert found.state == "CONFIRMED"
    assert (clock.now() - began).total_seconds() < 1


async def test_waiting_ends_with_patience_and_asks_less_and_less(service, till, world, clock) -> None:
    order = await till.order_in("COMMITTED")
    began = clock.now()
    watched = Watched(service.place_order.orders)

    found = await SeeOrder(watched, world)(order.id, user_id=order.user_id, wait=10)

    assert found == order
    assert (clock.now() - began).total_seconds() == pytest.approx(10)
    assert watched.asked <= 30


@pytest.mark.parametrize("state", ["CONFIRMED", "CANCELLED"])
async def test_a_settled_order_is_answered_at_once(service, till, clock, state) -> None:
    order = await till.order_in(state)
    began = clock.now()

    assert await service.see_order(order.id, user_id=order.user_id, wait=10) == order
    assert clock.now() == began


async def test_strangers_and_wrong_ids_are_answered_alike_and_at_once(service, till, tokens, clock) -> None:
    order = await till.placed()
    began = clock.now()

    for order_id, user in ((order.id, tokens.people["bob"]), (order.cart_id, order.user_id)):
        with pytest.raises(OrderNotFound):
            await service.see_order(order_id, user_id=user, wait=10)

    assert clock.now() == began


async def test_a_list_is_ones_own_newest_first_in_pages(service, till, tokens) -> None:
    orders = [await till.placed() for _ in range(5)]
    await till.placed(cart=await till.cart(user=tokens.people["bob"]), user_id=tokens.people["bob"])
    newest_first = [order.id for order in reversed(orders)]

    first, more = await service.list_orders(orders[0].user_id, before=None, limit=3)
    rest, end = await service.list_orders(orders[0].user_id, before=first[-1].id, limit=3)

    assert [each.id for each in (*first, *rest)] == newest_first
    assert (more, end) == (True, False)


@pytest.mark.parametrize("state", ["AWAITING_CUSTOMER", "SHIPPED", "DELIVERED", "REFUNDED"])
async def test_nobody_waits_where_the_next_move_is_a_persons(service, till, world, clock, state) -> None:
    order = await till.order_in("AWAITING_CUSTOMER" if state == "AWAITING_CUSTOMER" else "CONFIRMED")
    if state in {"SHIPPED", "DELIVERED"}:
        order = await till.ship(order)
    if state == "DELIVERED":
        order = await till.deliver_parcel(order)
    if state == "REFUNDED":
        order = await till.reply(await till.refund(order), Trigger.REFUNDED)
    began = clock.now()

    found = await service.see_order(order.id, user_id=order.user_id, wait=10)

    assert (found.state, clock.now()) == (state, began)


async def test_a_refund_is_waited_for(service, till, clock) -> None:
    order = await till.refund(await till.order_in("CONFIRMED"))
    began = clock.now()

    assert (await service.see_order(order.id, user_id=order.user_id, wait=3)).state == "REFUNDING"

    assert (clock.now() - began).total_seconds() == pytest.approx(3)
