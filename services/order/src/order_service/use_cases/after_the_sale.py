"""What staff does with an order that is paid: ship it, note that it has arrived."""

from dataclasses import dataclass, replace
from uuid import UUID

from chassis.faults import WriteConflict
from chassis.world import World

from order_service.domain import saga
from order_service.domain.order import Order, OrderNotFound, Shipment, storable
from order_service.domain.saga_table import Trigger
from order_service.domain.states import State
from order_service.ports import AllOrders

ATTEMPTS = 5


class NotShippable(Exception):
    """It is not paid yet, over, or on its way already with another parcel."""

    def __init__(self, state: State) -> None:
        super().__init__(f"The order is {state} and can not be shipped.")
        self.state = state


class NotDeliverable(Exception):
    """It has not been shipped."""

    def __init__(self, state: State) -> None:
        super().__init__(f"The order is {state} and can not arrive.")
        self.state = state


@dataclass(frozen=True, slots=True)
class ShipOrder:
    """The parcel has left. Said again of the same parcel, nothing changes. Raises OrderNotFound, NotShippable."""

    orders: AllOrders
    world: World

    async def __call__(self, order_id: UUID, *, carrier: str, tracking: str) -> Order:
        for _ in range(ATTEMPTS):
            order = await _found(self.orders, order_id)
            if order.shipment is not None and (order.shipment.carrier, order.shipment.tracking) == (carrier, tracking):
                return order
            now = self.world.clock.now()
            step = saga.advance(order, Trigger.SHIP, now=now)
            if step is None:
                raise NotShippable(order.state)
            shipped = replace(step.order, shipment=Shipment(carrier, tracking, storable(now)))
            if await self.orders.save(shipped, step.says):
                return shipped
        raise WriteConflict(f"order {order_id}")


@dataclass(frozen=True, slots=True)
class DeliverOrder:
    """The parcel has arrived. Said again, nothing changes. Raises OrderNotFound, NotDeliverable."""

    orders: AllOrders
    world: World

    async def __call__(self, order_id: UUID) -> Order:
        for _ in range(ATTEMPTS):
            order = await _found(self.orders, order_id)
            if any(each.trigger == Trigger.DELIVER for each in order.history):
                return order
            step = saga.advance(order, Trigger.DELIVER, now=self.world.clock.now())
            if step is None:
                raise NotDeliverable(order.state)
            if await self.orders.save(step.order, step.says):
                return step.order
        raise WriteConflict(f"order {order_id}")


async def _found(orders: AllOrders, order_id: UUID) -> Order:
    order = await orders.any(order_id)
    if order is None:
        raise OrderNotFound
    return order
