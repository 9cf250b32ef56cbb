"""The shop's own processes: an API and a worker of every service, so many of each as are wanted, and its pages."""

import asyncio
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from dev.cost import cpu_seconds
from dev.pages import STOREFRONT
from dev.ports import url
from dev.processes import Process, ProcessFailed, Start, all_ready, python, run, start, tail
from dev.settings import SERVICES, Plan, Replica

ADMIN_EXISTS = 3


@dataclass(frozen=True)
class Street:
    """`apis` and `workers` by service; `pages` are the storefront's, where there is one."""

    plan: Plan
    logs: Path
    apis: Mapping[str, tuple[Process, ...]]
    workers: Mapping[str, tuple[Process, ...]]
    by: Start = start
    pages: tuple[Process, ...] = ()

    @classmethod
    def build(cls, plan: Plan, logs: Path, by: Start = start, pages: tuple[Process, ...] = ()) -> Self:
        """Nothing is started yet."""

        def process(service: str, room: str, name: str, replica: Replica) -> Process:
            port = replica.internal if room == "main" else replica.worker
            return Process(
                name=name,
                command=python(f"{service}_service.{room}"),
                environment=plan.environment(service, replica),
                probe=f"{url(port)}/readyz",
                log=logs / f"{name}.log",
                by=by,
            )

        def several(service: str, room: str, called: str) -> tuple[Process, ...]:
            named = _named(f"{service}-{called}", plan.replicas[service])
            return tuple(process(service, room, name, replica) for name, replica in named)

        apis = {service: several(service, "main", "api") for service in plan.replicas}
        for service, replica in plan.canaries.items():
            apis[service] += (process(service, "main", f"{service}-canary", replica),)
        workers = {service: several(service, "worker", "worker") for service in plan.replicas}
        return cls(plan, logs, apis, workers, by, pages)

    def write_settings(self, folder: Path) -> None:
        """Where `shopctl`, or a process that somebody starts by hand, finds what the processes are told."""
        folder.mkdir(exist_ok=True)
        told = {service: self.plan.environment(service) for service in SERVICES}
        if self.pages:
            told[STOREFRONT] = dict(self.pages[0].environment)
        for name, environment in told.items():
            file = folder / f"{name}.json"
            file.touch(mode=0o600)
            file.write_text(json.dumps(environment))

    @property
    def processes(self) -> list[Process]:
        rooms = [*self.apis.values(), *self.workers.values(), self.pages]
        return [each for replicas in rooms for each in replicas]

    async def migrate(self, *services: str) -> None:
        """Bring these stores to what the code needs, by each service's own console."""
        await asyncio.gather(*(self.command(service, "migrate") for service in services or SERVICES))

    async def put_at_counter(self, staff: Mapping[str, Any]) -> None:
        """Make the first admin, unless there is one."""
        who = ("--email", staff["email"], "--name", "Sam Staff")
        await self.command("user", "bootstrap-admin", *who, says=staff["password"] + "\n", fine=(0, ADMIN_EXISTS))

    async def fill_shelves(self) -> None:
        """Put the sample catalogue into the shop; what is there already stays."""
        await self.command("product", "seed")

    async def open(self) -> str:
        """Start everything at once; what it took until all were ready."""
        began = time.monotonic()
        for process in self.processes:
            process.start()
        await all_ready(self.processes)
        took, cost = time.monotonic() - began, sum(cpu_seconds(each.pid) for each in self.processes)
        return f"{took:.1f} s after their start, which took {cost:.1f} s of CPU"

    async def command(self, service: str, *arguments: str, says: str = "", fine: tuple[int, ...] = (0,)) -> None:
        """`python -m <service>_service.cli …`. Raises ProcessFailed with what it said."""
        log = self.logs / f"{service}-cli.log"
        command = python(f"{service}_service.cli", *arguments)
        status = await run(command, environment=self.plan.environment(service), log=log, says=says, by=self.by)
        if status not in fine:
            raise ProcessFailed(f"{service} {' '.join(arguments)} ended with {status}:\n{tail(log)}")

    async def close(self) -> None:
        """All leave in order, side by side."""
        await asyncio.gather(*(process.end() for process in self.processes))


def _named(name: str, replicas: Sequence[Replica]) -> Iterator[tuple[str, Replica]]:
    """Numbers only where there are several."""
    for number, replica in enumerate(replicas, 1):
        yield f"{name}-{number}" if len(replicas) > 1 else name, replica
