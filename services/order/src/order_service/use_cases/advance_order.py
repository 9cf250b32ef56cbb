"""Bring an order one step further when a reply has come."""

from dataclasses import dataclass, replace
from uuid import UUID

from chassis.faults import WriteConflict
from chassis.logging import get_logger
from chassis.world import World

from order_service.domain import saga
from order_service.domain.order import Order, PaymentPage
from order_service.domain.saga_table import Trigger
from order_service.domain.states import State
from order_service.log_events import EVENTS
from order_service.ports import AllOrders, Counts

ATTEMPTS = 5

log = get_logger("order.saga", EVENTS)


class OrderUnknown(Exception):
    """A reply about an order that is not here (yet)."""

    def __init__(self, order_id: UUID) -> None:
        super().__init__(f"There is no order {order_id}.")


@dataclass(frozen=True, slots=True)
class AdvanceOrder:
    """What does not fit the order is counted and changes nothing. Raises OrderUnknown, WriteConflict."""

    orders: AllOrders
    counts: Counts
    world: World

    async def __call__(
        self,
        order_id: UUID,
        trigger: Trigger,
        *,
        payment_id: UUID | None = None,
        refund_id: UUID | None = None,
        refunded: int = 0,
        page: PaymentPage | None = None,
    ) -> None:
        for _ in range(ATTEMPTS):
            order = await self.orders.any(order_id)
            if order is None:
                raise OrderUnknown(order_id)
            ours = _is_ours(order, payment_id, refund_id)
            step = saga.advance(order, trigger, now=self.world.clock.now(), refunded=refunded) if ours else None
            if step is None:
                self.counts.unexpected(order.state, trigger)
                log.info("saga.unexpected", order=str(order_id), state=order.state, trigger=trigger)
                return
            moved = replace(step.order, payment_page=page) if page is not None else step.order
            if await self.orders.save(moved, step.says):
                log.info("saga.step", order=str(order_id), before=order.state, after=step.order.state, trigger=trigger)
                self._count_confirmation(order, moved)
                if trigger is Trigger.REFUND_FAILED:
                    self.counts.refund_failed()
                    log.error("saga.refund_failed", order=str(order_id))
                return
        raise WriteConflict(f"order {order_id}")

    def _count_confirmation(self, before: Order, after: Order) -> None:
        """What a customer took to pay is not ours to answer for."""
        first = before.state is State.COMMITTED and after.state is State.CONFIRMED
        if first and all(each.after is not State.AWAITING_CUSTOMER for each in after.history):
            self.counts.confirmed(self.world.clock.now() - after.placed_at)


def _is_ours(order: Order, payment_id: UUID | None, refund_id: UUID | None) -> bool:
    """Is this about the payment and the refund that this order has asked for?"""
    refund = order.open_refund.id if order.open_refund is not None else order.cancel_refund_id
    return payment_id in {None, order.payment_id} and refund_id in {None, refund}
