"""What the doors answer while PostgreSQL is away."""

from collections.abc import AsyncGenerator

import httpx2
import pytest
from chassis.app import Apps
from chassis.health import Health
from chassis.world import World
from product_service.main import create_apps
from product_service.settings import ProductSettings
from product_service.wiring import open_service

from ..conftest import client_of, known_people, signed_in
from .answers import slug


@pytest.fixture
async def orphaned(settings: ProductSettings, world: World) -> AsyncGenerator[Apps]:
    """Product on a database that refuses every connection."""
    nowhere = settings.model_copy(update={"database_url": "postgresql+asyncpg://nobody@127.0.0.1:1/nothing"})
    async with open_service(nowhere, world) as service:
        yield create_apps(service, nowhere, verifier=known_people, health=Health(world))


async def test_every_door_says_that_it_is_unavailable(orphaned: Apps) -> None:
    async with client_of(orphaned.public) as client, client_of(orphaned.internal) as internal:
        stock = {"kind": "restock", "quantity": 1, "reason": "a delivery"}
        staff = signed_in("support") | {"Idempotency-Key": "a-key-of-this-test"}
        answers = [
            await client.get("/api/v1/products"),
            await client.get("/api/v1/products/pot"),
            await client.get("/api/v1/pictures/pot.svg"),
            await client.post("/api/v1/staff/stock/POT-L/adjustments", json=stock, headers=staff),
            await internal.post("/internal/quote", json={"currency": "EUR", "lines": [{"sku": "POT-L"}]}),
        ]

    assert [each.status_code for each in answers] == [503] * 5
    assert {slug(each) for each in answers[:4]} == {"unavailable"}
    assert all(each.headers["retry-after"] == "1" for each in answers)
    assert all(isinstance(each, httpx2.Response) and "127.0.0.1" not in each.text for each in answers)
