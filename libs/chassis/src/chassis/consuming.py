"""The side door's doorman: parse, check the schema, call the one handler, say what became of it."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from opentelemetry.trace import SpanKind
from pydantic import ValidationError

from chassis import tracing
from chassis.broker import Verdict
from chassis.faults import StoreUnavailable, WriteConflict
from chassis.log_events import EVENTS
from chassis.logging import get_logger
from chassis.messages import Contract, Envelope
from chassis.world import World

HANDLER_SECONDS = 30.0
REPEATS = 3
"""How often a handler that lost to another writer is run again before its message climbs the ladder."""
PAUSE_SECONDS, PAUSE_CAP = 0.02, 0.2
MAX_BODY = 1024 * 1024

log = get_logger("chassis.consuming", EVENTS)

Observe = Callable[[str, Verdict, float], None]
"""Told of each delivery: its type, what became of it, and after how many seconds."""
Handler = Callable[[Any, Envelope], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Listener:
    """One message type and the consumer that hears it."""

    contract: type[Contract]
    handle: Handler


class Dispatcher:
    """Finds the listener for a delivery and runs it within its time; never raises for a bad message.

    A listener raises StoreUnavailable when our own store is at fault, and WriteConflict when its whole attempt
    may be repeated at once; any other exception counts as a fault of this message, which may heal.
    """

    def __init__(
        self,
        *listeners: Listener,
        observe: Observe | None = None,
        world: World | None = None,
    ) -> None:
        self._listeners: Mapping[str, Listener] = {each.contract.routing_key(): each for each in listeners}
        self._observe = observe
        self._world = world or World()

    async def __call__(self, body: bytes) -> Verdict:
        began = self._world.clock.monotonic()
        parsed = self._parse(body)
        if parsed is None:
            return self._seen("unknown", Verdict.DEAD, began)
        listener, message, envelope = parsed
        with tracing.span(f"hear {envelope.type}", traceparent=envelope.trace, kind=SpanKind.CONSUMER):
            return self._seen(envelope.type, await self._run(listener, message, envelope), began)

    def _parse(self, body: bytes) -> tuple[Listener, Contract, Envelope] | None:
        if len(body) > MAX_BODY:
            log.error("message.refused", why="too large", size=len(body))
            return None
        try:
            envelope = Envelope.model_validate(json.loads(body))
            listener = self._listeners[envelope.type]
            return listener, listener.contract.model_validate(envelope.data), envelope
        except KeyError as unknown:
            log.error("message.refused", why="nobody here listens to it", type=unknown.args[0])
        except (ValidationError, ValueError, RecursionError) as fault:
            log.error("message.refused", why="bad shape", fault=type(fault).__name__)
        return None

    async def _run(self, listener: Listener, message: Contract, envelope: Envelope) -> Verdict:
        try:
            async with asyncio.timeout(HANDLER_SECONDS):
                await self._handle(listener, message, envelope)
        except StoreUnavailable as fault:
            log.warning("message.put_back", type=envelope.type, id=str(envelope.id), fault=str(fault))
            return Verdict.STORE_DOWN
        except Exception as fault:  # a failing handler is this message's fault, whatever it raised
            log.error("message.failed", type=envelope.type, id=str(envelope.id), exc_info=fault)
            return Verdict.RETRY
        return Verdict.DONE

    async def _handle(self, listener: Listener, message: Contract, envelope: Envelope) -> None:
        for attempt in range(REPEATS):
            try:
                return await listener.handle(message, envelope)
            except WriteConflict as conflict:
                log.info("message.repeated", type=envelope.type, id=str(envelope.id), conflict=str(conflict))
            await self._world.clock.sleep(self._world.jitter(base=PAUSE_SECONDS, attempt=attempt, cap=PAUSE_CAP))
        return await listener.handle(message, envelope)

    def _seen(self, type_: str, verdict: Verdict, began: float) -> Verdict:
        if self._observe is not None:
            self._observe(type_, verdict, self._world.clock.monotonic() - began)
        return verdict
