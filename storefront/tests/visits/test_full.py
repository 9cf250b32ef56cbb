"""A process that has as many visitors as it can bear says so in a page."""

import httpx2
from chassis.health import Health
from chassis.world import World
from pydantic import SecretStr
from storefront.front import Front
from storefront.main import create_apps
from storefront.settings import StorefrontSettings

from .conftest import SEAL, Shop


async def test_whoever_is_one_too_many_gets_a_page_that_says_when_to_come_again(front: Front, shop: Shop) -> None:
    settings = StorefrontSettings(
        api_url="http://gateway", public_url="http://shop.test", seal_secret=SecretStr(SEAL), max_in_flight=1
    )
    apps = create_apps(front, settings, health=Health(World()))
    shop.away.add("/api/v1/")
    answers: list[httpx2.Response] = []

    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(apps.public), base_url="http://shop.test") as browser:
        ask = shop.__call__

        async def meanwhile(request: httpx2.Request) -> httpx2.Response:
            if not answers:
                answers.append(await browser.get("/"))
            return ask(request)

        front.api._transport = httpx2.MockTransport(meanwhile)  # whoever asks first is inside while somebody else comes
        first = await browser.get("/")
        again = await browser.get("/")

    [refused] = answers
    assert (first.status_code, refused.status_code, again.status_code) == (200, 503, 200)
    assert refused.headers["content-type"] == "text/html; charset=utf-8"
    assert 1 <= int(refused.headers["retry-after"]) <= 5
    assert refused.headers["cache-control"] == "no-store"
    assert "it cannot happen twice" in refused.text
    assert refused.headers["content-security-policy"]
