"""A session that was ended is refused by every replica at once, and by one that has just come back, too."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx2
import jwt
import pytest
import pytest_asyncio
from dev.settings import SERVICES

from tests.faults.shop.crowd import Crowd
from tests.faults.shop.replicas import Door, in_pairs

pytestmark = pytest.mark.asyncio(loop_scope="session")

WITHIN_SECONDS = 2.0
ROUNDS = 5
PATHS = {
    "user": "/api/v1/sessions",
    "product": "/api/v1/staff/products/0190a000-0000-7000-8000-000000000000",
    "order": "/api/v1/orders",
    "payment": "/api/v1/payment-methods",
    "notification": "/api/v1/notifications",
}
"""What only somebody who is signed in is told, in each service."""
LET_IN = {"product": 404}
REFUSED = 401

Doors = Mapping[str, tuple[Door, Door]]


@dataclass
class Member:
    """Somebody of the staff with one session, who asks each replica itself, past the gateway."""

    client: httpx2.AsyncClient
    staff: Mapping[str, str]
    token: str = field(default="", repr=False)
    session: UUID = field(default=UUID(int=0))

    async def sign_in(self, user: Door) -> None:
        answer = await self.client.post(f"{user.url}/api/v1/sessions", json=dict(self.staff))
        assert answer.status_code == 201, answer.text
        self.token = answer.json()["access_token"]
        self.session = UUID(jwt.decode(self.token, options={"verify_signature": False})["sid"])

    async def ask(self, door: Door) -> int:
        """The status; 0 when nobody answers."""
        try:
            return (await self.client.get(door.url + PATHS[door.service], headers=self._headers)).status_code
        except httpx2.TransportError:
            return 0

    async def leave(self, user: Door) -> None:
        """End the session, by this replica of user."""
        answer = await self.client.delete(f"{user.url}/api/v1/sessions/{self.session}", headers=self._headers)
        assert answer.status_code == 204, answer.text

    async def refused_by(self, door: Door) -> float:
        """When this replica said so for the first time."""
        async with asyncio.timeout(30):
            while await self.ask(door) != REFUSED:
                await asyncio.sleep(0.02)
        return time.monotonic()

    @property
    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}


def let_in(door: Door) -> int:
    return LET_IN.get(door.service, 200)


def everybody(doors: Doors) -> list[Door]:
    return [door for pair in doors.values() for door in pair]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def doors_of() -> AsyncIterator[Any]:
    """The pairs of a street: opened once, and again when a failed test has had another street built."""
    open_ = {}
    async with AsyncExitStack() as stack:

        async def of(crowd: Crowd) -> Doors:
            if crowd.street.url not in open_:
                open_[crowd.street.url] = await stack.enter_async_context(in_pairs(crowd.street))
            return open_[crowd.street.url]

        yield of


@pytest_asyncio.fixture(loop_scope="session")
async def doors(crowd: Crowd, doors_of: Any) -> Doors:
    return await doors_of(crowd)


@pytest_asyncio.fixture(loop_scope="session")
async def members(crowd: Crowd, doors: Doors) -> AsyncIterator[tuple[Member, Member]]:
    """Two sessions of one person, which every replica lets in."""
    async with httpx2.AsyncClient(timeout=10) as client:
        found = Member(client, crowd.street.staff), Member(client, crowd.street.staff)
        for each in found:
            await each.sign_in(doors["user"][0])
            for door in everybody(doors):
                assert await each.ask(door) == let_in(door), door
        yield found


async def test_an_ended_session_is_refused_by_every_replica_within_two_seconds(
    members: tuple[Member, Member], doors: Doors
) -> None:
    leaving, staying = members
    replicas = everybody(doors)
    slowest = dict.fromkeys(map(str, replicas), 0.0)

    for turn in range(ROUNDS):
        await leaving.leave(doors["user"][turn % 2])
        left = time.monotonic()
        seen = await asyncio.gather(*(leaving.refused_by(door) for door in replicas))
        slowest = {name: max(slowest[name], at - left) for name, at in zip(slowest, seen, strict=True)}
        assert [await staying.ask(door) for door in replicas] == [let_in(door) for door in replicas]
        await leaving.sign_in(doors["user"][turn % 2])

    print("slowest refusals:", {name: f"{seconds:.2f} s" for name, seconds in slowest.items()})
    assert len(slowest) == 2 * len(SERVICES)
    assert max(slowest.values()) <= WITHIN_SECONDS


@pytest.mark.parametrize("service", SERVICES)
async def test_a_replica_that_has_just_come_back_lets_no_ended_session_in(
    members: tuple[Member, Member], doors: Doors, service: str
) -> None:
    leaving, staying = members
    back, other = doors[service]
    await leaving.leave(doors["user"][0])
    await leaving.refused_by(back)

    back.process.kill()
    back.process.start()
    answers = await first_answers(leaving, back)

    assert answers <= {0, 503, REFUSED}
    assert await leaving.ask(other) == REFUSED
    assert [await staying.ask(door) for door in (back, other)] == [let_in(back)] * 2


@pytest.mark.parametrize("service", SERVICES)
async def test_a_session_that_ends_while_a_replica_is_away_is_refused_by_it_when_it_comes_back(
    members: tuple[Member, Member], doors: Doors, service: str
) -> None:
    leaving, staying = members
    back, other = doors[service]
    back.process.kill()
    await leaving.leave(doors["user"][1])
    await leaving.refused_by(other)

    back.process.start()
    answers = await first_answers(leaving, back)

    assert answers <= {0, 503, REFUSED}
    assert await staying.ask(back) == let_in(back)


async def first_answers(member: Member, door: Door) -> set[int]:
    """What a replica that starts says to this member, until it is ready and has said no; and a while longer."""
    answers: set[int] = set()
    async with asyncio.timeout(60):
        while REFUSED not in answers:
            answers.add(await member.ask(door))
    await door.process.ready()
    return answers | {await member.ask(door) for _ in range(20)}
