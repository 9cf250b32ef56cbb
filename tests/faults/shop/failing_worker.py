"""`python -m tests.faults.shop.failing_worker product|payment TIMES`: a worker whose handlers fail, then heal.

The only file here that imports a service: the shipped workers have no switch that makes them fail. Every message's
handling fails TIMES times, by turns before its effect and after its effect was committed.
"""

import asyncio
import sys
from collections import Counter
from dataclasses import replace
from importlib import import_module
from typing import Any

from chassis.consuming import Handler, Listener
from chassis.messages import Envelope
from chassis.process import prepare, run_worker
from chassis.rabbit_broker import RabbitBroker
from chassis.settings import load
from chassis.world import World


class NotToday(Exception):
    """What a bug in a handler looks like to the dispatcher."""


def failing(handle: Handler, times: int) -> Handler:
    """The same handler, behind so many failures of each message."""
    failed: Counter[Any] = Counter()

    async def handle_perhaps(message: Any, envelope: Envelope) -> None:
        if failed[envelope.id] >= times:
            return await handle(message, envelope)
        failed[envelope.id] += 1
        if failed[envelope.id] % 2 == 0:
            await handle(message, envelope)
        raise NotToday(f"{envelope.type}, for the {failed[envelope.id]}. time")

    return handle_perhaps


async def run(service: str, times: int) -> None:
    worker, wiring = import_module(f"{service}_service.worker"), import_module(f"{service}_service.wiring")
    chosen = import_module(f"{service}_service.settings")
    settings = load(getattr(chosen, f"{service.capitalize()}Settings"))
    prepare(settings)
    world = World()
    async with wiring.open_service(settings, world) as opened:
        parts = worker.parts(opened)
        listeners = [Listener(each.contract, failing(each.handle, times)) for each in parts.listeners]
        broker = RabbitBroker(settings.broker_url, world=world)
        parts = replace(parts, listeners=listeners)
        await run_worker(parts, settings=settings, broker=broker, checks=opened.checks, world=world)


if __name__ == "__main__":
    asyncio.run(run(sys.argv[1], int(sys.argv[2])))
