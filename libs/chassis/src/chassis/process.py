"""The two kinds of process that every service has: the API and the worker."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import TYPE_CHECKING, Any

import uvloop

from chassis import loading, logging, probes, tracing
from chassis.broker import Broker
from chassis.health import Check, Health
from chassis.log_events import EVENTS
from chassis.revocation import RevokedSessions
from chassis.server import listen, serve, serve_apps, stop_signal
from chassis.settings import ServiceSettings
from chassis.worker import WorkerParts, running
from chassis.world import World

if TYPE_CHECKING:
    from chassis.app import Apps

log = logging.get_logger("chassis.process", EVENTS)


def start(work: Coroutine[Any, Any, None]) -> None:
    """Run a process from its first line to its last. What it dies of is logged, and its status is not 0."""
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(work)
    except Exception as fault:
        log.critical("process.failed", exc_info=fault)
        raise SystemExit(1) from None
    finally:
        tracing.close()


def prepare(settings: ServiceSettings) -> None:
    """Logs and traces, before anything else happens in the process."""
    logging.configure(service=settings.service, level=settings.log_level)
    tracing.install(service=settings.service, collector=settings.traces_url, share=settings.traces_share)


async def run_api(
    build: "Callable[[Health], Apps]",
    *,
    settings: ServiceSettings,
    checks: Sequence[Check],
    world: World,
    revoked: RevokedSessions,
) -> None:
    """Serve until SIGTERM. It is ready, and lets people in, once the checks are content and `revoked` is loaded."""
    health = Health(world)
    stop = stop_signal()
    asserting = world.spawn(health.assert_settings(*checks, revoked.loaded), name="checks")
    reading = world.spawn(revoked.job.forever(world), name="revoked-sessions")
    try:
        apps = build(health)
        loading.done()
        await serve_apps(apps, settings=settings, health=health, stop=stop)
    finally:
        asserting.cancel()
        reading.cancel()


async def run_worker(
    parts: WorkerParts, *, settings: ServiceSettings, broker: Broker, checks: Sequence[Check], world: World
) -> None:
    """Consume, relay and do the jobs until SIGTERM. The checks come first: no work on a store that may forget."""
    health = Health(world)
    stop = stop_signal()

    async def leave() -> None:
        work.cancel()
        await asyncio.wait({work})

    internal = probes.build(health, parts.metrics)
    loading.done()
    work = world.spawn(_work(parts, broker, health, checks), name=f"{parts.service}-work")
    try:
        await serve(
            internal,
            [listen(settings.host, settings.worker_port)],
            drain_seconds=0,
            health=health,
            stop=stop,
            watched=[work],
            before_closing=leave,
        )
    finally:
        await leave()


async def _work(parts: WorkerParts, broker: Broker, health: Health, checks: Sequence[Check]) -> None:
    await health.assert_settings(*checks)
    async with running(parts, broker=broker, world=health.world) as background:
        await background.watch()
