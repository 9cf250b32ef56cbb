"""Ground for the chassis' own suites: the twins, and the real stores behind the same names."""

import asyncio
import io
import json
import logging as stdlib_logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import redirect_stderr
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar
from uuid import UUID

import asyncpg
import pytest
import structlog
from chassis import logging
from chassis.broker import Verdict
from chassis.memory import MemoryStore
from chassis.messages import Lane
from chassis.outbox import Outbox
from chassis.world import World
from pydantic import BaseModel

TABLES = (Path(__file__).parents[1] / "src/chassis/outbox_table.py").read_text().split("```")[1].removeprefix("sql\n")


class Said(BaseModel):
    """A message of no service in particular."""

    source: ClassVar[str] = "product"
    exchange: ClassVar[str] = "product.events"
    lane: ClassVar[Lane] = "saga"
    version: ClassVar[int] = 1
    about: ClassVar[str] = "order_id"

    order_id: UUID
    text: str = ""

    @classmethod
    def routing_key(cls) -> str:
        return "StockReserved.v1"


class News(Said):
    lane: ClassVar[Lane] = "news"


class Unheard(Said):
    @classmethod
    def routing_key(cls) -> str:
        return "NobodyListens.v1"


@dataclass
class Ear:
    """Hears deliveries and answers with what it was told to answer, DONE at the end."""

    verdicts: list[Verdict] = field(default_factory=list)
    heard: list[bytes] = field(default_factory=list)
    news: asyncio.Event = field(default_factory=asyncio.Event)
    store_up: bool = True
    asked: int = 0

    async def __call__(self, body: bytes) -> Verdict:
        self.heard.append(body)
        self.news.set()
        if not self.store_up:
            return Verdict.STORE_DOWN
        return self.verdicts.pop(0) if self.verdicts else Verdict.DONE

    async def answers(self) -> bool:
        self.asked += 1
        self.news.set()
        return self.store_up

    async def was_asked(self, count: int) -> None:
        async with asyncio.timeout(10):
            while self.asked < count:
                self.news.clear()
                await self.news.wait()

    async def has_heard(self, count: int) -> None:
        async with asyncio.timeout(10):
            while len(self.heard) < count:
                self.news.clear()
                await self.news.wait()


@dataclass
class Desk:
    """An outbox, and a way to write into it as a business transaction would."""

    outbox: Outbox
    say: Callable[..., Awaitable[None]]
    database_url: str = ""


@pytest.fixture
def logged() -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """The log as a service writes it; calling it hands out the lines since the last call."""
    before, level, stream = stdlib_logging.root.handlers[:], stdlib_logging.root.level, io.StringIO()
    with redirect_stderr(stream):
        logging.configure(service="tested")

    def lines() -> list[dict[str, Any]]:
        said = stream.getvalue()
        stream.truncate(0)
        stream.seek(0)
        return [json.loads(line) for line in said.splitlines()]

    yield lines
    structlog.reset_defaults()
    stdlib_logging.root.handlers = before
    stdlib_logging.root.setLevel(level)


@pytest.fixture(params=["memory", "postgres"])
async def desk(request: pytest.FixtureRequest) -> AsyncIterator[Desk]:
    world = World()
    if request.param == "memory":
        store = MemoryStore(world)

        async def say_in_memory(*messages: Said) -> None:
            async with store.transaction():
                for message in messages:
                    store.announce(message)

        yield Desk(store.outbox, say_in_memory)
        return
    from chassis.database import Database
    from chassis.outbox_relay import TableOutbox
    from chassis.outbox_table import announce

    make = request.getfixturevalue("fresh_database")
    fresh = await make("chassis", migrate=make_tables)
    database = Database(fresh.url)

    async def say_in_postgres(*messages: Said) -> None:
        async with database.transaction() as connection:
            await announce(connection, *messages, world=world)

    yield Desk(TableOutbox(fresh.url, world=world), say_in_postgres, fresh.url)
    await database.close()


async def make_tables(fresh: Any) -> None:
    owner = await asyncpg.connect(fresh.owner_url.replace("+asyncpg", ""))
    await owner.execute(TABLES)
    await owner.close()
