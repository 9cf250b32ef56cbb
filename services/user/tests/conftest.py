"""User wired on its twins, at a time that the test moves."""

import itertools
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import httpx2
import pytest
from chassis.app import Apps
from chassis.health import Health
from chassis.memory import MemoryStore
from chassis.messages import Envelope
from chassis.migrations import migrate
from chassis.world import World
from testkit.plugin import FreshDatabase, MakeDatabase
from user_service.domain.session import Grant
from user_service.domain.user import User
from user_service.main import create_apps
from user_service.settings import UserSettings
from user_service.wiring import MIGRATIONS, RAISED, UserService, in_memory, settings_for_one_run

PASSWORD = "a walk in the deep forest"
PRODUCTION = {name: UserSettings.model_fields[name].default for name in RAISED}
"""The limits as they are where people come from many addresses."""


@dataclass
class HandClock:
    """A clock that the test moves. It starts now, because tokens are verified by the wall clock."""

    time: datetime = field(default_factory=lambda: datetime.now(UTC).replace(microsecond=0))

    def now(self) -> datetime:
        return self.time

    def monotonic(self) -> float:
        return self.time.timestamp()

    async def sleep(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)

    def move(self, **delta: float) -> None:
        self.time += timedelta(**delta)


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def world(clock: HandClock) -> World:
    return World(clock=clock)


@pytest.fixture
def settings(world: World) -> UserSettings:
    return settings_for_one_run(world, development_door=True, **PRODUCTION)


@pytest.fixture
def service(settings: UserSettings, world: World) -> UserService:
    return in_memory(settings, world)


@pytest.fixture
def store(service: UserService) -> MemoryStore:
    return service.register.accounts.store


@pytest.fixture
def announced(store: MemoryStore) -> Callable[[], list[Envelope]]:
    """What the service has said so far."""
    return lambda: [each.envelope for each in store.announced]


@pytest.fixture
def register(service: UserService) -> Callable[..., Awaitable[None]]:
    elsewhere = itertools.count(1)

    async def register(email: str = "ada@example.com", *, name: str = "Ada", password: str = PASSWORD) -> None:
        network = f"198.51.{next(elsewhere)}.0/24"
        await service.register(email=email, name=name, password=password, locale="en", network=network)

    return register


@pytest.fixture
def mailed_token(announced: Callable[[], list[Envelope]]) -> Callable[[], str]:
    """The token in the newest verification mail."""

    def newest() -> str:
        requests = [each for each in announced() if each.type == "EmailVerificationRequested.v1"]
        return requests[-1].data["token"]

    return newest


@pytest.fixture
def verified_user(
    service: UserService, register: Callable[..., Awaitable[None]], mailed_token: Callable[[], str]
) -> Callable[..., Awaitable[User]]:
    async def verified_user(email: str = "ada@example.com") -> User:
        await register(email)
        await service.verify_email(token=mailed_token())
        found = await service.find_user(email=email)
        assert found is not None
        return found

    return verified_user


@pytest.fixture
def sign_in(service: UserService) -> Callable[..., Awaitable[Grant]]:
    async def sign_in(email: str = "ada@example.com", password: str = PASSWORD) -> Grant:
        return await service.sign_in(email=email, password=password, network="192.0.2.0/24", device="a browser")

    return sign_in


@pytest.fixture
async def fresh_accounts(fresh_database: MakeDatabase) -> FreshDatabase:
    """A database of its own for each test, with the tables of today."""
    return await fresh_database("user", migrate=lambda fresh: migrate(fresh.owner_url, MIGRATIONS))


@pytest.fixture
def apps(service: UserService, settings: UserSettings, world: World) -> Apps:
    return create_apps(service, settings, verifier=service.verifier(world), health=Health(world))


@pytest.fixture
async def client(apps: Apps) -> AsyncGenerator[httpx2.AsyncClient]:
    """The public door."""
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(apps.public), base_url="http://user") as opened:
        yield opened


@pytest.fixture
async def internal(apps: Apps) -> AsyncGenerator[httpx2.AsyncClient]:
    """The internal door."""
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(apps.internal), base_url="http://user") as opened:
        yield opened
