"""How everything that is owed leaves, on whichever channel: claim, attempt, write down."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from chassis import tracing
from chassis.world import World

from notification_service.ports import Deliveries, Delivery, DeliveryState

LEASE = timedelta(seconds=60)
"""Longer than the slowest attempt, so that nobody else sends the same thing beside us."""
SCHEDULE = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=12),
)
AT_ONCE = 4

Outcome = tuple[DeliveryState, str | None]
"""What became of an attempt, and the id that the message has outside."""
Observe = Callable[[str, DeliveryState], None]


@dataclass(frozen=True, slots=True)
class Sending:
    """What is due on one channel, a few at a time."""

    channel: str
    deliveries: Deliveries
    world: World
    observe: Observe
    schedule: tuple[timedelta, ...] = SCHEDULE

    async def __call__(self, attempt: Callable[[Delivery], Awaitable[Outcome]]) -> int:
        """How many were tried."""
        under_way: list[asyncio.Task[None]] = []
        try:
            # One claim after the other, so that a channel on which nothing is due is asked once and not four times.
            for _ in range(AT_ONCE):
                lease = self.world.ids.uuid7()
                delivery = await self.deliveries.claim(channel=self.channel, lease=lease, lasting=LEASE)
                if delivery is None:
                    break
                under_way.append(self.world.spawn(self._try(delivery, lease, attempt), name=f"send-{self.channel}"))
        finally:
            # Whatever goes wrong with one, the others are finished: what has left must be written down.
            endings = await asyncio.gather(*under_way, return_exceptions=True)
        for fault in endings:
            if fault is not None:
                raise fault
        return len(under_way)

    async def _try(self, delivery: Delivery, lease: UUID, attempt: Callable[[Delivery], Awaitable[Outcome]]) -> None:
        with tracing.span(f"send {self.channel}", traceparent=delivery.trace):
            state, message_id = await attempt(delivery)
            pause = self.schedule[min(delivery.attempts, len(self.schedule) - 1)]
            await self.deliveries.settle(delivery.id, lease=lease, state=state, pause=pause, message_id=message_id)
        self.observe(delivery.kind, state)

    def later(self, delivery: Delivery) -> DeliveryState:
        """What an attempt ends as that came to nothing."""
        return DeliveryState.QUEUED if delivery.attempts < len(self.schedule) else DeliveryState.GIVEN_UP
