"""`python -m tests.crash.process NAME MODULE FOLDER`: the module as it is shipped, with points at which it can die.

The shipped code has no switch for that. Everything a promise hangs on goes through a few doors of the chassis, and the
points are put around those doors from outside, before the module runs.
"""

import runpy
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import wraps
from importlib import import_module
from pathlib import Path
from typing import Any

from aio_pika.message import IncomingMessage
from chassis.bounds import Bounds
from chassis.consuming import Dispatcher
from chassis.database import Database
from chassis.jobs import Job
from chassis.outbox_relay import TableQueue
from chassis.rabbit_consumer import RabbitConsumer
from chassis.rabbit_line import RabbitLine
from chassis.relay import Relay
from pymongo.asynchronous.collection import AsyncCollection
from sqlalchemy import text

from tests.crash.points import PLACE, Points

Method = Callable[..., Awaitable[Any]]

WRITES = ("insert_one", "update_one", "update_many", "find_one_and_update", "delete_one", "bulk_write")
ASKS_ONLY = frozenset({"GET", "HEAD", "OPTIONS"})
WRITTEN = text("SELECT pg_current_xact_id_if_assigned() IS NOT NULL")
SHORT_LEASE = 3
"""Seconds. Whoever dies leaves a lease behind; in earnest others wait up to a minute for it to end."""


def main(name: str, module: str, folder: str) -> None:
    points = Points(name, Path(folder))
    name_places()
    around_messages(points)
    around_stores(points)
    around_replies(points)
    around_the_world_outside(points, module.partition(".")[0])
    shorten_leases(module.partition(".")[0])
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def name_places() -> None:
    """Say what each task is at work on: a message, a job, the outbox."""

    def heard(_self: Any, _listener: Any, _message: Any, envelope: Any) -> str:
        return f"hear {envelope.type}"

    at(Dispatcher, "_run", heard)
    # Jobs of which there are several, `settle-0` to `settle-7`, are one kind of work.
    at(Job, "_round", lambda job: f"job {job.name.rstrip('-0123456789')}")
    at(Relay, "turn", lambda *_: "relay")
    at(Relay, "_meet", lambda *_: "meet the broker")


def at(owner: type, name: str, place: Callable[..., str]) -> None:
    method: Method = getattr(owner, name)

    @wraps(method)
    async def placed(*arguments: Any, **more: Any) -> Any:
        # Not reset: the acknowledgement that follows belongs to the same work.
        found = place(*arguments)
        PLACE.set(lambda: found)
        return await method(*arguments, **more)

    setattr(owner, name, placed)


def around(
    owner: type, name: str, points: Points, action: Callable[..., str], *, matters: Callable[[Any], bool] | None = None
) -> None:
    """A point before the method, and one after it; `matters` tells by its result whether it did anything."""
    method: Method = getattr(owner, name)

    @wraps(method)
    async def crashing(*arguments: Any, **more: Any) -> Any:
        what = action(*arguments)
        points.reach(what, "before")
        result = await method(*arguments, **more)
        if matters is None or matters(result):
            points.reach(what, "after")
        return result

    setattr(owner, name, crashing)


def around_messages(points: Points) -> None:
    around(RabbitLine, "_publish", points, lambda _line, each: f"publish {each.routing_key}")
    around(RabbitConsumer, "_climb", points, lambda *_: "climb the ladder")
    around(IncomingMessage, "ack", points, lambda *_: "ack")
    around(IncomingMessage, "reject", points, lambda *_: "reject")


def around_stores(points: Points) -> None:
    around_commits(points)
    around(TableQueue, "settle", points, lambda *_: "settle the outbox")
    for write in WRITES:
        around(AsyncCollection, write, points, lambda it, *_, write=write: f"{write} {it.name}", matters=wrote)


def around_commits(points: Points) -> None:
    """Of transactions that wrote: one that looked and found nothing to do has nothing to lose."""
    transaction = Database.transaction

    @asynccontextmanager
    async def crashing(database: Database) -> AsyncGenerator[Any]:
        written = False
        async with transaction(database) as connection:
            yield connection
            written = (await connection.execute(WRITTEN)).scalar_one()
            if written:
                points.reach("commit", "before")
        if written:
            points.reach("commit", "after")

    Database.transaction = crashing


def wrote(result: Any) -> bool:
    """A search that found nothing to change, or an update that met nobody, changed nothing."""
    if result is None or isinstance(result, dict):
        return result is not None
    counts = (getattr(result, each, None) for each in ("inserted_id", "upserted_id", "modified_count", "deleted_count"))
    return any(counts)


def around_replies(points: Points) -> None:
    """Of requests that change something."""
    call = Bounds.__call__

    async def crashing(bounds: Bounds, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return await call(bounds, scope, receive, send)
        PLACE.set(lambda: f"{scope['method']} {getattr(scope.get('route'), 'path', scope['path'])}")
        if scope["method"] in ASKS_ONLY:
            return await call(bounds, scope, receive, send)

        async def reply(message: Any) -> None:
            if message["type"] == "http.response.start":
                points.reach("reply", "before")
            await send(message)
            if message["type"] == "http.response.body" and not message.get("more_body"):
                points.reach("reply", "after")

        return await call(bounds, scope, receive, reply)

    Bounds.__call__ = crashing


def around_the_world_outside(points: Points, service: str) -> None:
    if service == "payment_service":
        provider = import_module("payment_service.adapters.stripe_provider").StripeProvider
        around(provider, "_call", points, lambda _provider, operation, _call: f"provider {operation}")
    if service == "notification_service":
        mailer = import_module("notification_service.adapters.smtp_mailer").SmtpMailer
        around(mailer, "send", points, lambda *_: "send the mail")


def shorten_leases(service: str) -> None:
    if service == "payment_service":
        for each in ("settle_payment", "settle_refund"):
            module: Any = import_module(f"payment_service.use_cases.{each}")
            module.LEASE_SECONDS = SHORT_LEASE
    if service == "notification_service":
        sending: Any = import_module("notification_service.use_cases.sending")
        sending.LEASE = timedelta(seconds=SHORT_LEASE)


if __name__ == "__main__":
    main(*sys.argv[1:])
