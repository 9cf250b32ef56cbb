"""The public door on a real socket, because what stays open is only seen there; and a client that reads streams."""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest
from chassis.auth import NotSignedIn, Principal
from chassis.bounds import App
from chassis.health import Health
from chassis.server import listen, make_server
from chassis.world import World
from fastapi import FastAPI
from notification_service.main import create_apps
from notification_service.settings import NotificationSettings
from notification_service.use_cases.live_feeds import LiveFeeds
from notification_service.wiring import NotificationService, in_memory

ADA, BOB = UUID(int=1), UUID(int=2)
STREAM = "/api/v1/notifications/stream"
TICK = 0.02


@dataclass
class People:
    """Who holds which token."""

    known: dict[str, Principal] = field(default_factory=dict)

    def token(self, user_id: UUID, *, lasting: timedelta = timedelta(minutes=5), role: str = "customer") -> str:
        token = f"token-{len(self.known)}"
        ends = datetime.now(UTC) + lasting
        self.known[token] = Principal(user_id, uuid4(), frozenset({role}), expires_at=ends)
        return token

    async def __call__(self, token: str) -> Principal:
        if token not in self.known:
            raise NotSignedIn
        return self.known[token]


@dataclass
class Event:
    name: str
    id: str
    data: Any


@dataclass
class Stream:
    """What comes on an open stream."""

    answer: httpx2.Response
    lines: AsyncIterator[str]
    pings: int = 0

    async def next(self) -> Event | None:
        """The next event; None when the server has ended the stream."""
        said: dict[str, str] = {}
        async with asyncio.timeout(10):
            async for line in self.lines:
                if line.startswith(":"):
                    self.pings += 1
                elif line:
                    name, _, value = line.partition(": ")
                    said[name] = value
                elif said:
                    return Event(said["event"], said["id"], json.loads(said["data"]))
        return None

    async def take(self, count: int) -> list[str]:
        """The ids of the next so many events."""
        return [(await self.next()).id for _ in range(count)]


@dataclass
class Door:
    service: NotificationService
    people: People
    health: Health
    client: httpx2.AsyncClient
    app: FastAPI

    @asynccontextmanager
    async def stream(self, token: str, *, after: int | None = None, opened: bool = True) -> AsyncGenerator[Stream]:
        """An open stream, past its first event."""
        headers = {"Authorization": f"Bearer {token}"}
        if after is not None:
            headers["Last-Event-ID"] = str(after)
        async with self.client.stream("GET", STREAM, headers=headers) as answer:
            stream = Stream(answer, answer.aiter_lines())
            if opened:
                assert answer.status_code == 200, await answer.aread()
                assert (await stream.next()).name == "open"
            yield stream

    async def get(self, path: str, token: str, **more: Any) -> httpx2.Response:
        async with asyncio.timeout(10):  # a stream would go on for ever
            return await self.client.get(path, headers={"Authorization": f"Bearer {token}"}, **more)

    async def post(self, path: str, token: str, body: Any) -> httpx2.Response:
        return await self.client.post(path, headers={"Authorization": f"Bearer {token}"}, json=body)

    async def tell(self, user_id: UUID, number: str = "M-1", kind: str = "order_cancelled") -> None:
        facts = {"number": number, "reason": "CUSTOMER", "total": 100, "refunded": 0, "currency": "EUR"}
        at = datetime(2026, 11, 1, tzinfo=UTC)
        await self.service.tell(
            kind=kind, event_id=uuid4(), user_id=user_id, at=at, order_id=UUID(int=9), facts={**facts, "secret": "x"}
        )


@asynccontextmanager
async def served(app: App) -> AsyncGenerator[str]:
    """The app on a free port; its URL."""
    socket = listen("127.0.0.1", 0)
    server = make_server(app)
    serving = asyncio.create_task(server._serve([socket]))
    try:
        yield f"http://127.0.0.1:{socket.getsockname()[1]}"
    finally:
        server.should_exit = server.force_exit = True
        await serving


@pytest.fixture
def live_settings(settings: NotificationSettings) -> NotificationSettings:
    return settings


@pytest.fixture
async def door(live_settings: NotificationSettings, mailbox: Any) -> AsyncIterator[Door]:
    world = World()
    wired = in_memory(live_settings, world, mailbox)
    live = LiveFeeds(wired.show.feeds, wired.revoked, world, ping=1.0, every=TICK)
    service, people, health = replace(wired, live_feeds=live), People(), Health(world)
    apps = create_apps(service, live_settings, verifier=people, health=health)
    async with served(apps.public) as url, httpx2.AsyncClient(base_url=url, timeout=10) as client:
        yield Door(service, people, health, client, apps.public)
