"""Traffic moves from stable to canary by a renamed file, and no request is lost on the way."""

import asyncio
from collections import Counter
from dataclasses import replace
from typing import Self

import pytest
from gateway.place import Place, Service
from gateway.rendering import write_routes

from .raw import get
from .street import Street, replicas, until
from .test_cache import Catalogue

pytestmark = pytest.mark.asyncio(loop_scope="session")

CART = "/api/v1/carts/c"
UPDATES = "http.public.rds.shop.update_success"


def canary_of_order(standins):
    """`payment` stands in for the canary of order."""
    return {"order": Service(replicas(standins["order"]), replicas(standins["payment"]))}


def weighed(place: Place, percent: int) -> Place:
    moved = replace(place.services["order"], canary_weight=percent)
    return replace(place, services={**place.services, "order": moved})


async def move(shop: Street, percent: int) -> None:
    before = shop.stat(UPDATES)
    write_routes(weighed(shop.place, percent), shop.table, shop.folder)
    await until(lambda: shop.stat(UPDATES) > before, what="Envoy has read the new routes")


class Crowd:
    """Clients that ask all the time, until told to stop, and count what they hear."""

    def __init__(self, shop: Street, size: int) -> None:
        self.statuses: Counter[int | str] = Counter()
        self._shop = shop
        self._stop = False
        self._asking = [asyncio.create_task(self._ask()) for _ in range(size)]

    async def _ask(self) -> None:
        while not self._stop:
            try:
                reply = await self._shop.client.get(CART)
                self.statuses[reply.status_code] += 1
            except Exception as fault:  # noqa: BLE001 - every failure of a client is what this is here to count
                self.statuses[type(fault).__name__] += 1

    async def some_more(self, number: int) -> None:
        wanted = self.statuses.total() + number
        await until(lambda: self.statuses.total() >= wanted, what="the crowd goes on")

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self._stop = True
        await asyncio.gather(*self._asking)


def shares(shop: Street) -> tuple[int, int]:
    found = shop.standins["order"].asked_for(CART), shop.standins["payment"].asked_for(CART)
    for name in ("order", "payment"):
        shop.standins[name].asked.clear()
    return found


async def test_weights_move_under_load_without_a_lost_request(tmp_street) -> None:
    async with tmp_street(services=canary_of_order) as shop, Crowd(shop, 6) as crowd:
        await crowd.some_more(200)
        at_first = shares(shop)

        await move(shop, 10)
        shares(shop)
        await crowd.some_more(600)
        in_between = shares(shop)

        await move(shop, 100)
        await crowd.some_more(20)
        shares(shop)
        await crowd.some_more(200)
        at_last = shares(shop)

        await move(shop, 0)

    assert at_first[1] == 0
    stable, canary = in_between
    assert 0.03 < canary / (stable + canary) < 0.2, in_between
    assert at_last[0] == 0
    assert set(crowd.statuses) == {200}, crowd.statuses


async def test_who_asks_for_the_canary_gets_it_whatever_the_weights(tmp_street) -> None:
    async with tmp_street(services=canary_of_order) as shop:
        for _ in range(5):
            assert (await get(shop.port, CART, "X-Shop-Track: canary")).status == 200
            assert (await get(shop.port, CART, "X-Shop-Track: other")).status == 200

        assert shares(shop) == (5, 5)


async def test_a_service_without_canaries_ignores_the_wish(shop: Street) -> None:
    assert (await get(shop.port, CART, "X-Shop-Track: canary")).status == 200


async def test_the_canary_of_a_cached_service_is_asked_itself(tmp_street) -> None:
    def canary_of_product(standins):
        return {"product": Service(replicas(standins["product"]), replicas(standins["payment"]))}

    async with tmp_street(services=canary_of_product) as shop:
        shop.standins["product"].behave = shop.standins["payment"].behave = Catalogue()
        for _ in range(3):
            assert (await get(shop.port, "/api/v1/products", "X-Shop-Track: canary")).status == 200

        assert shop.standins["payment"].asked_for("/api/v1/products") == 3


async def test_a_broken_file_changes_nothing(tmp_street) -> None:
    async with tmp_street() as shop:
        broken = shop.folder / ".broken"
        broken.write_text("resources: [{nonsense: true}]")
        broken.replace(shop.folder / "rds.yaml")
        refused = "http.public.rds.shop.update_rejected"
        failed = "http.public.rds.shop.update_failure"
        await until(lambda: shop.stat(refused) + shop.stat(failed) > 0, what="Envoy has looked at it")

        assert (await get(shop.port, CART)).status == 200
