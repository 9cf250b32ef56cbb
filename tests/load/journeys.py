"""What customers come for, each as one coroutine: its requests over HTTP, and what it must end with."""

import itertools
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote
from uuid import uuid4

from tests.load.arrivals import Journey, Refused
from tests.load.shoppers import CURRENCIES, Crowd, Json, Shopper, order_body, quote_body
from tests.load.wire import Answer, Client

NOT_FROM_THE_CACHE = {"Authorization": "Bearer none"}
"""Whoever comes with a token is never answered from the gateway's cache, and public routes do not look at it."""
LIST = "/api/v1/products?limit=20"
CONFIRMED = "CONFIRMED"
ON_ITS_WAY = frozenset({"PENDING", "RESERVED", "AUTHORIZED", "COMMITTED"})
LOOKS = 6
WAIT = "?wait=10"
ACCEPTED = "accepted"
"""When the 202 had come."""


@dataclass(frozen=True)
class Walks:
    """All journeys on one shop."""

    client: Client
    crowd: Crowd

    def cached_list(self) -> Journey:
        """The first page of the catalogue, which the gateway has."""
        return self._reads([LIST], {})

    def uncached_list(self) -> Journey:
        """A page of twenty."""
        return self._reads([f"{LIST}&currency={each}" for each in CURRENCIES], NOT_FROM_THE_CACHE)

    def uncached_detail(self) -> Journey:
        """One product after the other."""
        return self._reads([f"/api/v1/products/{slug}" for slug in self.crowd.slugs], NOT_FROM_THE_CACHE)

    def search(self) -> Journey:
        """A word that a name has, and every other time one letter of it is wrong."""
        words = [each for word in self.crowd.words for each in (word, word[:-1] + "x")]
        return self._reads([f"{LIST}&q={quote(word)}" for word in words], NOT_FROM_THE_CACHE)

    def login(self) -> Journey:
        """E-mail and password."""

        async def walk() -> Mapping[str, float]:
            person = self.crowd.shopper().person
            said = {"email": person.email, "password": person.password}
            _expect(201, await self.client.ask("POST", "/api/v1/sessions", body=said))
            return {}

        return walk

    def profile(self) -> Journey:
        """What is known of whoever asks, by their token."""

        async def walk() -> Mapping[str, float]:
            _expect(200, await self.client.ask("GET", "/api/v1/me", token=self.crowd.shopper().token))
            return {}

        return walk

    def cart(self) -> Journey:
        """A cart, something in it, and what it would cost: three requests."""

        async def walk() -> Mapping[str, float]:
            await self._quoted(self.crowd.shopper())
            return {}

        return walk

    def checkout(self, ready: Iterable[tuple[Shopper, Json]]) -> Journey:
        """From the order to its confirmation: one POST, and one GET that waits."""
        orders = iter(ready)

        async def walk() -> Mapping[str, float]:
            shopper, body = next(orders)
            order, accepted = await self._order(shopper, body)
            await self._confirmed(shopper, order)
            return {ACCEPTED: accepted}

        return walk

    def acceptance(self, ready: Iterable[tuple[Shopper, Json]]) -> Journey:
        """The order until it is accepted; what comes of it nobody asks."""
        orders = iter(ready)

        async def walk() -> Mapping[str, float]:
            await self._order(*next(orders))
            return {}

        return walk

    def purchase(self) -> Journey:
        """Cart, quote, order, confirmation: five requests."""

        async def walk() -> Mapping[str, float]:
            shopper = self.crowd.shopper()
            body = await self._quoted(shopper)
            order, accepted = await self._order(shopper, body)
            await self._confirmed(shopper, order)
            return {ACCEPTED: accepted}

        return walk

    def _reads(self, paths: Iterable[str], headers: Mapping[str, str]) -> Journey:
        round_and_round = itertools.cycle(paths)

        async def walk() -> Mapping[str, float]:
            _expect(200, await self.client.ask("GET", next(round_and_round), headers=headers))
            return {}

        return walk

    async def _quoted(self, shopper: Shopper) -> Json:
        """What buys this cart."""
        ask, token = self.client.ask, shopper.token
        cart = _expect(201, await ask("POST", "/api/v1/carts", body={"currency": "EUR"}, token=token))["id"]
        line = f"/api/v1/carts/{cart}/lines/{self.crowd.sku()}"
        _expect(200, await ask("PUT", line, body={"quantity": 1}, token=token))
        quoted = _expect(200, await ask("POST", "/api/v1/quotes", body=quote_body(cart), token=token))
        return order_body(cart, quoted["quote_hash"], shopper.card)

    async def _order(self, shopper: Shopper, body: Json) -> tuple[str, float]:
        """Its id, and when it was accepted."""
        key = {"Idempotency-Key": str(uuid4())}
        answer = await self.client.ask("POST", "/api/v1/orders", body=body, token=shopper.token, headers=key)
        return _expect(202, answer)["id"], time.perf_counter()

    async def _confirmed(self, shopper: Shopper, order: str) -> None:
        for _ in range(LOOKS):
            answer = await self.client.ask("GET", f"/api/v1/orders/{order}{WAIT}", token=shopper.token)
            state = _expect(200, answer)["state"]
            if state == CONFIRMED:
                return
            if state not in ON_ITS_WAY:
                raise Refused(answer)
        raise TimeoutError


def _expect(status: int, answer: Answer) -> Any:
    if answer.status != status:
        raise Refused(answer)
    return answer.json()
