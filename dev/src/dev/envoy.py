"""The real gateway of a run: rendered from `gateway/`, its routes read anew while it runs."""

import asyncio
import contextlib
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from gateway.admin import number
from gateway.place import Address, Listen, Place, Service, write_place
from gateway.place import Replica as Behind
from gateway.process import command, drain
from gateway.rendering import write, write_routes
from gateway.table import ROUTES, TableRefused, read_table

from dev.ports import free_ports, url
from dev.processes import LOOK_SECONDS, READY_SECONDS, Process
from dev.settings import Replica

HOST = "127.0.0.1"
PAGES = ("openapi.json", "docs.html")
PLACE = "place.yaml"
"""For `python -m gateway routes`, which moves weights while this one runs."""
LONGEST_SOCKET_PATH = 100
MANY = 1000.0
"""Everybody comes from one address here."""
KEYS_SECONDS = 5
KEYS_FETCHED = "http.public.jwt_authn.jwks_fetch_success"


@dataclass(frozen=True)
class Gateway:
    """`url` is the one public address."""

    place: Place
    folder: Path
    process: Process

    @property
    def url(self) -> str:
        return url(self.place.public.at.port)

    @property
    def door_for_pages(self) -> int:
        """The port of the second door, for the storefront."""
        assert self.place.storefront is not None
        return self.place.storefront.at.port

    def render(self) -> None:
        """Everything, for the next start."""
        (self.folder / "cache").mkdir(parents=True, exist_ok=True)
        write(self.place, read_table(), self.folder)
        write_place(self.place, self.folder / PLACE)
        for page in PAGES:
            shutil.copyfile(ROUTES.parent / page, self.folder / page)

    def render_routes(self) -> str | None:
        """The routes of the running one; why not, when the table cannot be meant."""
        try:
            write_routes(self.place, read_table(), self.folder)
        except (TableRefused, KeyError, TypeError, ValueError) as refused:
            return f"gateway/routes.yaml: {refused}"
        return None

    async def ready(self) -> None:
        """Everybody behind it is well, and it can tell a good token from a bad one."""
        await self.process.ready()
        async with asyncio.timeout(READY_SECONDS):
            while not number(self.place.admin, KEYS_FETCHED):  # noqa: ASYNC110 - another process knows it
                await asyncio.sleep(LOOK_SECONDS)

    async def leave(self) -> None:
        """Take nobody new, let everybody finish, end."""
        if self.process.alive:
            with contextlib.suppress(OSError):
                drain(self.place)
        await self.process.end()


def make_gateway(
    *,
    port: int,
    door: int,
    collector: int,
    replicas: Mapping[str, tuple[Replica, ...]],
    canaries: Mapping[str, Replica],
    home: Path,
) -> Gateway:
    """On this port, before these replicas. The canaries are asked for nothing until somebody moves the weights."""
    folder = home / "gateway"
    folder.mkdir(parents=True, exist_ok=True)
    storefront, admin, metrics = free_ports(3)
    by_path = str(folder / "admin.sock")
    services = {
        service: Service(_behind(several), _behind(each for name, each in canaries.items() if name == service))
        for service, several in replicas.items()
    }
    place = Place(
        services=services,
        public=Listen(Address(HOST, port)),
        storefront=Listen(Address(HOST, storefront), trusted_hops=1),
        metrics=Address(HOST, metrics),
        admin=by_path if len(by_path) < LONGEST_SOCKET_PATH else str(admin),
        folder=str(folder),
        cache_folder=str(folder / "cache"),
        door=Address(HOST, door),
        collector=Address(HOST, collector),
        limits=MANY,
        keys_seconds=KEYS_SECONDS,
    )
    process = Process(
        name="gateway",
        command=command(folder),
        environment={},
        probe=f"{url(port)}/readyz",
        log=home / "logs/gateway.log",
    )
    return Gateway(place, folder, process)


def _behind(replicas: Iterable[Replica]) -> tuple[Behind, ...]:
    return tuple(Behind(Address(HOST, each.public), each.internal) for each in replicas)
