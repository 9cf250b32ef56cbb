"""Customers who buy, many at once, and who send the same request again until somebody answers."""

import asyncio
import hashlib
import os
import re
import time
from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Any
from uuid import UUID

import httpx2
from testkit.verify.journal import Answer, Journal

from tests.faults.shop.street import Street

PASSWORD = "nine copper kettles sing"
HOME = {
    "name": "Ada Example",
    "line1": "Example Street 1",
    "city": "Berlin",
    "postal_code": "10115",
    "country": "DE",
}
CARDS = {"good": "pm_card_visa", "declined": "pm_card_chargeDeclined"}
ORDERS = "/api/v1/orders"
SESSIONS = "/api/v1/sessions"
REFRESH = f"{SESSIONS}/refresh"
PATIENCE_SECONDS = 60 + float(os.environ.get("MERCATO_PAUSE_SECONDS", "0"))
"""Longer than any store is frozen."""
ANSWER_SECONDS = 20
FRESH_SECONDS = 120
"""After this long a buyer gets new tokens before shopping; they live 300 s."""

Json = dict[str, Any]


@dataclass(frozen=True)
class Wish:
    """One piece of something, on a card that is `good` or `declined`."""

    sku: str
    card: str = "good"


@dataclass(frozen=True)
class Choice:
    """What a buyer is about to order: the body of the request, and the total that was shown."""

    wish: Wish
    body: Json
    total: int


@dataclass(frozen=True)
class Promise:
    """What the shop has acknowledged."""

    wish: Wish
    order_id: str
    total: int
    replayed: bool


