"""Opening the three houses: wired as they ship, on stores that are really there."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx2
import order_service.main
import order_service.wiring
import order_service.worker
import payment_service.main
import payment_service.wiring
import payment_service.worker
import product_service.main
import product_service.wiring
import product_service.worker
from chassis.app import Apps
from chassis.auth import NotSignedIn, Principal
from chassis.health import Health
from chassis.memory_broker import MemoryBroker
from chassis.worker import WorkerParts, running
from chassis.world import World
from contracts.topology import bindings
from order_service.settings import OrderSettings
from payment_service.settings import PaymentSettings
from product_service.settings import ProductSettings

from tests.scars.houses import Houses
from tests.scars.provider import KEY, SECRET, Provider, provider

SERVICES = ("product", "payment", "order")
NOWHERE = {"broker_url": "memory://", "user_url": "http://unused"}
LADDER = [timedelta(seconds=each) for each in (0.05, 0.1, 0.2, 0.4, 0.8)]


@dataclass(frozen=True, slots=True)
class Stores:
    """Fresh corners of real ones."""

    product: str
    payment: str
    mongo_url: str
    mongo_database: str
    redis: str | None = None


@dataclass(frozen=True, slots=True)
class House:
    service: Any
    apps: Apps
    parts: WorkerParts


async def known_by_id(token: str) -> Principal:
    """A verifier to whom a customer's id is a good token."""
    try:
        return Principal(UUID(token), UUID(int=7), frozenset({"customer"}))
    except ValueError:
        raise NotSignedIn from None


@asynccontextmanager
async def open_houses(
    stores: Stores, *, at_work: Sequence[str] = SERVICES, hold_ttl: str = "PT40M"
) -> AsyncGenerator[Houses]:
    """Those of them at work that are named."""
    world = World()
    broker = MemoryBroker(bindings(), world, ladder=LADDER)
    async with AsyncExitStack() as stack:
        stack.callback(broker.close)
        there = await stack.enter_async_context(provider())
        product = await stack.enter_async_context(_product(stores, world, hold_ttl))
        houses = {
            "product": product,
            "payment": await stack.enter_async_context(_payment(stores, world, there)),
            "order": await stack.enter_async_context(_order(stores, world, product)),
        }
        there.door = houses["payment"].apps.public
        for name in at_work:
            await stack.enter_async_context(running(houses[name].parts, broker=broker, world=world))
        yield Houses(
            **{name: house.service for name, house in houses.items()},
            doors={name: house.apps.public for name, house in houses.items()},
            provider=there,
            broker=broker,
            world=world,
        )


@asynccontextmanager
async def _product(stores: Stores, world: World, hold_ttl: str) -> AsyncGenerator[House]:
    settings = ProductSettings.model_validate(
        {**NOWHERE, "database_url": stores.product, "hold_ttl": hold_ttl, "expire_every": "PT0.1S"}
    )
    async with product_service.wiring.open_service(settings, world) as service:
        apps = product_service.main.create_apps(service, settings, verifier=known_by_id, health=Health(world))
        yield House(service, apps, product_service.worker.parts(service))


@asynccontextmanager
async def _payment(stores: Stores, world: World, there: Provider) -> AsyncGenerator[House]:
    known = {"provider_url": "http://psp", "provider_key": KEY, "webhook_secret": SECRET}
    settings = PaymentSettings.model_validate(
        {**NOWHERE, **known, "database_url": stores.payment, "look_every": "PT0.1S", "hands": 4}
    )
    async with payment_service.wiring.open_service(settings, world, transport=there.road) as service:
        apps = payment_service.main.create_apps(service, settings, verifier=known_by_id, health=Health(world))
        yield House(service, apps, payment_service.worker.parts(service))


@asynccontextmanager
async def _order(stores: Stores, world: World, product: House) -> AsyncGenerator[House]:
    own = {"mongo_url": stores.mongo_url, "mongo_database": stores.mongo_database, "redis_url": stores.redis}
    raised = {"checkouts_per_minute": 1_000_000, "checkouts_at_once": 1_000, "sweep_every": "PT0.5S"}
    settings = OrderSettings.model_validate(
        {**NOWHERE, **own, **raised, "product_url": "http://product", "cart_secret": "c" * 32}
    )
    to_product = httpx2.ASGITransport(product.apps.internal)
    async with order_service.wiring.open_service(settings, world, transport=to_product) as service:
        assert [await check() for check in service.checks] == [[], []]
        apps = order_service.main.create_apps(service, settings, verifier=known_by_id, health=Health(world))
        yield House(service, apps, order_service.worker.parts(service))
