"""`python -m tests.load.growth [--large 1000000]`: how much longer a read takes in a large shop than in a small one.

On a dev rung of its own, with a thousand products and a thousand orders and then with so many of each: one question
after the other, past every cache. Writes reports/bench/growth-<moment>.json. It judges nothing.
"""

import argparse
import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from random import Random, SystemRandom
from urllib.parse import urlencode
from uuid import UUID

import httpx2

from tests.dev.rung import Rung
from tests.load.accounting import load_average
from tests.load.arrivals import Outcome, Refused, endings, quantiles, together
from tests.load.bench import Record, keep, own_rung
from tests.load.circumstances import circumstances
from tests.load.journeys import NOT_FROM_THE_CACHE, Walks
from tests.load.plenty import Plenty
from tests.load.shoppers import CURRENCIES, DOOR, Crowd, gather_crowd
from tests.load.wire import Client

SMALL = 1_000
SHOPPERS = 2
MODELS = 6
"""So many orders are really bought, for the others to be copies of."""
KNOWN = 1_000
"""So many products are asked for, if there are as many."""
WARM = 40
LONGEST_SECONDS = 60
"""For one kind of question, however many were to be asked."""
PRODUCTS, MINE, STAFF = "/api/v1/products", "/api/v1/orders", "/api/v1/staff/orders"


@dataclass(frozen=True, slots=True)
class Shop:
    """What can be asked for, and by whom."""

    products: Sequence[tuple[str, str]]
    """Slug and name."""
    orders: Sequence[str]
    """Ids of one customer's."""
    customer: str
    staff: str
    """Tokens."""

    def headers(self, path: str) -> Mapping[str, str]:
        if path.startswith(PRODUCTS):
            return NOT_FROM_THE_CACHE
        return {"Authorization": f"Bearer {self.staff if path.startswith(STAFF) else self.customer}"}


def detail(shop: Shop, dice: Random) -> str:
    return f"{PRODUCTS}/{dice.choice(shop.products)[0]}"


def listed(shop: Shop, dice: Random, **wanted: str) -> str:
    return f"{PRODUCTS}?{urlencode({'limit': 20, 'currency': dice.choice(CURRENCIES), **wanted})}"


def two_words(shop: Shop, dice: Random) -> str:
    """A series, which a thousandth of all products is of, and what the thing is."""
    words = dice.choice(shop.products)[1].split()
    return listed(shop, dice, q=f"{words[0]} {words[-1]}")


def one_word(shop: Shop, dice: Random) -> str:
    """What the thing is, as one in a hundred or so is."""
    return listed(shop, dice, q=dice.choice(shop.products)[1].split()[-1])


def order(shop: Shop, dice: Random) -> str:
    return f"{MINE}/{dice.choice(shop.orders)}"


KINDS: Mapping[str, Callable[[Shop, Random], str]] = {
    "list of 20, newest": listed,
    "list of 20, most wanted": partial(listed, sort="popular"),
    "list of 20 of a room, cheapest": partial(listed, category="kitchen", sort="price"),
    "list of 20 of a brand, cheapest": partial(listed, brand="Tarnholt", sort="price"),
    "product": detail,
    "search: two words": two_words,
    "search: one word": one_word,
    "a customer's orders": lambda _shop, _dice: f"{MINE}?limit=20",
    "one of them": order,
    "staff: newest orders": lambda _shop, _dice: f"{STAFF}?limit=20",
    "staff: newest of a state": lambda _shop, _dice: f"{STAFF}?limit=20&state=CONFIRMED",
}


async def ask(client: Client, shop: Shop, kind: str, *, count: int, seed: int) -> Record:
    dice = Random(seed)

    async def read() -> Mapping[str, float]:
        path = KINDS[kind](shop, dice)
        answer = await client.ask("GET", path, headers=shop.headers(path))
        if answer.status != 200:
            raise Refused(answer)
        return {}

    await together(WARM, 1, read)
    outcomes: list[Outcome] = []
    until = time.monotonic() + LONGEST_SECONDS
    while len(outcomes) < count and time.monotonic() < until:
        outcomes += await together(min(20, count - len(outcomes)), 1, read)
    took = quantiles([each.took for each in outcomes if each.done])
    return {"came": len(outcomes), "failed": endings(outcomes), "ms": took}


async def size(rung: Rung, crowd: Crowd, count: int, *, questions: int, seed: int) -> Record:
    """Fill the shop up to so many of each, and ask."""
    plenty, buyer = Plenty(rung), crowd.shoppers[0]
    client, began = Client(rung.url), time.monotonic()
    try:
        async with httpx2.AsyncClient(base_url=rung.url, timeout=30) as door:
            me = (await door.get("/api/v1/me", headers={"Authorization": f"Bearer {buyer.token}"})).json()
            await asyncio.gather(plenty.products(count), asyncio.to_thread(plenty.orders, count, of=UUID(me["id"])))
            filled = time.monotonic() - began
            await crowd.sign_in()
            staff = (await door.post("/dev/staff-session", headers=DOOR)).raise_for_status().json()["access_token"]
            mine = (await door.get(MINE, headers={"Authorization": f"Bearer {buyer.token}"})).raise_for_status().json()
        orders = [each["id"] for each in mine["items"]]
        shop = Shop(await plenty.some_products(KNOWN), orders, buyer.token, staff)
        asked = {kind: await ask(client, shop, kind, count=questions, seed=seed) for kind in KINDS}
    finally:
        client.close()
    return {"of_each": count, "load": load_average(), "filled_in_seconds": round(filled, 1), "kinds": asked}


async def measure(rung: Rung, *, large: int, questions: int, seed: int) -> list[Record]:
    crowd, client = await gather_crowd(rung.url, SHOPPERS), Client(rung.url)
    try:
        bought = await together(MODELS, 1, Walks(client, crowd).purchase())
        assert all(each.done for each in bought), endings(bought)
    finally:
        client.close()
    sizes = []
    for count in (SMALL, large):
        await crowd.sign_in()
        sizes.append(await size(rung, crowd, count, questions=questions, seed=seed))
        print(sizes[-1], flush=True)
    return sizes


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--large", type=int, default=1_000_000, help="products, and orders, of the large shop")
    asked.add_argument("--questions", type=int, default=1_000, help="of each kind, in each of the two shops")
    asked.add_argument("--seed", type=int, default=SystemRandom().randrange(1_000_000))
    told = asked.parse_args()
    wish = {"large": told.large, "questions": told.questions, "seed": told.seed}
    record: Record = {"circumstances": circumstances(**wish)}
    with own_rung() as rung:
        record["sizes"] = asyncio.run(measure(rung, **wish))
    print(keep(record, "growth"))


if __name__ == "__main__":
    main()
