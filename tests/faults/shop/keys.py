"""Customers who never stop asking with tokens of every age, by the edge and past it, while signing keys are rotated."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path

import httpx2
import jwt
from dev.envoy import Gateway, make_gateway
from dev.pages import STOREFRONT
from dev.ports import free_ports, url
from dev.settings import Replica
from user_service.adapters.key_file import read_ring, write_ring
from user_service.domain.signing_keys import OVERLAP, KeyRing, KeyState, SigningKey

from tests.faults.shop.street import Street

PATHS = {
    "user": "/api/v1/me",
    "order": "/api/v1/orders",
    "payment": "/api/v1/payment-methods",
    "notification": "/api/v1/notifications",
}
WAYS = ("edge", "itself")
AT_ONCE = 4
NEW_TOKEN_SECONDS = 0.25

Seen = tuple[str, str, str]
"""Service, way, id of the key."""


@asynccontextmanager
async def envoy(street: Street, folder: Path) -> AsyncGenerator[Gateway]:
    """The real gateway before the processes of this street, while the context is open.

    Nobody collects its spans, and nobody shows pages.
    """
    port, door, collector, *nobody = free_ports(6)
    (folder / "logs").mkdir(parents=True)
    replicas = {**street.shop.plan.replicas, STOREFRONT: (Replica(*nobody),)}
    gateway = make_gateway(port=port, door=door, collector=collector, replicas=replicas, canaries={}, home=folder)
    gateway.render()
    gateway.process.start()
    try:
        await gateway.ready()
        yield gateway
    finally:
        await gateway.leave()


@dataclass
class Askers:
    """One customer's session, whose tokens are used for as long as their key may be: by many at once."""

    client: httpx2.AsyncClient
    doors: dict[tuple[str, str], str]
    """Where each service is asked, by service and way."""
    refresh_token: str
    tokens: dict[str, list[str]] = field(default_factory=dict)
    """By the id of the key, what may still be used."""
    answers: Counter[tuple[Seen, int]] = field(default_factory=Counter)

    @asynccontextmanager
    async def at_work(self) -> AsyncGenerator[None]:
        await self.renew()
        work = [asyncio.create_task(self._renew_for_ever())]
        work += [asyncio.create_task(self._ask_for_ever(way)) for way in WAYS for _ in range(AT_ONCE)]
        try:
            yield
        finally:
            for each in work:
                each.cancel()
            ended = await asyncio.gather(*work, return_exceptions=True)
        assert [each for each in ended if not isinstance(each, asyncio.CancelledError)] == []

    async def renew(self) -> None:
        answer = await self.client.post(
            self.doors["user", "itself"] + "/api/v1/sessions/refresh", json={"refresh_token": self.refresh_token}
        )
        assert answer.status_code == 200, answer.text
        self.refresh_token = answer.json()["refresh_token"]
        token = answer.json()["access_token"]
        self.tokens.setdefault(jwt.get_unverified_header(token)["kid"], []).append(token)

    async def taken_everywhere(self, kid: str) -> None:
        """Returns when from now on every service, asked by either way, has let in a token of this key."""
        before = Counter(self.answers)
        async with asyncio.timeout(60):
            while not all(self.answers[(*door, kid), 200] > before[(*door, kid), 200] for door in self.doors):
                await asyncio.sleep(0.05)

    def outlive(self, kid: str) -> None:
        """Use no more tokens of this key: as if the last had come to its end."""
        del self.tokens[kid]

    def refused(self) -> dict[tuple[Seen, int], int]:
        return {seen: count for seen, count in self.answers.items() if seen[1] != 200}

    async def _renew_for_ever(self) -> None:
        while True:
            await self.renew()
            await asyncio.sleep(NEW_TOKEN_SECONDS)

    async def _ask_for_ever(self, way: str) -> None:
        for service in cycle(PATHS):
            for kid, tokens in list(self.tokens.items()):
                # The oldest and the newest of each key.
                for token in {tokens[0], tokens[-1]}:
                    if kid in self.tokens:
                        await self._ask(service, way, kid, token)

    async def _ask(self, service: str, way: str, kid: str, token: str) -> None:
        headers = {"Authorization": f"Bearer {token}"}
        answer = await self.client.get(self.doors[service, way] + PATHS[service], headers=headers)
        if kid in self.tokens:
            self.answers[(service, way, kid), answer.status_code] += 1


def doors(street: Street, edge: Gateway) -> dict[tuple[str, str], str]:
    return {
        (service, way): edge.url if way == "edge" else url(street.port(service)) for service in PATHS for way in WAYS
    }


@dataclass(frozen=True)
class Rotation:
    """The steps of the console, on a file whose clock the test moves: a quarter of an hour passes in it at once."""

    street: Street

    async def step(self, name: str) -> str:
        """Take this step; the id of the key that signs now."""
        await self.street.shop.command("user", "rotate-keys", f"--{name}")
        [signing] = read_ring(self.street.keys).of(KeyState.SIGNING)
        return signing.kid

    def let_overlap_pass(self) -> None:
        ring = read_ring(self.street.keys)
        aged = [SigningKey(each.kid, each.state, each.since - OVERLAP, each.pem) for each in ring.keys]
        write_ring(self.street.keys, KeyRing(tuple(aged)))
