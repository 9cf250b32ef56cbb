"""The storefront before a shop that answers from a table."""

from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field
from typing import Any

import httpx2
import pytest
from chassis.health import Health
from chassis.world import World
from pydantic import SecretStr
from storefront.front import Front, open_front
from storefront.main import create_apps
from storefront.settings import StorefrontSettings

SEAL = "a secret of the tests, which seals nothing that matters"
type Answer = tuple[int, Any] | Callable[[httpx2.Request], httpx2.Response]


@dataclass
class Shop:
    """Answers what it was told to, 404 otherwise, and remembers what it was asked."""

    answers: dict[tuple[str, str], Answer] = field(default_factory=dict)
    asked: list[httpx2.Request] = field(default_factory=list)
    away: set[str] = field(default_factory=set)
    """Beginnings of the paths that nobody answers at."""

    def tells(self, path: str, body: Any, *, method: str = "GET", status: int = 200) -> None:
        self.answers[method, path] = (status, body)

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        self.asked.append(request)
        path = request.url.path
        if any(path.startswith(each) for each in self.away):
            raise httpx2.ConnectError("nobody is there", request=request)
        answer = self.answers.get(
            (request.method, path), (404, {"type": "urn:mercato:problem:not_found", "detail": "No."})
        )
        if callable(answer):
            return answer(request)
        status, body = answer
        return httpx2.Response(status, json=body)

    def asked_at(self, path: str) -> list[httpx2.Request]:
        return [each for each in self.asked if each.url.path == path]


@pytest.fixture
def shop() -> Shop:
    return Shop()


@pytest.fixture
async def front(shop: Shop) -> AsyncGenerator[Front]:
    settings = StorefrontSettings(
        api_url="http://gateway", public_url="http://shop.test", seal_secret=SecretStr(SEAL), max_in_flight=20
    )
    async with open_front(settings, World(), transport=httpx2.MockTransport(shop)) as opened:
        yield opened


@pytest.fixture
async def visitor(front: Front) -> AsyncGenerator[httpx2.AsyncClient]:
    """A browser that keeps its cookies and follows nothing by itself."""
    settings = StorefrontSettings(
        api_url="http://gateway", public_url="http://shop.test", seal_secret=SecretStr(SEAL), max_in_flight=20
    )
    apps = create_apps(front, settings, health=Health(World()))
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(apps.public), base_url="http://shop.test") as browser:
        yield browser