@dataclass
class Buyer:
    """One customer. Whatever goes wrong on the way, the same request is sent again."""

    client: httpx2.AsyncClient
    journal: Journal
    dice: Random
    email: str
    password: str = PASSWORD
    user_id: str = ""
    token: str = ""
    refresh_token: str = ""
    fresh_since: float = float("-inf")
    cards: dict[str, str] = field(default_factory=dict)
    shipping: str = ""
    unheard: int = 0
    """Requests to which no service gave an answer that can be relied on."""

    async def insist(self, method: str, path: str, *, key: str | None = None, noted: Answer | None = None, **more: Any):
        """The first answer that is an answer: not a lost connection, not "try again in a moment"."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            answer = await self.once(method, path, key=key, noted=noted, **more)
            if answer is not None and answer.status_code < 500:
                return answer
            assert time.monotonic() < deadline, f"{method} {path}: no answer in {PATIENCE_SECONDS} s, at last {answer}"
            pause = float(answer.headers["retry-after"]) if answer is not None and _sent_away(answer) else 0.1
            await asyncio.sleep(pause + 0.2 * self.dice.random())

    async def once(
        self, method: str, path: str, *, key: str | None = None, noted: Answer | None = None, **more: Any
    ) -> httpx2.Response | None:
        """One request, noted in the journal; None when nobody answered."""
        headers = {"Authorization": f"Bearer {self.token}"} if self.token and path not in (SESSIONS, REFRESH) else {}
        if key:
            headers["Idempotency-Key"] = key
        asked: Answer = {
            "method": method,
            "path": path,
            "user": self.user_id,
            **({"idempotency_key": key} if key else {}),
            **(noted or {}),
        }
        try:
            answer = await self.client.request(method, path, headers={**headers, **more.pop("headers", {})}, **more)
        except httpx2.HTTPError:
            self.unheard += 1
            self.journal.unanswered.append(asked)
            return None
        if answer.status_code >= 500:
            self.unheard += 1
        content_type = answer.headers.get("content-type", "").partition(";")[0]
        line: Answer = {**asked, "status": answer.status_code, "content_type": content_type}
        if key and answer.is_success:
            line["answer_hash"] = hashlib.sha256(answer.content).hexdigest()
        if method == "POST" and path == ORDERS and answer.is_success:
            line["order_id"] = answer.json()["id"]
        self.journal.answers.append(line)
        return answer

    async def join(self, street: Street) -> None:
        """Register, follow the link in the mail, sign in, save a card of each kind."""
        body = {"email": self.email, "name": "Ada Example", "password": self.password}
        expect(await self.insist("POST", "/api/v1/users", json=body), 202)
        await self._prove(street)
        await self.sign_in()
        for kind, provider_token in CARDS.items():
            body = {"provider_token": provider_token}
            self.cards[kind] = expect(await self.insist("POST", "/api/v1/payment-methods", json=body), 201)["id"]
        methods = await self.insist("GET", "/api/v1/shipping-methods", params={"country": "DE", "currency": "EUR"})
        self.shipping = expect(methods, 200)["items"][0]["code"]

    async def _prove(self, street: Street) -> None:
        """Follow the mailed link. Who had to register twice, because nobody heard, gets two: the newer one is good."""
        tried: set[str] = set()
        while True:
            token = await _link(street, self.email, but=tried)
            before = self.unheard
            answer = await self.insist("POST", "/api/v1/users/verification", json={"token": token})
            # Each token is good once: where nobody heard the first answer, the sign-in shows that it was taken.
            if answer.status_code == 204 or self.unheard > before:
                return
            expect(answer, 422)
            tried.add(token)

    async def stay_signed_in(self) -> None:
        """Get new tokens before the old ones grow old; with the password only where the session is over."""
        if time.monotonic() - self.fresh_since <= FRESH_SECONDS:
            return
        # A password is slow to check, on purpose: five hundred of them would keep the shop from selling.
        answer = await self.insist("POST", REFRESH, json={"refresh_token": self.refresh_token})
        if answer.status_code == 401:
            await self.sign_in()
        else:
            self._hold(expect(answer, 200))

    async def sign_in(self) -> None:
        body = {"email": self.email, "password": self.password}
        self._hold(expect(await self.insist("POST", SESSIONS, json=body), 201))

    def _hold(self, session: Json) -> None:
        self.token, self.refresh_token = session["access_token"], session["refresh_token"]
        self.user_id, self.fresh_since = session["user"]["id"], time.monotonic()

    async def choose(self, wish: Wish) -> Choice:
        """A cart with exactly this in it, and what it costs."""
        cart = expect(await self.insist("GET", "/api/v1/cart"), 200)
        lines = f"/api/v1/carts/{cart['id']}/lines"
        found = {line["sku"]: line["quantity"] for line in cart["lines"]}
        for sku in found.keys() - {wish.sku}:
            expect(await self.insist("DELETE", f"{lines}/{sku}"), 200)
        if found.get(wish.sku) != 1:
            expect(await self.insist("PUT", f"{lines}/{wish.sku}", json={"quantity": 1}), 200)
        asked = {"cart_id": cart["id"], "country": "DE", "shipping_method": self.shipping}
        quote = expect(await self.insist("POST", "/api/v1/quotes", json=asked), 200)
        body = {
            "cart_id": cart["id"],
            "address": HOME,
            "shipping_method": self.shipping,
            "payment": {"method_id": self.cards[wish.card]},
            "quote_hash": quote["quote_hash"],
        }
        return Choice(wish, body, quote["total"])

    def key(self) -> str:
        """For one intention."""
        return str(UUID(int=self.dice.getrandbits(128), version=4))

    async def order(
        self, chosen: Choice, *, key: str | None = None, headers: Mapping[str, str] | None = None
    ) -> Promise:
        """Send it until it is acknowledged."""
        noted = {"quote_hash": chosen.body["quote_hash"], "quoted_total": chosen.total}
        answer = await self.insist(
            "POST", ORDERS, key=key or self.key(), noted=noted, json=chosen.body, headers=headers or {}
        )
        replayed = answer.headers.get("idempotent-replayed") == "true"
        return Promise(chosen.wish, expect(answer, 202)["id"], chosen.total, replayed=replayed)

    async def buy(self, wish: Wish) -> Promise:
        return await self.order(await self.choose(wish))


@dataclass
class Rush:
    """A crowd at work on a list of wishes. `promises` grows as the shop acknowledges."""

    wishes: list[Wish]
    promises: list[Promise] = field(default_factory=list)
    _turnstile: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(0))
    _moved: asyncio.Event = field(default_factory=asyncio.Event)

    def admit(self, more: int) -> None:
        """Let this many further checkouts begin."""
        for _ in range(more):
            self._turnstile.release()

    async def reached(self, count: int) -> None:
        """Returns once so many orders are acknowledged."""
        while len(self.promises) < count:
            self._moved.clear()
            async with asyncio.timeout(PATIENCE_SECONDS):
                await self._moved.wait()

    async def serve(self, buyer: Buyer, thinking: float) -> None:
        """One buyer's part: wish after wish, until none is left."""
        while self.wishes:
            await self._turnstile.acquire()
            if not self.wishes:
                return
            self.promises.append(await buyer.buy(self.wishes.pop()))
            self._moved.set()
            await asyncio.sleep(thinking * buyer.dice.random())


