"""The relay: takes messages from a service's outbox to the broker, again and again until it has them."""

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from chassis.broker import Broker, Line
from chassis.faults import BrokerDown, StoreUnavailable
from chassis.log_events import EVENTS
from chassis.logging import get_logger
from chassis.messages import Outgoing
from chassis.outbox import BATCH, Outbox, OutboxQueue
from chassis.tracing import Parcel
from chassis.world import World

POLL_SECONDS = 1.0
MAX_BACKOFF_SECONDS = 5.0

log = get_logger("chassis.relay", EVENTS)


class Relayed(Protocol):
    """Told of each batch."""

    def __call__(self, *, published: int, refused: int) -> None: ...


class Relay:
    """One per service process; only the one that leads its outbox sends.

    It publishes first and marks afterwards: a crash between the two sends a message twice, and listeners
    drop repeats. It never sends out of the business transaction's sight, so nothing is lost.
    """

    def __init__(
        self, *, service: str, outbox: Outbox, broker: Broker, world: World, relayed: Relayed | None = None
    ) -> None:
        self._service = service
        self._outbox = outbox
        self._broker = broker
        self._world = world
        self._relayed = relayed

    async def run(self) -> None:
        """Until cancelled."""
        failures = 0
        while True:
            try:
                async with self._outbox.lead() as queue, self._broker.line(self._service) as line:
                    await self._meet(queue, line)
                    failures = 0
                    await self._forward(queue, line)
            except (BrokerDown, StoreUnavailable) as fault:
                log.warning("relay.interrupted", service=self._service, fault=str(fault))
                pause = self._world.jitter(base=0.1, attempt=failures, cap=MAX_BACKOFF_SECONDS)
                failures += 1
                await self._world.clock.sleep(pause)

    async def _forward(self, queue: OutboxQueue, line: Line) -> None:
        while True:
            # A relay that is told to leave finishes its batch. One that was not full was all there was: what has been
            # written since ends the wait at once.
            if await self._world.to_the_end(self.turn(queue, line), name=f"{self._service}-batch") < BATCH:
                await queue.wait(POLL_SECONDS)
                # A broker that lost its memory while we had nothing to say must hear again what we said before.
                line.check()

    async def turn(self, queue: OutboxQueue, line: Line) -> int:
        """One batch; how many were in it, whether the broker took them or not."""
        batch = await queue.due()
        if not batch:
            return 0
        confirmed = await _publish(line, batch)
        refused = frozenset(each.id for each in batch) - confirmed
        if refused:
            log.error("relay.refused", service=self._service, count=len(refused))
        if self._relayed is not None:
            self._relayed(published=len(confirmed), refused=len(refused))
        await queue.settle(confirmed=confirmed, refused=refused)
        return len(batch)

    async def _meet(self, queue: OutboxQueue, line: Line) -> None:
        """Is this the broker we knew? One that lost its memory is told again what it should know."""
        known, found = await queue.incarnation(), await line.incarnation()
        if found is not None and found == known:
            return
        again = await queue.replay() if known is not None else 0
        log.warning("relay.new_broker", service=self._service, replayed=again)
        fresh = self._world.ids.uuid7()
        await line.write_incarnation(fresh)
        await queue.remember(fresh)


async def _publish(line: Line, batch: Sequence[Outgoing]) -> frozenset[UUID]:
    """Each message under a span of its own, as far as its trace is recorded; whoever hears it goes on from there."""
    parcels = {each.id: Parcel.leaves(f"say {each.routing_key}", traceparent=each.envelope.trace) for each in batch}
    confirmed: frozenset[UUID] = frozenset()
    try:
        confirmed = await line.publish([each.under(parcels[each.id]) for each in batch])
    finally:
        for id_, parcel in parcels.items():
            if parcel is not None:
                parcel.arrives(taken=id_ in confirmed)
    return confirmed
