"""The worker process of a service: consumers, relay and jobs, with probes and metrics on the internal port.

The demo runs the same parts of all services beside each other.
"""

from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta

from chassis.broker import Broker, StoreProbe
from chassis.consuming import Dispatcher, Listener
from chassis.jobs import Job
from chassis.metrics import Metrics
from chassis.outbox import Outbox
from chassis.relay import Relay
from chassis.server import Background
from chassis.world import World

OBSERVE_EVERY = timedelta(seconds=5)
ON_TABLES = 5
"""The concurrency of a worker whose store is PostgreSQL, where a pool has ten connections."""
JANITOR_EVERY = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class WorkerParts:
    """What one service does in the background."""

    service: str
    store_answers: StoreProbe
    metrics: Metrics
    listeners: Sequence[Listener] = ()
    outbox: Outbox | None = None
    jobs: Sequence[Job] = field(default_factory=tuple)
    concurrency: int = 8
    """Messages handled at once: half of a pool, so that jobs and probes never wait for consumers."""


@asynccontextmanager
async def running(parts: WorkerParts, *, broker: Broker, world: World) -> AsyncGenerator[Background]:
    """Everything at work while the context is open; its exit stops consuming first, then relay and jobs."""
    background = Background(world)
    for job in (*parts.jobs, *_observers(parts, broker)):
        background.start(f"{parts.service}-{job.name}", job.forever(world, parts.metrics.went_round))
    if parts.outbox is not None:
        relay = Relay(
            service=parts.service, outbox=parts.outbox, broker=broker, world=world, relayed=parts.metrics.relayed
        )
        background.start(f"{parts.service}-relay", relay.run())
    async with AsyncExitStack() as stack:
        stack.push_async_callback(background.stop)
        if parts.listeners:
            dispatch = Dispatcher(*parts.listeners, observe=parts.metrics.heard, world=world)
            await stack.enter_async_context(
                broker.consume(
                    parts.service, dispatch, store_answers=parts.store_answers, concurrency=parts.concurrency
                )
            )
        yield background


def _observers(parts: WorkerParts, broker: Broker) -> Sequence[Job]:
    async def observe_dead_letters() -> int:
        parts.metrics.dead_letters.set(await broker.dead_letters(parts.service))
        return 0

    found = [Job("dead-letters", OBSERVE_EVERY, observe_dead_letters)] if parts.listeners else []
    outbox = parts.outbox
    if outbox is None:
        return found

    async def observe_outbox() -> int:
        backlog = await outbox.backlog()
        parts.metrics.outbox_pending.set(backlog.pending)
        parts.metrics.outbox_oldest.set(backlog.oldest_seconds)
        return 0

    return [*found, Job("outbox-age", OBSERVE_EVERY, observe_outbox), Job("outbox-trim", JANITOR_EVERY, outbox.trim)]
