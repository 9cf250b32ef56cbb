"""A session that was ended is refused by every service at once, and by a process that has just come back, too."""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from uuid import UUID

import httpx2
import jwt
import pytest
import pytest_asyncio
from dev.ports import url
from dev.settings import SERVICES

from tests.faults.shop.crowd import Crowd
from tests.faults.shop.street import Street

pytestmark = pytest.mark.asyncio(loop_scope="session")

WITHIN_SECONDS = 2.0
DOORS = {
    "user": "/api/v1/sessions",
    "product": "/api/v1/staff/products/0190a000-0000-7000-8000-000000000000",
    "order": "/api/v1/orders",
    "payment": "/api/v1/payment-methods",
    "notification": "/api/v1/notifications",
}
"""What only somebody who is signed in is told, in each service."""
REFUSED = 401


@dataclass
class Member:
    """Somebody of the staff with one session, who asks each service itself, past the gateway."""

    street: Street
    client: httpx2.AsyncClient
    token: str = field(default="", repr=False)
    session: UUID = field(default=UUID(int=0))

    async def sign_in(self) -> None:
        answer = await self.client.post(self.at("user", "/api/v1/sessions"), json=dict(self.street.staff))
        assert answer.status_code == 201, answer.text
        self.token = answer.json()["access_token"]
        self.session = UUID(jwt.decode(self.token, options={"verify_signature": False})["sid"])

    def at(self, service: str, path: str) -> str:
        return url(self.street.port(service)) + path

    async def ask(self, service: str) -> int:
        """The status; 0 when nobody answers."""
        headers = {"Authorization": f"Bearer {self.token}"}
        try:
            return (await self.client.get(self.at(service, DOORS[service]), headers=headers)).status_code
        except httpx2.TransportError:
            return 0

    async def leave(self) -> None:
        headers = {"Authorization": f"Bearer {self.token}"}
        answer = await self.client.delete(self.at("user", f"/api/v1/sessions/{self.session}"), headers=headers)
        assert answer.status_code == 204, answer.text

    async def refused_by(self, service: str) -> float:
        """When this service said so for the first time."""
        async with asyncio.timeout(30):
            while await self.ask(service) != REFUSED:
                await asyncio.sleep(0.02)
        return time.monotonic()


@pytest_asyncio.fixture(loop_scope="session")
async def members(crowd: Crowd) -> AsyncIterator[tuple[Member, Member]]:
    """Two sessions of one person, which every service lets in."""
    async with httpx2.AsyncClient(timeout=10) as client:
        found = Member(crowd.street, client), Member(crowd.street, client)
        for each in found:
            await each.sign_in()
            for service in SERVICES:
                assert await each.ask(service) in (200, 404), service
        yield found


async def test_an_ended_session_is_refused_by_every_service_within_two_seconds(
    members: tuple[Member, Member],
) -> None:
    leaving, staying = members
    slowest: dict[str, float] = dict.fromkeys(SERVICES, 0.0)

    for _ in range(5):
        await leaving.leave()
        left = time.monotonic()
        seen = await asyncio.gather(*(leaving.refused_by(service) for service in SERVICES))
        slowest = {name: max(slowest[name], at - left) for name, at in zip(SERVICES, seen, strict=True)}
        assert [await staying.ask(service) for service in SERVICES] == [200, 404, 200, 200, 200]
        await leaving.sign_in()

    print("slowest refusals:", {name: f"{seconds:.2f} s" for name, seconds in slowest.items()})
    assert max(slowest.values()) <= WITHIN_SECONDS


@pytest.mark.parametrize("service", SERVICES)
async def test_a_process_that_has_just_come_back_lets_no_ended_session_in(
    crowd: Crowd, members: tuple[Member, Member], service: str
) -> None:
    leaving, staying = members
    await leaving.leave()
    await leaving.refused_by(service)
    process = crowd.street.apis[service]

    process.kill()
    process.start()
    answers: set[int] = set()
    async with asyncio.timeout(60):
        while REFUSED not in answers:
            answers.add(await leaving.ask(service))
    answers |= {await leaving.ask(service) for _ in range(20)}
    await process.ready()

    assert answers <= {0, 503, REFUSED}
    assert await staying.ask(service) in (200, 404)


async def test_a_session_that_ends_while_a_process_is_away_is_unknown_to_it_when_it_comes_back(
    crowd: Crowd, members: tuple[Member, Member]
) -> None:
    leaving, _ = members
    process = crowd.street.apis["order"]
    process.kill()
    await leaving.leave()
    await leaving.refused_by("payment")

    process.start()
    answers: set[int] = set()
    async with asyncio.timeout(60):
        while REFUSED not in answers:
            answers.add(await leaving.ask("order"))

    assert answers <= {0, 503, REFUSED}
    await process.ready()
