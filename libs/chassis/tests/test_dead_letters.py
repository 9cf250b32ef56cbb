"""What is shown of a dead letter, and the doors to them."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest
from chassis import app, authz, dead_letter_routes
from chassis.auth import Principal
from chassis.broker import DeadLetter
from chassis.dead_letters import Outside, RabbitDeadLetters, outside
from chassis.health import Health
from chassis.memory_broker import MemoryBroker
from chassis.messages import seal
from chassis.metrics import Metrics
from chassis.world import World

from .conftest import Said

PATH = "/api/v1/staff/dead-letters/order"
WHO_MAY = f"""
GET {PATH}: {{who: [support, admin]}}
POST {PATH}/redrive: {{who: [admin], writes: [limit]}}
"""
ABOUT = UUID("0190a000-0000-7000-8000-00000000000f")


def letter(body: Any, *, message_id: str | None = None) -> DeadLetter:
    return DeadLetter(body if isinstance(body, bytes) else json.dumps(body).encode(), message_id, None, None, 1)


def test_a_message_is_shown_by_what_it_is_and_not_by_what_it_says() -> None:
    sent = seal(Said(order_id=ABOUT, text="ada@example.org"), world=World())

    seen = outside(letter(sent.body, message_id=str(sent.id)))

    assert seen == Outside(sent.id, "StockReserved.v1", ABOUT, ("order_id", "text"))


@pytest.mark.parametrize(
    "body",
    [
        b"\xff\x00",
        b"[" * 100_000,
        ["ada@example.org"],
        {"type": "ada@example.org", "aggregate_id": "ada@example.org", "data": {"ada@example.org": 1}},
        {"type": {"a": 1}, "aggregate_id": ["x"], "data": "ada@example.org"},
    ],
)
def test_of_what_is_no_message_of_ours_nothing_is_shown(body) -> None:
    assert outside(letter(body, message_id="ada@example.org")) == Outside()


@dataclass
class House:
    dead_letters: Any


async def who(token: str) -> Principal:
    return Principal(uuid4(), uuid4(), frozenset({token}))


@pytest.fixture
def house() -> House:
    return House(MemoryBroker({}, World()))


@pytest.fixture
async def client(house) -> AsyncIterator[httpx2.AsyncClient]:
    apps = app.build(
        service=house,
        title="Small",
        public=[dead_letter_routes.router("order")],
        authz_=authz.parse(WHO_MAY),
        refusals={},
        verifier=who,
        health_=Health(World()),
        metrics_=Metrics("small"),
    )
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(apps.public), base_url="http://small") as opened:
        yield opened


def as_(role: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {role}"}


async def died(broker: MemoryBroker, *bodies: bytes) -> None:
    from chassis.broker import Verdict

    from .conftest import Ear

    ear = Ear(verdicts=[Verdict.DEAD] * len(bodies))
    for body in bodies:
        broker.deliver("order", body)
    async with broker.consume("order", ear, store_answers=ear.answers, concurrency=1):
        await ear.has_heard(len(bodies))
        while await broker.dead_letters("order") < len(bodies):
            await World().clock.sleep(0)


async def test_staff_looks_at_dead_letters_and_an_admin_has_them_handled_again(client, house) -> None:
    sent = seal(Said(order_id=ABOUT), world=World())
    await died(house.dead_letters, sent.body, b"nonsense")

    seen = (await client.get(PATH, headers=as_("support"))).json()

    assert seen["total"] == 2
    first, second = seen["items"]
    assert {**first, "died_at": None} == {
        "id": str(sent.id),
        "type": "StockReserved.v1",
        "aggregate_id": str(ABOUT),
        "data_keys": ["order_id", "text"],
        "size": len(sent.body),
        "reason": "rejected",
        "died_at": None,
        "attempts": 1,
    }
    assert (second["id"], second["type"], second["data_keys"], second["size"]) == (None, None, [], 8)
    assert len((await client.get(f"{PATH}?limit=1", headers=as_("support"))).json()["items"]) == 1
    for left in (1, 0):
        moved = await client.post(f"{PATH}/redrive", json={"limit": 1}, headers=as_("admin"))
        assert (moved.status_code, moved.json()) == (200, {"moved": 1})
        assert (await client.get(PATH, headers=as_("support"))).json()["total"] == left
    assert (await client.post(f"{PATH}/redrive", json={}, headers=as_("admin"))).json() == {"moved": 0}


async def test_these_doors_are_for_staff_and_moving_is_for_admins(client) -> None:
    assert (await client.get(PATH)).status_code == 401
    assert (await client.get(PATH, headers=as_("customer"))).status_code == 403
    assert (await client.post(f"{PATH}/redrive", json={}, headers=as_("support"))).status_code == 403


@pytest.mark.parametrize("body", [{"limit": 0}, {"limit": 1001}, {"limit": "5"}, {"limit": None}, {"other": 1}])
async def test_so_many_are_moved_and_no_more(client, body) -> None:
    assert (await client.post(f"{PATH}/redrive", json=body, headers=as_("admin"))).status_code == 422


async def test_a_broker_that_is_away_is_told_as_such(client, house) -> None:
    house.dead_letters = RabbitDeadLetters("amqp://127.0.0.1:1/", World())

    answer = await client.get(PATH, headers=as_("support"))

    assert (answer.status_code, answer.json()["type"]) == (503, "urn:mercato:problem:unavailable")
