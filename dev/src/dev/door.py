"""`python -m dev.door`: the development door as a process of its own, beside the simulators.

It knows the services' internal ports and nobody routes to it but the gateway of this machine.
"""

import asyncio
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Self, override

import httpx2
from chassis import logging
from chassis.health import Health
from chassis.server import listen, serve, stop_signal
from chassis.world import World
from simulators.door.app import make_door

from dev.grounds import dead_letters

VARIABLE = "DEV_DOOR"
TOTAL_SECONDS = 30.0
CONNECT_SECONDS = 0.5


@dataclass(frozen=True)
class Told:
    """What the door must know. `facts` are the internal URLs of each service's replicas."""

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

    def environment(self) -> dict[str, str]:
        return {VARIABLE: json.dumps(asdict(self))}

    @classmethod
    def from_environment(cls) -> Self:
        return cls(**json.loads(os.environ[VARIABLE]))


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


def client(*urls: str) -> httpx2.AsyncClient:
    timeout = httpx2.Timeout(TOTAL_SECONDS, connect=CONNECT_SECONDS)
    return httpx2.AsyncClient(base_url=urls[0], transport=WhoeverAnswers(urls), timeout=timeout)


async def run(told: Told) -> None:
    user = client(*told.user)

    async def staff() -> dict[str, object]:
        return (await user.post("/api/v1/sessions", json=dict(told.staff))).raise_for_status().json()

    door = make_door(
        facts={service: client(*urls) for service, urls in told.facts.items()},
        mail=client(told.mail),
        psp=client(told.psp),
        phone=client(told.phone),
        spans=client(told.spans),
        staff=staff,
        dead_letters=lambda: dead_letters(told.management_url, told.vhost),
    )
    socket = listen("127.0.0.1", told.port)
    await serve(door, [socket], drain_seconds=0, health=Health(World()), stop=stop_signal())


if __name__ == "__main__":
    logging.configure(service="door")
    asyncio.run(run(Told.from_environment()))
