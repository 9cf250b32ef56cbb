"""Look at orders: one, with patience, or all of one's own."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from chassis.outbox import Kept
from chassis.world import World

from order_service.domain.order import Order, OrderNotFound
from order_service.domain.states import State
from order_service.ports import AllOrders, OrderFilter, Orders, Place

FIRST_LOOK, LONGEST_LOOK = 0.05, 0.4
SETTLED = frozenset(
    {
        State.AWAITING_CUSTOMER,
        State.CONFIRMED,
        State.SHIPPED,
        State.DELIVERED,
        State.REFUNDED,
        State.CANCELLED,
    }
)
"""Where the next move is not the machinery's: the customer's at the payment page, staff's, or nobody's."""


@dataclass(frozen=True, slots=True)
class SeeOrder:
    """One's own order; with `wait` seconds the answer comes early once it is settled. Raises OrderNotFound."""

    orders: Orders
    world: World

    async def __call__(self, order_id: UUID, *, user_id: UUID, wait: float = 0) -> Order:
        until = self.world.clock.monotonic() + wait
        pause = FIRST_LOOK
        while True:
            order = await self.orders.get(order_id, owner=user_id)
            if order is None:
                raise OrderNotFound
            left = until - self.world.clock.monotonic()
            if order.state in SETTLED or left <= 0:
                return order
            # Most orders are settled within a moment; the slow ones are not asked after ten times a second.
            await self.world.clock.sleep(min(pause, left))
            pause = min(LONGEST_LOOK, pause * 2)


@dataclass(frozen=True, slots=True)
class SeeAnyOrder:
    """An order as staff sees it. Raises OrderNotFound."""

    orders: AllOrders

    async def __call__(self, order_id: UUID) -> Order:
        order = await self.orders.any(order_id)
        if order is None:
            raise OrderNotFound
        return order


@dataclass(frozen=True, slots=True)
class SeeMessages:
    """What an order has said and its outbox still keeps. Raises OrderNotFound."""

    orders: AllOrders

    async def __call__(self, order_id: UUID) -> Sequence[Kept]:
        said = await self.orders.said(order_id)
        if said is None:
            raise OrderNotFound
        return said


@dataclass(frozen=True, slots=True)
class FindOrders:
    """What staff looks for, and whether there is more of it."""

    orders: AllOrders

    async def __call__(
        self, wanted: OrderFilter, *, after: Place | None, oldest_first: bool, limit: int
    ) -> tuple[Sequence[Order], bool]:
        found = await self.orders.found(wanted, after=after, oldest_first=oldest_first, limit=limit + 1)
        return found[:limit], len(found) > limit


@dataclass(frozen=True, slots=True)
class ListOrders:
    """One's own orders, newest first, and whether there are more."""

    orders: Orders

    async def __call__(self, user_id: UUID, *, before: UUID | None, limit: int) -> tuple[Sequence[Order], bool]:
        found = await self.orders.list_of(user_id, before=before, limit=limit + 1)
        return found[:limit], len(found) > limit
