"""Stand-ins for the five and for the storefront, and a real Envoy before them."""

import asyncio
import ctypes
import signal
import socket
import subprocess
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from shutil import copyfile
from typing import Any

import httpx2
from gateway.admin import ask, number
from gateway.place import Address, Listen, Place, Replica, Service
from gateway.process import command
from gateway.rendering import write
from gateway.table import BEHIND, ROUTES, Row, Table, read_table

from .standin import Standin, standing

PATIENCE = 20.0
libc = ctypes.CDLL(None)


def die_with_us() -> None:
    libc.prctl(1, signal.SIGKILL)


def free_port() -> int:
    with socket.socket() as opened:
        opened.bind(("127.0.0.1", 0))
        return int(opened.getsockname()[1])


async def until(true: Callable[[], object], *, what: str) -> None:
    """Wait for something to become true."""
    async with asyncio.timeout(PATIENCE):
        while not true():
            await asyncio.sleep(0.02)
    assert true(), what


def table_with(*rows: Row) -> Table:
    """The real table, and a few rows before it."""
    table = read_table()
    return replace(table, rows=(*rows, *table.rows))


@dataclass
class Street:
    """What a test talks to, and what it looks at."""

    place: Place
    table: Table
    folder: Path
    standins: Mapping[str, Standin]
    edit: Callable[[str], str] = str
    """What a test changes in the bootstrap before Envoy reads it."""
    process: subprocess.Popen[bytes] | None = None
    client: httpx2.AsyncClient = field(init=False)

    @property
    def port(self) -> int:
        return self.place.public.at.port

    @property
    def log(self) -> list[str]:
        return Path(self.place.access_log).read_text().splitlines()

    def stat(self, name: str) -> int:
        return number(self.place.admin, name)

    def start(self) -> None:
        write(self.place, self.table, self.folder)
        bootstrap = self.folder / "envoy.yaml"
        bootstrap.write_text(self.edit(bootstrap.read_text()))
        Path(self.place.admin).unlink(missing_ok=True)
        with (self.folder / "envoy.log").open("ab") as out:
            self.process = subprocess.Popen(
                [*command(self.folder)], stdout=out, stderr=out, stdin=subprocess.DEVNULL, preexec_fn=die_with_us
            )

    async def ready(self) -> None:
        """A customer can be served: the five are healthy, and the keys are there."""
        async with asyncio.timeout(PATIENCE):
            while not await self._is_ready():
                assert self.process is not None
                assert self.process.poll() is None, (self.folder / "envoy.log").read_text()[-3000:]
                await asyncio.sleep(0.05)

    async def _is_ready(self) -> bool:
        try:
            fetched = self.stat("http.public.jwt_authn.jwks_fetch_success")
            return fetched > 0 and (await self.client.get("/readyz")).status_code == 200
        except (OSError, httpx2.TransportError):
            return False

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def config(self) -> str:
        return ask(self.place.admin, "GET", "/config_dump")


def replicas(*standins: Standin) -> tuple[Replica, ...]:
    return tuple(Replica(Address("127.0.0.1", each.port), each.port) for each in standins)


@asynccontextmanager
async def street(
    folder: Path,
    *,
    table: Table | None = None,
    services: Callable[[Mapping[str, Standin]], Mapping[str, Service]] | None = None,
    keys: Mapping[str, Any] | None = None,
    edit: Callable[[str], str] = str,
    **place: Any,
) -> AsyncGenerator[Street]:
    """A whole gateway, ready; `services` may give a service other replicas than its one stand-in."""
    async with AsyncExitStack() as stack:
        standins = {name: await stack.enter_async_context(standing(name)) for name in BEHIND}
        standins["user"].keys = keys or {"keys": []}
        stable = {name: Service(replicas(each)) for name, each in standins.items()}
        given: dict[str, Any] = {
            "services": {**stable, **(services(standins) if services else {})},
            "public": Listen(Address("127.0.0.1", free_port())),
            "storefront": Listen(Address("127.0.0.1", free_port()), trusted_hops=1),
            "admin": str(folder / "admin.sock"),
            "folder": str(folder),
            "cache_folder": str(folder / "cache"),
            "access_log": str(folder / "access.log"),
            "limits": 1000,
            **place,
        }
        (folder / "cache").mkdir()
        for page in ("openapi.json", "docs.html"):
            copyfile(ROUTES.parent / page, folder / page)
        one = Street(Place(**given), table or read_table(), folder, standins, edit)
        url = f"http://127.0.0.1:{one.port}"
        one.client = await stack.enter_async_context(httpx2.AsyncClient(base_url=url, timeout=PATIENCE))
        one.start()
        stack.callback(one.kill)
        await one.ready()
        yield one
