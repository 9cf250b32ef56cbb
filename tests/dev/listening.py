"""Somebody who listens to the live stream, and comes back with the last number whatever happens to it."""

import asyncio
import json
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx2

from tests.journeys.live import PATH

PATIENCE_SECONDS = 60
AGAIN_SECONDS = 0.2


@dataclass
class Listener:
    """`heard` are the events in the order in which they came."""

    url: str
    token: str
    heard: list[dict[str, Any]] = field(default_factory=list)
    last: str | None = None
    broken: int = 0
    """How often the stream broke off, or could not be opened."""
    ended: int = 0
    """How often it was ended in order."""

    async def listen(self) -> None:
        """Until cancelled."""
        async with httpx2.AsyncClient(base_url=self.url, timeout=httpx2.Timeout(5, read=None)) as client:
            while True:
                try:
                    await self._once(client)
                    self.ended += 1
                except httpx2.HTTPError:
                    self.broken += 1
                await asyncio.sleep(AGAIN_SECONDS)

    async def has(self, enough: Callable[["Listener"], bool], what: str) -> None:
        """Returns once enough was heard."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not enough(self):
                await asyncio.sleep(0.05)
        assert enough(self), what

    async def _once(self, client: httpx2.AsyncClient) -> None:
        headers = {"Authorization": f"Bearer {self.token}"}
        if self.last is not None:
            headers["Last-Event-ID"] = self.last
        async with client.stream("GET", PATH, headers=headers) as answer:
            answer.raise_for_status()
            said: dict[str, str] = {}
            async for line in answer.aiter_lines():
                name, _, value = line.partition(": ")
                if name:
                    said[name] = value
                elif not line and "id" in said:
                    self._hear(said)
                    said = {}

    def _hear(self, said: dict[str, str]) -> None:
        """Only with the empty line behind it: what was cut off in the middle was never an event."""
        self.last = said["id"]
        assert said["event"] != "reset", "something was lost"
        if said["event"] == "notification":
            self.heard.append(json.loads(said["data"]))


@asynccontextmanager
async def listening(listeners: list[Listener]) -> AsyncGenerator[None]:
    """All of them, each past the opening of its stream, while the context is open."""
    tasks = [asyncio.create_task(each.listen()) for each in listeners]
    try:
        for each in listeners:
            await each.has(lambda one: one.last is not None, "the stream is open")
        yield
    finally:
        for task in tasks:
            task.cancel()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
    assert [each for each in ended if not isinstance(each, asyncio.CancelledError)] == []
