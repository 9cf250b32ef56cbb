"""What a street of pairs has before it: a real Envoy, which asks whichever replica is well."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from chassis.bounds import App
from dev.envoy import Gateway, make_gateway
from dev.pages import STOREFRONT
from dev.pages import make_replicas as make_page_replicas
from dev.ports import free_ports
from dev.settings import Replica

from tests.faults.shop.outside import bind, served


@asynccontextmanager
async def envoy(
    port: int, replicas: Mapping[str, tuple[Replica, ...]], logs: Path, *, door: App
) -> AsyncGenerator[Gateway]:
    """At this port while the context is open; who waits until it is ready needs services behind it."""
    (logs / "logs").mkdir()
    listening, door_port = bind()
    (nobody,) = free_ports(1)
    gate = make_gateway(
        port=port,
        door=door_port,
        collector=nobody,
        # Pages are part of its table; nobody looks at any on this street.
        replicas={**replicas, STOREFRONT: make_page_replicas(1)},
        canaries={},
        home=logs,
    )
    gate.render()
    async with served(door, listening):
        gate.process.start()
        try:
            yield gate
        finally:
            await gate.process.end()
