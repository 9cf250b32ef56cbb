"""Staff gives money back, all of it or some, and says what becomes of the goods."""

from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from chassis.faults import WriteConflict
from chassis.idempotency import IdempotencyKeyReused
from chassis.logging import get_logger, pseudonym
from chassis.world import World

from order_service.domain import saga
from order_service.domain.order import Order, OrderNotFound
from order_service.domain.refund import Refund, RefundWish
from order_service.domain.refunding import decide
from order_service.domain.saga_table import Trigger
from order_service.log_events import EVENTS
from order_service.ports import AllOrders

ATTEMPTS = 5

log = get_logger("order.refund", EVENTS)


@dataclass(frozen=True, slots=True)
class Refunded:
    order: Order
    refund: Refund
    replayed: bool


@dataclass(frozen=True, slots=True)
class RefundOrder:
    """One at a time, and never more than is left: the wish is written into the order by the step that it makes.

    Raises OrderNotFound, NotRefundable, RefundTooMuch, NotBought, NotShipped, IdempotencyKeyReused, WriteConflict.
    """

    orders: AllOrders
    world: World

    async def __call__(self, order_id: UUID, wish: RefundWish, *, by: UUID, key: str, request_hash: str) -> Refunded:
        refund_id = self.world.ids.uuid7()
        for _ in range(ATTEMPTS):
            order = await self.orders.any(order_id)
            if order is None:
                raise OrderNotFound
            known = next((each for each in order.refunds if (each.by, each.key) == (by, key)), None)
            if known is not None:
                return _again(order, known, request_hash)
            now = self.world.clock.now()
            asked: dict[str, Any] = {"by": by, "key": key, "request_hash": request_hash, "now": now}
            refund = decide(order, wish, refund_id=refund_id, **asked)
            step = saga.advance(replace(order, refunds=(*order.refunds, refund)), Trigger.REFUND, now=now)
            assert step is not None  # decided just now
            if await self.orders.save(step.order, step.says):
                who = pseudonym(by)
                log.info("order.refund", order=str(order_id), refund=str(refund_id), amount=refund.amount, by=who)
                return Refunded(step.order, refund, replayed=False)
        raise WriteConflict(f"order {order_id}")


def _again(order: Order, known: Refund, request_hash: str) -> Refunded:
    if known.request_hash != request_hash:
        raise IdempotencyKeyReused
    return Refunded(saga.as_of(order, known.version), known.as_of(known.version), replayed=True)
