"""The real app, on the twins and on MongoDB."""

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import httpx2
import pytest
from chassis.app import Apps
from chassis.health import Health
from order_service.main import create_apps
from order_service.wiring import OrderService, in_memory, open_service


@pytest.fixture(autouse=True)
def _a_time_that_no_store_keeps(clock) -> None:
    """Microseconds: what is answered before and after storing must be the same all the same."""
    clock.time = clock.time.replace(microsecond=123_456)


@pytest.fixture(params=["memory", "mongo"])
async def service(request, settings, world, transport) -> AsyncIterator[OrderService]:
    if request.param == "memory":
        yield in_memory(settings, world, transport=transport)
        return
    fresh = request.getfixturevalue("fresh_mongo")
    real = settings.model_copy(update={"mongo_url": fresh.url, "mongo_database": fresh.database})
    async with open_service(real, world, transport=transport) as opened:
        assert [await check() for check in opened.checks] == [[], []]
        yield opened


@pytest.fixture
def apps(service, settings, tokens, world) -> Apps:
    return create_apps(service, settings, verifier=tokens, health=Health(world))


@pytest.fixture
async def door(apps) -> AsyncGenerator[Callable[..., Awaitable[httpx2.AsyncClient]]]:
    """Opens the public door for somebody."""
    async with AsyncExitStack() as stack:

        async def door(token: str | None = None) -> httpx2.AsyncClient:
            headers = {"authorization": f"Bearer {token}"} if token else {}
            client = httpx2.AsyncClient(
                transport=httpx2.ASGITransport(apps.public), base_url="http://order", headers=headers
            )
            return await stack.enter_async_context(client)

        yield door


@pytest.fixture
async def anybody(door) -> httpx2.AsyncClient:
    return await door()


@pytest.fixture
async def ada(door) -> httpx2.AsyncClient:
    return await door("ada")


@pytest.fixture
async def bob(door) -> httpx2.AsyncClient:
    return await door("bob")


@pytest.fixture
async def internal(apps) -> AsyncGenerator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(apps.internal), base_url="http://order") as opened:
        yield opened


@pytest.fixture
def stored(service) -> Callable[..., Awaitable[list[dict[str, Any]]]]:
    """What the store holds of a kind, but for the progress that is told to those who watch."""

    async def stored(kind: str = "order") -> list[dict[str, Any]]:
        facts = [fact async for fact in service.facts() if fact["kind"] == kind]
        return [fact for fact in facts if fact.get("type") != "OrderProgressed.v1"]

    return stored


@pytest.fixture
def refused() -> Callable[..., None]:
    """Checks a refusal: status, slug, and the fields that it names."""

    def refused(answer: httpx2.Response, status: int, slug: str, *fields: str) -> None:
        assert answer.headers["content-type"] == "application/problem+json"
        body = answer.json()
        assert (answer.status_code, body["type"]) == (status, f"urn:mercato:problem:{slug}")
        assert body["status"] == status
        assert sorted({each["field"] for each in body.get("errors", [])}) == sorted(fields)

    return refused


@pytest.fixture
def form(service) -> Callable[..., Awaitable[dict[str, Any]]]:
    """What a signed-in customer sends to buy a cart that holds these lines, agreed as quoted."""

    async def form(client: httpx2.AsyncClient, **lines: int) -> dict[str, Any]:
        cart = (await client.post("/api/v1/carts", json={})).json()["id"]
        for sku, quantity in (lines or {"TEA_1": 2}).items():
            path = f"/api/v1/carts/{cart}/lines/{sku.replace('_', '-')}"
            assert (await client.put(path, json={"quantity": quantity})).status_code == 200
        wish = {"cart_id": cart, "country": "DE", "shipping_method": "standard"}
        quote = (await client.post("/api/v1/quotes", json=wish)).json()
        return {
            "cart_id": cart,
            "address": {
                "name": "Ada Lovelace",
                "line1": "Unter den Linden 1",
                "city": "Berlin",
                "postal_code": "10117",
                "country": "DE",
                "phone": "+49 30 123456",
            },
            "shipping_method": "standard",
            "payment": {"method_id": "0190a000-0000-7000-8000-0000000000cc"},
            "quote_hash": quote["quote_hash"],
        }

    return form


@pytest.fixture
def buy(form) -> Callable[..., Awaitable[dict[str, Any]]]:
    """An order of this client's, placed over HTTP."""
    counted = iter(range(1000))

    async def buy(client: httpx2.AsyncClient, **lines: int) -> dict[str, Any]:
        key = {"Idempotency-Key": f"a-key-for-order-{next(counted)}"}
        answer = await client.post("/api/v1/orders", json=await form(client, **lines), headers=key)
        assert answer.status_code == 202
        return answer.json()

    return buy
