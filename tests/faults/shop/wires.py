"""The wires of a street: one for each link that a service keeps to a store, to a neighbour or to the world outside."""

from collections import defaultdict
from collections.abc import AsyncGenerator, Callable, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from random import Random
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from dev.grounds import WITH_DOCUMENTS, WITH_TABLES, Grounds
from dev.settings import SERVICES
from testkit.network.apart import Wire, wires_apart
from testkit.network.faults import Cut, Fault, HalfOpen, Late, Narrow, Reset, Silent
from testkit.network.proxy import HOST, Way

from tests.faults.shop.outside import Outside


@dataclass(frozen=True)
class Link:
    service: str
    other: str

    def __str__(self) -> str:
        return f"{self.service}-{self.other}"


Wires = Mapping[Link, Wire]

LINKS = (
    *(Link(service, "postgres") for service in WITH_TABLES),
    *(Link(service, "mongo") for service in WITH_DOCUMENTS),
    *(Link(service, "rabbit") for service in SERVICES),
    *(Link(service, "redis") for service in ("user", "order")),
    Link("payment", "provider"),
    Link("notification", "smtp"),
)
FAULTS: Mapping[str, Callable[[Random], Fault]] = {
    "late": lambda dice: Late(dice.uniform(0.05, 2.0), jitter=0.05),
    "narrow": lambda _: Narrow(10_000),
    "silent": lambda _: Silent(),
    "reset": lambda _: Reset(),
    "half-open": lambda _: HalfOpen(),
    "told-late": lambda _: HalfOpen(told_after=2),
    "cut": lambda dice: Cut(after=dice.randint(1, 2_000)),
}
WAYS = ((Way.THERE,), (Way.BACK,), (Way.THERE, Way.BACK))


@asynccontextmanager
async def wires_on(grounds: Grounds, world: Outside, links: Collection[Link]) -> AsyncGenerator[Wires]:
    """A wire for each of these."""
    ports = {
        **{name: store.port for name, store in grounds.stores.items()},
        "provider": urlsplit(world.psp_url).port or 0,
        "smtp": world.smtp_port,
    }
    if not links:
        yield {}
        return
    async with wires_apart([ports[link.other] for link in links]) as wires:
        yield dict(zip(links, wires, strict=True))


def addresses(
    wires: Wires, grounds: Grounds, changed: Mapping[str, Mapping[str, object]]
) -> dict[str, dict[str, object]]:
    """These settings, with the wires' ends in them instead of what is behind."""
    found: defaultdict[str, dict[str, object]] = defaultdict(dict)
    for service, own in changed.items():
        found[service] |= own
    for link, wire in wires.items():
        found[link.service] |= _told(link, wire.own_port, grounds)
    return found


def _told(link: Link, port: int, grounds: Grounds) -> dict[str, Any]:
    match link.other:
        case "postgres":
            return {"database_url": _by(port, grounds.databases[link.service].url)}
        case "mongo":
            # Told of a replica set, the driver would ask it for its members' addresses, and go past the wire.
            return {"mongo_url": f"mongodb://{HOST}:{port}/?directConnection=true"}
        case "rabbit":
            return {"broker_url": _by(port, grounds.broker_url(link.service))}
        case "redis":
            return {"redis_url": _by(port, grounds.redis.url)}
        case "provider":
            return {"provider_url": f"http://{HOST}:{port}"}
        case _:
            return {"smtp_port": port}


def _by(port: int, url: str) -> str:
    """The same address, by another port."""
    parts = urlsplit(url)
    who, at, _ = parts.netloc.rpartition("@")
    return urlunsplit(parts._replace(netloc=f"{who}{at}{HOST}:{port}"))
