"""What the pages stand on: made once a process, and the only room that knows it all."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta

import httpx2
from chassis.metrics import Metrics
from chassis.world import World

from storefront.api import Api
from storefront.kept import Kept
from storefront.learning import Lessons
from storefront.rendering import Renderer
from storefront.sealing import Seal
from storefront.settings import StorefrontSettings
from storefront.statics import Statics


@dataclass(frozen=True, slots=True)
class Front:
    api: Api
    kept: Kept
    seal: Seal
    statics: Statics
    renderer: Renderer
    world: World
    metrics: Metrics
    lessons: Lessons
    secure: bool
    """Cookies for https only."""
    page_lives: timedelta
    public_url: str
    """Where browsers find the shop, without a slash at the end."""
    test_cards: bool
    """Visitors may save the test cards of a provider that moves no money."""
    leaving: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the process begins to end: answers that stay open end too."""


@asynccontextmanager
async def open_front(
    settings: StorefrontSettings, world: World, *, transport: httpx2.AsyncBaseTransport | None = None
) -> AsyncGenerator[Front]:
    """Closed with the context."""
    old = settings.old_seal_secret
    secrets = [settings.seal_secret.get_secret_value(), *([old.get_secret_value()] if old else [])]
    api = Api(settings.api_url, world, transport=transport)
    statics = Statics()
    try:
        yield Front(
            api=api,
            kept=Kept(api, world),
            seal=Seal(*secrets),
            statics=statics,
            renderer=Renderer(statics),
            world=world,
            metrics=Metrics("storefront"),
            lessons=Lessons(code_url=settings.code_url),
            secure=settings.public_url.startswith("https://"),
            page_lives=settings.page_lives,
            public_url=settings.public_url.rstrip("/"),
            test_cards=settings.test_cards,
        )
    finally:
        await api.close()