@dataclass
class Crowd:
    """The customers of one street, and everything they were ever answered."""

    street: Street
    client: httpx2.AsyncClient
    seed: int
    journal: Journal = field(default_factory=Journal)
    buyers: list[Buyer] = field(default_factory=list)
    seen: int = 0
    resends: int = 0
    """How many mails may have come twice so far: the mailbox remembers the tests before."""
    marks: dict[str, int] = field(default_factory=dict)
    """Where the logs ended when the test began."""

    async def grow(self, size: int) -> Sequence[Buyer]:
        """At least so many customers, known to the shop and signed in; the first `size` of them."""
        fresh = [self.newcomer() for _ in range(len(self.buyers), size)]
        for few in (fresh[at : at + 8] for at in range(0, len(fresh), 8)):
            await asyncio.gather(*(buyer.join(self.street) for buyer in few))
        self.buyers += fresh
        chosen = self.buyers[:size]
        for few in (chosen[at : at + 8] for at in range(0, size, 8)):
            await asyncio.gather(*(buyer.stay_signed_in() for buyer in few))
        return chosen

    @asynccontextmanager
    async def rush(
        self, wishes: Sequence[Wish], *, at_once: int = 8, admitted: int | None = None, thinking: float = 0.0
    ) -> AsyncGenerator[Rush]:
        """All of them shopping while the context is open; its end waits until every wish is acknowledged."""
        buyers = await self.grow(at_once)
        rush = Rush(list(reversed(wishes)))
        rush.admit(len(wishes) if admitted is None else admitted)
        async with asyncio.TaskGroup() as group:
            for buyer in buyers:
                group.create_task(rush.serve(buyer, thinking))
            yield rush
            rush.admit(len(wishes) + at_once)  # whoever still waits goes home

    def forget_tokens(self) -> None:
        """Whoever shops next gets new ones before."""
        for buyer in self.buyers:
            buyer.fresh_since = float("-inf")

    def newcomer(self) -> Buyer:
        """Somebody whom the shop does not know yet."""
        return self.newcomer_of(Buyer)

    def newcomer_of[B: Buyer](self, kind: type[B]) -> B:
        """Somebody who behaves in a way of their own."""
        self.seen += 1
        return kind(self.client, self.journal, Random(f"{self.seed} {self.seen}"), f"buyer-{self.seen}@example.org")


def expect(answer: httpx2.Response, status: int) -> Json:
    assert answer.status_code == status, (
        f"{answer.request.method} {answer.request.url}: {answer.status_code} {answer.text}"
    )
    return answer.json() if answer.content else {}


def _sent_away(answer: httpx2.Response) -> bool:
    """Before anything was begun, because there were too many: who comes again at once makes it worse."""
    return answer.status_code == 503 and b"overloaded" in answer.content


async def _link(street: Street, email: str, *, but: Collection[str]) -> str:
    """The token of a verification mail, once one has come with another than these."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        for mail in street.world.mail.mails(email):
            found = re.search(r"verify-email\?token=(\S+)", mail.text)
            if found and found[1] not in but:
                return found[1]
        await asyncio.sleep(0.05)
    raise AssertionError(f"no (other) verification mail to {email} in {PATIENCE_SECONDS} s")
