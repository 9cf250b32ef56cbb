"""Who comes to be measured, and what they find: customers with a card, and goods of which there is plenty."""

import asyncio
import itertools
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx2
from simulators.visitor.people import Person, make_customer, sign_in
from simulators.visitor.shopping import ADDRESS, COUNTRY

DOOR = {"X-Mercato-Door": "load"}
PLENTY = 1_000_000
KINDS = 20
"""So many things are bought, so that nobody measures how people wait for one row."""
CURRENCIES = ("EUR", "USD", "GBP", "JPY")
SHIPPING = "standard"
MAKING_AT_ONCE = 4

Json = dict[str, Any]


@dataclass
class Shopper:
    person: Person
    token: str = ""
    card: str = ""


@dataclass
class Crowd:
    """Everybody, and what there is to buy and to look at."""

    url: str
    shoppers: list[Shopper]
    skus: list[str]
    slugs: list[str]
    words: list[str]

    def __post_init__(self) -> None:
        self._next = itertools.cycle(self.shoppers)
        self._goods = itertools.cycle(self.skus)

    def shopper(self) -> Shopper:
        return next(self._next)

    def sku(self) -> str:
        return next(self._goods)

    async def sign_in(self) -> None:
        """All anew: a token lives for five minutes."""
        async with _visit(self.url) as shop:
            await _several([_signed_in(shop, each) for each in self.shoppers])

    async def ready_orders(self, count: int) -> list[tuple[Shopper, Json]]:
        """Carts that only wait to be bought: who buys, and what is sent for it."""
        async with _visit(self.url) as shop:
            return await _several([ready_order(shop, self.shopper(), self.sku()) for _ in range(count)])


async def gather_crowd(url: str, count: int) -> Crowd:
    """Register so many customers and put goods on the shelves, by the development door. Raises VisitFailed."""
    async with _visit(url) as shop:
        people = [Person(f"load-{uuid4().hex}@example.org", "Lou Load", uuid4().hex) for _ in range(count)]
        shoppers = await _several([_shopper(shop, each) for each in people])
        skus = await _stock_up(shop)
        cards = await _everything(shop)
    slugs = [each["slug"] for each in cards]
    words = sorted({word.lower() for each in cards for word in each["name"].split() if len(word) > 3})
    return Crowd(url, shoppers, skus, slugs, words)


async def ready_order(shop: httpx2.AsyncClient, shopper: Shopper, sku: str) -> tuple[Shopper, Json]:
    cart = await ask(shop, "POST", "/api/v1/carts", {"currency": "EUR"}, token=shopper.token)
    await ask(shop, "PUT", f"/api/v1/carts/{cart['id']}/lines/{sku}", {"quantity": 1}, token=shopper.token)
    quote = await ask(shop, "POST", "/api/v1/quotes", quote_body(cart["id"]), token=shopper.token)
    return shopper, order_body(cart["id"], quote["quote_hash"], shopper.card)


def quote_body(cart_id: str) -> Json:
    return {"cart_id": cart_id, "country": COUNTRY, "shipping_method": SHIPPING}


def order_body(cart_id: str, quote_hash: str, card: str) -> Json:
    return {
        "cart_id": cart_id,
        "address": ADDRESS,
        "shipping_method": SHIPPING,
        "payment": {"method_id": card},
        "quote_hash": quote_hash,
    }


async def ask(shop: httpx2.AsyncClient, method: str, path: str, body: Any = None, *, token: str, **more: Any) -> Json:
    headers = {"Authorization": f"Bearer {token}", **more}
    answer = await shop.request(method, path, json=body, headers=headers)
    assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
    return answer.json()


def _visit(url: str) -> httpx2.AsyncClient:
    return httpx2.AsyncClient(base_url=url, timeout=30)


async def _several[T](making: Sequence[Awaitable[T]]) -> list[T]:
    """A few at a time: this is not what is measured."""
    places = asyncio.Semaphore(MAKING_AT_ONCE)

    async def in_its_place(one: Awaitable[T]) -> T:
        async with places:
            return await one

    return list(await asyncio.gather(*map(in_its_place, making)))


async def _shopper(shop: httpx2.AsyncClient, person: Person) -> Shopper:
    async def mailed(to: str) -> Sequence[str]:
        mails = await shop.get("/dev/mail/mails", params={"to": to}, headers=DOOR)
        return [each["text"] for each in mails.raise_for_status().json()]

    await make_customer(shop, person, mailed=mailed)
    shopper = Shopper(person)
    await _signed_in(shop, shopper)
    saved = await ask(shop, "POST", "/api/v1/payment-methods", {"provider_token": "pm_card_visa"}, token=shopper.token)
    shopper.card = saved["id"]
    return shopper


async def _signed_in(shop: httpx2.AsyncClient, shopper: Shopper) -> None:
    shopper.token = str((await sign_in(shop, shopper.person))["access_token"])


async def _everything(shop: httpx2.AsyncClient) -> list[Json]:
    cards: list[Json] = []
    cursor: str | None = None
    while cursor is not None or not cards:
        told = {"limit": 100, **({"cursor": cursor} if cursor else {})}
        page = (await shop.get("/api/v1/products", params=told)).raise_for_status().json()
        cards, cursor = cards + page["items"], page["next_cursor"]
        if cursor is None:
            break
    return cards


async def _stock_up(shop: httpx2.AsyncClient) -> list[str]:
    """Much of a few things that are in the catalogue already, so that orders are of what people look at."""
    staff = (await shop.post("/dev/staff-session", headers=DOOR)).raise_for_status().json()["access_token"]
    page = (await shop.get("/api/v1/products", params={"limit": KINDS, "sort": "popular"})).raise_for_status().json()
    skus = []
    for card in page["items"]:
        product = (await shop.get(f"/api/v1/products/{card['slug']}")).raise_for_status().json()
        skus.append(product["variants"][0]["sku"])
    more = {"kind": "restock", "quantity": PLENTY, "reason": "for a measurement"}
    for sku in skus:
        path = f"/api/v1/staff/stock/{sku}/adjustments"
        await ask(shop, "POST", path, more, token=staff, **{"Idempotency-Key": str(uuid4())})
    return skus
