"""A customer thinks better of it, or staff has to."""

from dataclasses import dataclass, replace
from uuid import UUID

from chassis.faults import WriteConflict
from chassis.idempotency import IdempotencyKeyReused, fingerprint
from chassis.world import World

from order_service.domain import saga
from order_service.domain.order import Accepted, Order, OrderNotFound, OrderOver
from order_service.domain.saga_table import Trigger
from order_service.ports import Orders

ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class Cancelled:
    order: Order
    replayed: bool


@dataclass(frozen=True, slots=True)
class CancelOrder:
    """Ask for the end of an order; goods and money come back by themselves.

    While money is being taken the wish is noted, and followed once that is known.
    Raises OrderNotFound, OrderOver, IdempotencyKeyReused, WriteConflict.
    """

    orders: Orders
    world: World

    async def __call__(self, order_id: UUID, *, user_id: UUID, key: str) -> Cancelled:
        """Asked by the customer."""
        return await self._cancel(order_id, key, owner=user_id)

    async def by_staff(self, order_id: UUID, *, staff_id: UUID, key: str) -> Cancelled:
        # A key is visible ASCII: with a space it is nobody else's.
        return await self._cancel(order_id, f"{staff_id} {key}", owner=None)

    async def _cancel(self, order_id: UUID, key: str, *, owner: UUID | None) -> Cancelled:
        """`owner`: whose it must be; None for staff."""
        request = fingerprint("POST", f"orders/{order_id}/cancel", {})
        for _ in range(ATTEMPTS):
            order = await self.orders.get(order_id)
            if order is None or owner not in {None, order.user_id}:
                raise OrderNotFound
            if key in order.cancel_keys:
                known = order.cancel_keys[key]
                if known.request_hash != request:
                    raise IdempotencyKeyReused
                return Cancelled(saga.as_of(order, known.version), replayed=True)
            step = saga.advance(order, Trigger.CANCEL, now=self.world.clock.now(), by_staff=owner is None)
            if step is None:
                raise OrderOver(order.state)
            # The key is written with its effect, by the same write.
            accepted = Accepted(request, step.order.version)
            cancelled = replace(step.order, cancel_keys={**order.cancel_keys, key: accepted})
            if await self.orders.save(cancelled, step.says):
                return Cancelled(cancelled, replayed=False)
        raise WriteConflict(f"order {order_id}")
