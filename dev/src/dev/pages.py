"""The storefront's processes: of the whole run they are told where the gateway's second door is, and nothing more."""

from collections.abc import Sequence
from pathlib import Path

from dev.ports import free_ports, url
from dev.processes import Process, Start, python, start
from dev.settings import Outside, Replica, Secrets

STOREFRONT = "storefront"


def make_replicas(count: int) -> tuple[Replica, ...]:
    """It has no worker; nobody listens at that port."""
    return tuple(Replica(*free_ports(3)) for _ in range(count))


def told(replica: Replica, *, door: int, outside: Outside, secrets: Secrets) -> dict[str, str]:
    """What one process is told. `door` is the port at which the gateway believes it for whom it asks."""
    settings: dict[str, object] = {
        "api_url": url(door),
        "public_url": outside.url,
        "public_port": replica.public,
        "internal_port": replica.internal,
        "drain_seconds": 0,
        "development_door": True,
        "test_cards": True,
        **({"traces_url": outside.spans_url} if outside.spans_url is not None else {}),
        **secrets.of(STOREFRONT),
    }
    return {f"{STOREFRONT}_{name}".upper(): str(value) for name, value in settings.items()}


def make_pages(
    replicas: Sequence[Replica], *, door: int, outside: Outside, secrets: Secrets, logs: Path, by: Start = start
) -> tuple[Process, ...]:
    """Nothing is started yet."""
    names = [STOREFRONT] if len(replicas) == 1 else [f"{STOREFRONT}-{n}" for n in range(1, len(replicas) + 1)]
    return tuple(
        Process(
            name=name,
            command=python(f"{STOREFRONT}.main"),
            environment=told(replica, door=door, outside=outside, secrets=secrets),
            probe=f"{url(replica.internal)}/readyz",
            log=logs / f"{name}.log",
            by=by,
        )
        for name, replica in zip(names, replicas, strict=True)
    )
