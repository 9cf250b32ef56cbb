"""The sweeper: no order depends on a message that survives."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from chassis.logging import get_logger
from chassis.world import World

from order_service.domain import saga
from order_service.domain.order import Order, storable
from order_service.domain.saga_table import Trigger
from order_service.log_events import EVENTS
from order_service.ports import AllOrders, Counts

LEASE = timedelta(seconds=30)

log = get_logger("order.sweeper", EVENTS)


@dataclass(frozen=True, slots=True)
class Sweep:
    """Take one order that has waited too long: ask again, or give up where that is allowed; how many (0 or 1)."""

    orders: AllOrders
    counts: Counts
    world: World

    async def __call__(self) -> int:
        now = self.world.clock.now()
        lease = self.world.ids.uuid7()
        due = await self.orders.claim_due(lease=lease, until=now + LEASE, now=now)
        if due is None:
            return 0
        order = due.order

        gives_up_at = saga.gives_up_at(order, due.first_sent)
        if gives_up_at is not None and gives_up_at <= now:
            step = saga.advance(order, Trigger.GIVE_UP, now=now)
            assert step is not None  # every state that gives up has a row for it
            # Somebody else's step is fine too: a reply that came meanwhile, or a sweeper that took over our lease.
            if await self.orders.save(step.order, step.says):
                self.counts.gave_up(order.state)
                log.warning("saga.gave_up", order=str(order.id), state=order.state)
            return 1

        # A command that has not left is the relay's to send, and its deadline has not begun.
        left = [command for command in order.awaits if command in due.first_sent]
        if left:
            self.counts.asked_again(order.state)
            log.warning("saga.repeated", order=str(order.id), state=order.state, commands=sorted(left))
        await self.orders.repeat(self._later(order, now), lease=lease, commands=sorted(left))
        return 1

    def _later(self, order: Order, now: datetime) -> Order:
        pause = saga.retry_pause(order.tries + 1) * (1 + 0.2 * self.world.dice.fraction())
        return replace(
            order,
            tries=order.tries + 1,
            next_action_at=storable(now + pause),
            needs_review=order.needs_review or saga.needs_review(order, now),
        )
