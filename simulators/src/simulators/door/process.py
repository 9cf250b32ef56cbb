"""The development door as a process of its own: where it finds everybody, and how it asks them.

It knows the services' internal ports, and nobody routes to it but a gateway that is told to.
"""

import json
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self, override

import httpx2
from fastapi import FastAPI

from simulators.door.app import LOCAL_NAMES, make_door

TOTAL_SECONDS = 30.0
CONNECT_SECONDS = 0.5


@dataclass(frozen=True)
class Told:
    """What the door must know. `facts` are the internal URLs of each service's replicas, `user` the public ones."""

    port: int
    facts: Mapping[str, Sequence[str]]
    user: Sequence[str]
    psp: str
    mail: str
    phone: str
    spans: str
    staff: Mapping[str, str]
    management_url: str
    vhost: str
    """Of the broker, as it stands in a URL."""
    host: str = "127.0.0.1"
    names: Sequence[str] = ()
    """By which it may be called, beside the local ones."""

    @classmethod
    def read(cls, file: Path) -> Self:
        return cls(**json.loads(file.read_text()))

    def write(self, file: Path) -> None:
        """For its owner alone."""
        file.touch(mode=0o600)
        file.write_text(json.dumps(asdict(self)))


class WhoeverAnswers(httpx2.AsyncBaseTransport):
    """Asks the first replica that takes the connection; what is asked here changes nothing, or may be repeated."""

    def __init__(self, urls: Sequence[str]) -> None:
        self._urls = [httpx2.URL(each) for each in urls]
        self._transport = httpx2.AsyncHTTPTransport()

    @override
    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        for url in self._urls[:-1]:
            try:
                return await self._ask(url, request)
            except httpx2.ConnectError:
                continue
        return await self._ask(self._urls[-1], request)

    async def _ask(self, url: httpx2.URL, request: httpx2.Request) -> httpx2.Response:
        request.url = request.url.copy_with(host=url.host, port=url.port)
        return await self._transport.handle_async_request(request)

    @override
    async def aclose(self) -> None:
        await self._transport.aclose()


@asynccontextmanager
async def open_door(told: Told) -> AsyncGenerator[FastAPI]:
    """The door, with its clients as long as it is open."""
    async with AsyncExitStack() as closing:

        async def client(*urls: str) -> httpx2.AsyncClient:
            timeout = httpx2.Timeout(TOTAL_SECONDS, connect=CONNECT_SECONDS)
            made = httpx2.AsyncClient(base_url=urls[0], transport=WhoeverAnswers(urls), timeout=timeout)
            return await closing.enter_async_context(made)

        user = await client(*told.user)
        broker = await closing.enter_async_context(
            httpx2.AsyncClient(base_url=told.management_url, timeout=TOTAL_SECONDS)
        )

        async def staff() -> dict[str, object]:
            return (await user.post("/api/v1/sessions", json=dict(told.staff))).raise_for_status().json()

        async def dead_letters() -> Mapping[str, int]:
            queues = (await broker.get(f"/api/queues/{told.vhost}")).raise_for_status().json()
            dead = {each["name"]: each.get("messages", 0) for each in queues if each["name"].endswith(".dead")}
            return {name.removesuffix(".dead"): count for name, count in dead.items()}

        yield make_door(
            facts={service: await client(*urls) for service, urls in told.facts.items()},
            mail=await client(told.mail),
            psp=await client(told.psp),
            phone=await client(told.phone),
            spans=await client(told.spans),
            staff=staff,
            dead_letters=dead_letters,
            names=LOCAL_NAMES.union(told.names),
        )
