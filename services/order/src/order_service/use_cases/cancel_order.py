"""A customer thinks better of it, or staff has to."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from uuid import UUID

from chassis.faults import WriteConflict
from chassis.idempotency import IdempotencyKeyReused, fingerprint
from chassis.world import World

from order_service.domain import saga
from order_service.domain.order import Accepted, Order, OrderNotFound, OrderOver
from order_service.domain.saga_table import Trigger
from order_service.domain.states import Said
from order_service.ports import AllOrders, Orders

ATTEMPTS = 5

type Look = Callable[[], Awaitable[Order | None]]
type Save = Callable[[Order, Sequence[Said]], Awaitable[bool]]


@dataclass(frozen=True, slots=True)
class Cancelled:
    order: Order
    replayed: bool


@dataclass(frozen=True, slots=True)
class CancelOrder:
    """Ask for the end of one's own order; goods and money come back by themselves.

    While money is being taken the wish is noted, and followed once that is known.
    Raises OrderNotFound, OrderOver, IdempotencyKeyReused, WriteConflict.
    """

    orders: Orders
    world: World

    async def __call__(self, order_id: UUID, *, user_id: UUID, key: str) -> Cancelled:
        look = partial(self.orders.get, order_id, owner=user_id)
        return await _cancel(order_id, key, look=look, save=self.orders.save, world=self.world, by_staff=False)


@dataclass(frozen=True, slots=True)
class CancelAnyOrder:
    """The same, by staff and for anybody's order."""

    orders: AllOrders
    world: World

    async def __call__(self, order_id: UUID, *, staff_id: UUID, key: str) -> Cancelled:
        look = partial(self.orders.any, order_id)
        # A key is visible ASCII: with a space it is nobody else's.
        key = f"{staff_id} {key}"
        return await _cancel(order_id, key, look=look, save=self.orders.save, world=self.world, by_staff=True)


async def _cancel(order_id: UUID, key: str, *, look: Look, save: Save, world: World, by_staff: bool) -> Cancelled:
    request = fingerprint("POST", f"orders/{order_id}/cancel", {})
    for _ in range(ATTEMPTS):
        order = await look()
        if order is None:
            raise OrderNotFound
        if key in order.cancel_keys:
            known = order.cancel_keys[key]
            if known.request_hash != request:
                raise IdempotencyKeyReused
            return Cancelled(saga.as_of(order, known.version), replayed=True)
        step = saga.advance(order, Trigger.CANCEL, now=world.clock.now(), by_staff=by_staff)
        if step is None:
            raise OrderOver(order.state)
        # The key is written with its effect, by the same write.
        accepted = Accepted(request, step.order.version)
        cancelled = replace(step.order, cancel_keys={**order.cancel_keys, key: accepted})
        if await save(cancelled, step.says):
            return Cancelled(cancelled, replayed=False)
    raise WriteConflict(f"order {order_id}")
