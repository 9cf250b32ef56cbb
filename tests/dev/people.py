"""Customers of a rung who go on buying while something happens to it."""

import asyncio
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from random import Random, SystemRandom
from typing import Any, override

import httpx2

from tests.dev.conftest import Day
from tests.faults.shop.crowd import SESSIONS, Buyer, Promise, Wish
from tests.journeys.shop import PASSWORD

PATIENCE_SECONDS = 60
THINKING_SECONDS = 0.5
UNAUTHORIZED = 401


class Patient(Buyer):
    """Sends the same again, under the same key, until somebody answers."""

    unheard = 0
    """How often nobody did, or with 5xx."""

    @override
    async def once(self, method: str, path: str, **more: Any) -> httpx2.Response | None:
        answer = await super().once(method, path, **more)
        self.unheard += answer is None or answer.status_code >= 500
        if answer is not None and answer.status_code == UNAUTHORIZED and path != SESSIONS:
            # The token has grown old while nobody answered.
            await self.sign_in()
            answer = await super().once(method, path, **more)
        return answer


class Impatient(Buyer):
    """Asks once: what is not answered then was dropped."""

    @override
    async def insist(self, method: str, path: str, **more: Any) -> httpx2.Response:
        answer = await self.once(method, path, **more)
        assert answer is not None, f"{method} {path} was not answered"
        assert answer.status_code < 500, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer


@dataclass
class People:
    """Those who buy, and what was acknowledged to them: promises by customer."""

    buyers: Sequence[Buyer]
    promises: dict[str, list[Promise]]
    shopping: list[asyncio.Task[None]] = field(default_factory=list)
    stop: bool = False

    @property
    def orders(self) -> list[str]:
        return [each.order_id for promises in self.promises.values() for each in promises]

    async def each_buys(self, more: int) -> None:
        """Returns once everybody has so many further orders acknowledged."""
        wanted = {user: len(found) + more for user, found in self.promises.items()}
        async with asyncio.timeout(PATIENCE_SECONDS):
            while any(len(self.promises[user]) < count for user, count in wanted.items()):
                await asyncio.sleep(0.05)

    async def go_home(self) -> None:
        """Returns once everybody has heard of the order that they were about to make, and makes no other."""
        self.stop = True
        await asyncio.gather(*self.shopping)

    async def go_on(self, buyer: Buyer, sku: str) -> None:
        while not self.stop:
            self.promises[buyer.user_id].append(await buyer.buy(Wish(sku)))
            await asyncio.sleep(THINKING_SECONDS * buyer.dice.random())


@asynccontextmanager
async def buying(day: Day, kind: type[Buyer], *, count: int = 4) -> AsyncGenerator[People]:
    """So many people buy, each one order after the other, while the context is open; its end waits for the last."""
    seed = SystemRandom().randrange(1_000_000)
    print(f"seed {seed}")
    sku = await asyncio.to_thread(lambda: day.shop.staff().something_new(stock=10_000))
    async with httpx2.AsyncClient(base_url=day.rung.url, timeout=20) as client:
        buyers = [await _newcomer(day, kind, client, Random(f"{seed} {number}")) for number in range(count)]
        people = People(buyers, {each.user_id: [] for each in buyers})
        async with asyncio.TaskGroup() as group:
            people.shopping = [group.create_task(people.go_on(each, sku)) for each in buyers]
            yield people
            await people.go_home()


async def _newcomer(day: Day, kind: type[Buyer], client: httpx2.AsyncClient, dice: Random) -> Buyer:
    """A customer as the journeys make one, with a card and a way for the parcel."""

    def join() -> Buyer:
        one = day.shop.customer()
        return kind(
            client,
            day.shop.journal,
            dice,
            one.email,
            password=PASSWORD,
            user_id=one.user_id,
            token=one.access,
            refresh_token=one.refresh,
            fresh_since=time.monotonic(),
            cards={"good": one.card()},
            shipping=one.shipping_methods()[0]["code"],
        )

    return await asyncio.to_thread(join)
