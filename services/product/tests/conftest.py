"""Product wired on both of its twins, with the sample catalogue on the shelves."""

from collections.abc import AsyncGenerator
from typing import Any
from uuid import UUID

import httpx2
import pytest
from chassis.app import Apps
from chassis.auth import NotSignedIn, Principal
from chassis.health import Health
from chassis.migrations import migrate
from chassis.world import World
from product_service.main import create_apps
from product_service.settings import ProductSettings
from product_service.wiring import MIGRATIONS, ProductService, in_memory, open_service

SAM, ADA = UUID("0190a000-0000-7000-8000-000000000001"), UUID("0190a000-0000-7000-8000-000000000002")
PEOPLE = {
    "support": Principal(SAM, SAM, frozenset({"customer", "support"})),
    "admin": Principal(SAM, SAM, frozenset({"admin"})),
    "customer": Principal(ADA, ADA, frozenset({"customer"})),
}


async def known_people(token: str) -> Principal:
    """A verifier to whom a role is a good token for it."""
    if token not in PEOPLE:
        raise NotSignedIn
    return PEOPLE[token]


def signed_in(role: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {role}"}


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def settings() -> ProductSettings:
    return ProductSettings(
        database_url="memory://", broker_url="memory://", user_url="http://unused", development_door=True
    )


@pytest.fixture
async def product_database(fresh_database) -> Any:
    """The two logins to a migrated, empty database of product."""
    return await fresh_database("product", migrate=lambda fresh: migrate(fresh.owner_url, MIGRATIONS))


@pytest.fixture
async def filled_database(fresh_database, settings: ProductSettings, world: World) -> Any:
    """A copy of a database that was migrated and filled once a session."""

    async def fill(fresh: Any) -> None:
        await migrate(fresh.owner_url, MIGRATIONS)
        async with open_service(settings.model_copy(update={"database_url": fresh.url}), world) as service:
            await service.fill_shop()

    return await fresh_database("filled_product", migrate=fill)


@pytest.fixture
async def postgres_service(
    settings: ProductSettings, world: World, filled_database: Any
) -> AsyncGenerator[ProductService]:
    on_postgres = settings.model_copy(update={"database_url": filled_database.url})
    async with open_service(on_postgres, world) as service:
        yield service


@pytest.fixture
def memory_service(settings: ProductSettings, world: World) -> ProductService:
    return in_memory(settings, world)


@pytest.fixture(params=["memory", "postgres"])
def service(request: pytest.FixtureRequest) -> ProductService:
    return request.getfixturevalue(f"{request.param}_service")


@pytest.fixture
def apps(service: ProductService, settings: ProductSettings, world: World) -> Apps:
    return create_apps(service, settings, verifier=known_people, health=Health(world))


@pytest.fixture
async def client(apps: Apps) -> AsyncGenerator[httpx2.AsyncClient]:
    """The public door."""
    async with client_of(apps.public) as opened:
        yield opened


@pytest.fixture
async def internal(apps: Apps) -> AsyncGenerator[httpx2.AsyncClient]:
    """The internal door."""
    async with client_of(apps.internal) as opened:
        yield opened


def client_of(app: Any) -> httpx2.AsyncClient:
    return httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://product")
