"""One process, one event loop, one HTTP server on two sockets; it owns SIGTERM and drains in order."""

import asyncio
import signal
import socket
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import uvicorn

from chassis.bounds import App, Receive, Scope, Send
from chassis.health import Health
from chassis.log_events import EVENTS
from chassis.logging import get_logger
from chassis.problems import problem
from chassis.settings import ServiceSettings
from chassis.world import World

if TYPE_CHECKING:
    from chassis.app import Apps

BACKLOG = 512
GRACE_SECONDS = 20
KEEP_ALIVE_SECONDS = 75
"""Longer than the gateway's 60, so that it is never we who close a connection that it is about to use."""

log = get_logger("chassis.server", EVENTS)


@dataclass(slots=True)
class Doors:
    """Tells the public door from the internal one by the port that the connection came in on.

    The public one lets nobody in before the process knows what it must know: who was sent away, above all.
    """

    public: App
    internal: App
    internal_port: int
    health: Health

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._choose(inside=scope["server"][1] == self.internal_port)(scope, receive, send)

    def _choose(self, *, inside: bool) -> App:
        if inside:
            return self.internal
        if self.health.faults:
            starting = {"Retry-After": "1", "Cache-Control": "no-store"}
            return problem(503, "unavailable", "Just starting.", headers=starting)
        return self.public


class WorkEnded(Exception):
    """A part of the process that should run for ever came to an end."""


@dataclass(slots=True)
class Background:
    """Work that runs beside the requests and ends with the process. None of it ends before."""

    world: World
    tasks: list[asyncio.Task[Any]] = field(default_factory=list)

    def start(self, name: str, work: Coroutine[Any, Any, Any]) -> None:
        self.tasks.append(self.world.spawn(work, name=name))

    async def watch(self) -> None:
        """Until one of them ends. Raises what it ended of: whoever restarts processes knows better what to do next."""
        ended, _ = await asyncio.wait(self.tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in ended:
            task.result()
        raise WorkEnded(", ".join(task.get_name() for task in ended))

    async def stop(self) -> None:
        """Each finishes what it is in the middle of, then goes."""
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)


def listen(host: str, port: int) -> socket.socket:
    """A bound TCP socket; port 0 takes any free one."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Named as TCP, or asyncio would not take it for TCP: answers then wait 40 ms for each other (Nagle).
    opened = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    opened.bind((host, port))
    return opened


def make_server(app: App) -> uvicorn.Server:
    """A uvicorn server that leaves signals, access logs and lifespan to us."""
    config = uvicorn.Config(
        app,
        lifespan="off",
        log_config=None,
        http="httptools",
        ws="none",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        backlog=BACKLOG,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    return uvicorn.Server(config)


def stop_signal() -> asyncio.Event:
    """Set once SIGTERM or SIGINT arrives."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for each in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(each, stop.set)
    return stop


async def serve(
    app: App,
    sockets: Sequence[socket.socket],
    *,
    drain_seconds: float,
    health: Health,
    stop: asyncio.Event,
    watched: Sequence[asyncio.Task[Any]] = (),
    before_closing: Callable[[], Awaitable[None]] | None = None,
) -> None:
    """Serve until `stop`, or until a watched task ends; then drain. Raises what ended a watched task.

    Order of leaving: unready at once and streams closed, serve on for `drain_seconds` and until `before_closing` is
    done, stop accepting, finish requests in flight. Whoever asks a second time is not heard: it is under way.
    """
    server = make_server(app)
    serving = health.world.spawn(server._serve(list(sockets)), name="http")
    ticking = health.world.spawn(health.tick(), name="health-tick")
    stopping = health.world.spawn(stop.wait(), name="stop-signal")
    log.info("server.listening", ports=[each.getsockname()[1] for each in sockets])
    try:
        await asyncio.wait({serving, stopping, *watched}, return_when=asyncio.FIRST_COMPLETED)
        health.leave()
        log.info("server.leaving")
        if stop.is_set():
            await health.world.clock.sleep(drain_seconds)
            if before_closing is not None:
                await before_closing()
    finally:
        server.should_exit = True
        await asyncio.wait({serving})
        for task in (ticking, stopping):
            task.cancel()
    for task in (serving, *watched):
        if task.done() and not task.cancelled():
            task.result()


async def serve_apps(apps: "Apps", *, settings: ServiceSettings, health: Health, stop: asyncio.Event) -> None:
    """Both doors of an API process."""
    public, internal = listen(settings.host, settings.public_port), listen(settings.host, settings.internal_port)
    doors = Doors(apps.public, apps.internal, internal.getsockname()[1], health)
    await serve(doors, [public, internal], drain_seconds=settings.drain_seconds, health=health, stop=stop)
