"""The whole shop as real processes on real stores, with a hand on every one of them."""

import asyncio
import time
from collections.abc import AsyncGenerator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

import httpx2
from testkit.verify.facts import Facts, fetch

from tests.faults.shop import settings
from tests.faults.shop.grounds import Grounds
from tests.faults.shop.outside import Outside, bind, gateway, outside
from tests.faults.shop.processes import Process, run_python
from tests.faults.shop.settings import PROVIDER_KEY, SERVICES, WEBHOOK_SECRET, Ports, environments

STAFF = {"email": "staff@mercato.example", "password": "eleven quiet lighthouses"}
LOUD = frozenset({"error", "critical"})
DRIVERS = ("aiormq", "aio_pika", "pymongo")
"""What they say of a lost connection, we hear in our own words."""


@dataclass
class Street:
    """`apis` and `workers` by service; `url` is the gateway."""

    grounds: Grounds
    ports: Ports
    url: str
    world: Outside
    environments: dict[str, dict[str, str]]
    logs: Path
    apis: dict[str, Process] = field(default_factory=dict)
    workers: dict[str, Process] = field(default_factory=dict)
    seconds_to_start: float = 0.0

    @property
    def processes(self) -> list[Process]:
        return [*self.apis.values(), *self.workers.values()]

    async def open(self) -> None:
        """Stores migrated, ten processes ready, shelves filled, somebody at the counter."""
        began = time.monotonic()
        for process in self.processes:
            process.start()
        await asyncio.gather(*(self.command(service, "migrate") for service in SERVICES))
        name = ("--email", STAFF["email"], "--name", "Sam Staff")
        await asyncio.gather(
            self.command("user", "bootstrap-admin", *name, says=STAFF["password"] + "\n"),
            self.command("product", "seed"),
            *(process.ready() for process in self.processes),
        )
        self.seconds_to_start = time.monotonic() - began

    async def command(self, service: str, *arguments: str, says: str = "") -> None:
        """`python -m <service>_service.cli …`"""
        module, log = f"{service}_service.cli", self.logs / f"{service}-cli.log"
        await run_python(module, *arguments, environment=self.environments[service], log=log, says=says)

    def close(self) -> None:
        for process in self.processes:
            if process.alive:
                process.kill()

    async def facts(self) -> Facts:
        """A store that was killed leaves dead connections behind: the first who comes across them is refused."""
        with suppress(httpx2.HTTPStatusError):
            return await fetch(self.url)
        return await fetch(self.url)

    async def staff_session(self) -> dict[str, object]:
        async with httpx2.AsyncClient(base_url=self.url, timeout=10) as client:
            return (await client.post("/api/v1/sessions", json=STAFF)).raise_for_status().json()

    @asynccontextmanager
    async def worker_instead(self, service: str, module: str, *arguments: str) -> AsyncGenerator[Process]:
        """Another program does this worker's work while the context is open."""
        usual = self.workers[service]
        await usual.stop()
        other = replace(usual, module=module, arguments=arguments, running=None)
        self.workers[service] = other
        other.start()
        await other.ready()
        try:
            yield other
        finally:
            await other.stop()
            self.workers[service] = usual
            usual.start()
            await usual.ready()

    def marks(self) -> dict[str, int]:
        """Where each log ends now, for `complaints`."""
        return {each.name: each.log.stat().st_size if each.log.exists() else 0 for each in self.processes}

    def complaints(self, since: dict[str, int], *, excused: Iterable[str] = ()) -> list[str]:
        """What was logged as an error since `marks`, but for these events."""
        excused = frozenset(excused)
        return [
            f"{process.name}: {line}"
            for process in self.processes
            for line in process.lines(since.get(process.name, 0))
            if line.get("level") in LOUD
            and line.get("event") not in excused
            and not line.get("logger", "").startswith(DRIVERS)
        ]

    def report(self) -> str:
        """The end of every log, for a test that failed."""
        return "\n".join(f"--- {each.name} {'' if each.alive else '(ended)'}\n{each.tail()}" for each in self.processes)


@asynccontextmanager
async def street_on(grounds: Grounds, logs: Path) -> AsyncGenerator[Street]:
    """A street on fresh corners of these stores; gone afterwards."""
    async with AsyncExitStack() as stack:
        await grounds.prepare()
        stack.push_async_callback(grounds.close)
        door, port = bind()
        url = settings.url(port)
        world = await stack.enter_async_context(
            outside(webhook_url=f"{url}/api/v1/webhooks/psp", webhook_secret=WEBHOOK_SECRET, api_key=PROVIDER_KEY)
        )
        ports = Ports()
        environment = environments(
            grounds,
            ports,
            shop_url=url,
            provider_url=world.psp_url,
            smtp_port=world.smtp_port,
            phone_url=world.phone_url,
        )
        street = Street(grounds, ports, url, world, environment, logs)
        for service in SERVICES:
            street.apis[service] = _process(street, service, "main", ports.internal[service])
            street.workers[service] = _process(street, service, "worker", ports.worker[service])
        stack.callback(street.close)
        await stack.enter_async_context(
            gateway(
                door,
                public=_urls(ports.public),
                internal=_urls(ports.internal),
                world=world,
                staff=street.staff_session,
                dead_letters=grounds.dead_letters,
            )
        )
        await street.open()
        yield street


def _process(street: Street, service: str, room: str, probe: int) -> Process:
    name = f"{service}-{room}"
    module = f"{service}_service.{room}"
    return Process(name, module, street.environments[service], probe, street.logs / f"{name}.log")


def _urls(ports: dict[str, int]) -> dict[str, str]:
    return {service: settings.url(port) for service, port in ports.items()}
