"""A service of no trade in particular, to be run as a process: `python small_service.py api|worker|broken-worker`."""

import asyncio
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar

from chassis import app, authz
from chassis.consuming import Listener
from chassis.health import Health
from chassis.jobs import Job
from chassis.memory import MemoryStore
from chassis.memory_broker import MemoryBroker
from chassis.messages import Envelope
from chassis.metrics import Metrics
from chassis.process import prepare, run_api, run_worker, start
from chassis.revocation import InMemoryRevocations, RevokedSessions
from chassis.settings import ServiceSettings, load
from chassis.worker import WorkerParts
from chassis.world import World
from fastapi import APIRouter
from pydantic import BaseModel
from pydantic_settings import SettingsConfigDict

WHO_MAY = """
GET /loop: {who: [anonymous]}
GET /slow: {who: [anonymous]}
POST /commits: {who: [anonymous], writes: [what]}
"""


class SmallSettings(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="SMALL_")
    service: ClassVar[str] = "small"

    folder: Path


class Commit(BaseModel):
    what: str


class Parcel(BaseModel):
    """What the small service says and hears."""

    source: ClassVar[str] = "small"
    exchange: ClassVar[str] = "small.events"
    lane: ClassVar[Any] = "news"
    version: ClassVar[int] = 1
    about: ClassVar[str] = "name"

    name: str

    @classmethod
    def routing_key(cls) -> str:
        return "Parcel.v1"


async def seen(path: Path) -> None:
    while not path.exists():  # noqa: ASYNC240 - a look takes microseconds
        await asyncio.sleep(0.01)


def public(folder: Path) -> APIRouter:
    routes = APIRouter()

    @routes.get("/loop")
    async def loop() -> dict[str, str]:
        return {"loop": type(asyncio.get_running_loop()).__module__}

    @routes.get("/slow")
    async def slow() -> dict[str, str]:
        (folder / "begun").touch()
        await seen(folder / "go-on")
        return {"done": "yes"}

    @routes.post("/commits")
    async def commit(body: Commit) -> Commit:
        (folder / "begun").touch()
        await seen(folder / "go-on")
        await asyncio.sleep(0)
        (folder / "committed").write_text(body.what)
        return body

    return routes


async def api(settings: SmallSettings) -> None:
    prepare(settings)
    world = World()

    async def content() -> list[str]:
        return ["somebody holds the service"] if (settings.folder / "hold").exists() else []

    def build(health: Health) -> app.Apps:
        return app.build(
            service=None,
            title="Small",
            public=[public(settings.folder)],
            authz_=authz.parse(WHO_MAY),
            refusals={},
            verifier=lambda token: None,
            health_=health,
            metrics_=Metrics("small"),
        )

    try:
        revoked = RevokedSessions(InMemoryRevocations(MemoryStore(world)), world)
        await run_api(build, settings=settings, checks=[content], world=world, revoked=revoked)
    finally:
        (settings.folder / "closed").touch()


async def worker(settings: SmallSettings, *, broken: bool) -> None:
    prepare(settings)
    world, folder = World(), settings.folder
    store = MemoryStore(world)

    async def hear(_parcel: Parcel, _envelope: Envelope) -> None:
        (folder / "handling").touch()
        await seen(folder / "go-on")
        (folder / "handled").touch()

    async def sweep() -> int:
        (folder / "sweeping").touch()
        await seen(folder / "go-on")
        (folder / "swept").touch()
        return 0

    async def always() -> bool:
        return True

    class BrokenOutbox:
        def lead(self) -> Any:
            raise LookupError("a bug, and ada@example.com is in it")

        backlog, trim = store.outbox.backlog, store.outbox.trim

    async with store.transaction():
        store.announce(Parcel(name="a"))
    parts = WorkerParts(
        service="small",
        store_answers=always,
        metrics=Metrics("small"),
        listeners=[Listener(Parcel, hear)],
        outbox=BrokenOutbox() if broken else store.outbox,
        jobs=[Job("sweep", timedelta(seconds=1), sweep)],
    )
    broker = MemoryBroker({("small.events", "Parcel.v1"): frozenset({"small"})}, world)
    try:
        await run_worker(parts, settings=settings, broker=broker, checks=[], world=world)
    finally:
        (folder / "closed").touch()


if __name__ == "__main__":
    kind, found = sys.argv[1], load(SmallSettings)
    start(api(found) if kind == "api" else worker(found, broken=kind == "broken-worker"))
