"""Customers who come when they come, insist, send the same thing twice, hang up, and think better of it afterwards."""

import asyncio
import time
from collections import Counter
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any, override

import httpx2

from tests.faults.shop.crowd import ORDERS, REFRESH, SESSIONS, Buyer, Choice, Crowd, Promise, Wish, expect
from tests.faults.shop.deeds import hang_up

PATIENCE_SECONDS = 120
"""Longer than anything is broken, several times over."""
TWICE, TORN = 0.1, 0.1
"""Of all checkouts: sent by two tabs at once; broken off at some byte first, and then sent again."""
CANCELLED, REFUNDED = 0.12, 0.08
THINKING_SECONDS = 4.0
CONFLICT, TOO_MANY = 409, 429
SETTLED = ("CONFIRMED", "CANCELLED")


@dataclass
class Shopper(Buyer):
    """Comes again as often as told to, and not before."""

    renewing: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Who does several things at once has one session all the same: its token is changed by one of them."""

    @override
    async def insist(self, method: str, path: str, **more: Any) -> httpx2.Response:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            if self.token and path not in (SESSIONS, REFRESH):
                await self.stay_signed_in()
            answer = await self.once(method, path, **more)
            if answer is not None and not _told_to_come_again(answer):
                return answer
            if time.monotonic() > deadline:
                raise TimeoutError(f"{method} {path}: no answer in {PATIENCE_SECONDS} s, at last {answer}")
            await asyncio.sleep(_later(answer) + 0.2 * self.dice.random())

    @override
    async def stay_signed_in(self) -> None:
        async with self.renewing:
            await super().stay_signed_in()


@dataclass
class Market:
    """All that is bought on one day. A buyer has one cart, so one checkout at a time: whoever is free takes it."""

    crowd: Crowd
    buyers: Sequence[Shopper]
    staff: Shopper
    wishes: list[Wish]
    dice: Random
    promises: list[Promise] = field(default_factory=list)
    at_first: int = 0
    """How many had to ask for nothing twice, from the cart to the order."""
    changed_mind: set[str] = field(default_factory=set)
    """Orders whose cancellation was accepted."""
    sent_back: set[str] = field(default_factory=set)
    """Orders of which a refund was accepted."""
    unheard_of: set[str] = field(default_factory=set)
    """Orders of which a cancellation or a refund was never answered."""
    deeds: Counter[str] = field(default_factory=Counter)
    short: set[str] = field(default_factory=set)
    """SKUs of which there are fewer than are wanted."""
    banks_let_down: bool = False
    """May a bank let go of what it has authorised, on this day?"""
    afterwards: list[asyncio.Task[None]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.free: asyncio.Queue[Shopper] = asyncio.Queue()
        for buyer in self.buyers:
            self.free.put_nowait(buyer)

    async def checkout(self) -> Mapping[str, float]:
        """One journey, for `tests.load.arrivals`."""
        buyer = await self.free.get()
        try:
            before = buyer.unheard
            choice = await buyer.choose(self.wishes.pop())
            promise = await self._order(buyer, choice)
            self.at_first += buyer.unheard == before
        finally:
            self.free.put_nowait(buyer)
        self.promises.append(promise)
        self._think_about_it(buyer, promise)
        return {}

    async def _order(self, buyer: Shopper, choice: Choice) -> Promise:
        key, fate = buyer.key(), self.dice.random()
        if fate < TWICE:
            self.deeds["sent twice at once"] += 1
            promise, _ = await asyncio.gather(buyer.order(choice, key=key), buyer.order(choice, key=key))
            return promise
        if fate < TWICE + TORN:
            self.deeds["broken off and sent again"] += 1
            share, after = min(1.0, 1.5 * self.dice.random()), 0.05 * self.dice.random()
            await hang_up(self.crowd.client.base_url.port or 0, buyer, choice, key=key, share=share, after=after)
        return await buyer.order(choice, key=key)

    def _think_about_it(self, buyer: Shopper, promise: Promise) -> None:
        fate, later = self.dice.random(), THINKING_SECONDS * self.dice.random()
        if fate < CANCELLED:
            self._afterwards(promise, self._cancel(buyer, promise.order_id, later))
        elif fate < CANCELLED + REFUNDED:
            self._afterwards(promise, self._refund(buyer, promise, later))

    def _afterwards(self, promise: Promise, deed: Coroutine[Any, Any, None]) -> None:
        async def done() -> None:
            try:
                await deed
            except TimeoutError:
                self.deeds["never answered"] += 1
                self.unheard_of.add(promise.order_id)

        self.afterwards.append(asyncio.create_task(done()))

    async def _cancel(self, buyer: Shopper, order_id: str, later: float) -> None:
        """Somebody has it in hand already, or it is over: then it is refused."""
        await asyncio.sleep(later)
        answer = await buyer.insist("POST", f"{ORDERS}/{order_id}/cancel", key=buyer.key(), json={})
        self.deeds[f"cancellations answered {answer.status_code}"] += 1
        if answer.is_success:
            self.changed_mind.add(order_id)

    async def _refund(self, buyer: Shopper, promise: Promise, later: float) -> None:
        """Half of it, or all, once it is paid; the customer may cancel at the same moment."""
        if not await self._settled(buyer, promise.order_id):
            return
        body = {"reason": "for a test", **({"amount": promise.total // 2} if self.dice.random() < 0.5 else {})}
        path = f"/api/v1/staff/orders/{promise.order_id}/refunds"
        cancelling = (
            self._cancel(buyer, promise.order_id, later / 100) if self.dice.random() < 0.3 else asyncio.sleep(0)
        )
        answer, _ = await asyncio.gather(self.staff.insist("POST", path, key=self.staff.key(), json=body), cancelling)
        self.deeds[f"refunds answered {answer.status_code}"] += 1
        if answer.is_success:
            self.sent_back.add(promise.order_id)

    async def _settled(self, buyer: Shopper, order_id: str) -> bool:
        """Is it confirmed, before patience is over?"""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            order = expect(await buyer.insist("GET", f"{ORDERS}/{order_id}"), 200)
            if order["state"] in SETTLED:
                return order["state"] == "CONFIRMED"
            await asyncio.sleep(0.5)
        return False


def _told_to_come_again(answer: httpx2.Response) -> bool:
    busy = answer.status_code == CONFLICT and "retry-after" in answer.headers
    return busy or answer.status_code == TOO_MANY or answer.status_code >= 500


def _later(answer: httpx2.Response | None) -> float:
    """In how many seconds to come again. Who would not wait is one more reason that there is no answer."""
    told = None if answer is None else answer.headers.get("retry-after")
    return float(told) if told else 0.1


async def open_market(crowd: Crowd, wishes: Sequence[Wish], dice: Random, *, buyers: int) -> Market:
    """So many customers are known to the shop, and somebody of the staff is signed in."""
    shoppers = [crowd.newcomer_of(Shopper) for _ in range(buyers)]
    for few in (shoppers[at : at + 8] for at in range(0, buyers, 8)):
        await asyncio.gather(*(each.join(crowd.street) for each in few))
    desk = crowd.street.staff
    staff = Shopper(crowd.client, crowd.journal, dice, desk["email"], password=desk["password"])
    await staff.sign_in()
    return Market(crowd, shoppers, staff, list(wishes), dice)
