"""A second API process of each service, on the same stores and told the same, but for its ports."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from dev.ports import url
from dev.processes import Process, all_ready
from dev.settings import SERVICES, make_replicas
from dev.street import Street as Shop

from tests.faults.shop.street import Street


@dataclass(frozen=True)
class Door:
    """One API process of a service, and where it is asked itself."""

    service: str
    process: Process
    url: str

    def __str__(self) -> str:
        return self.process.name


@asynccontextmanager
async def in_pairs(street: Street) -> AsyncGenerator[Mapping[str, tuple[Door, Door]]]:
    """Two doors of every service while the context is open."""
    plan = replace(street.shop.plan, replicas=make_replicas())
    logs = street.shop.logs / "second"
    logs.mkdir(exist_ok=True)
    second = {service: process for service, (process,) in Shop.build(plan, logs).apis.items()}
    doors = {
        service: (
            Door(service, street.apis[service], url(street.port(service))),
            Door(service, replace(second[service], name=f"{service}-api-2"), url(plan.replicas[service][0].public)),
        )
        for service in SERVICES
    }
    others = [pair[1].process for pair in doors.values()]
    try:
        for process in others:
            process.start()
        await all_ready(others)
        yield doors
    finally:
        await asyncio.gather(*(process.end() for process in others))
