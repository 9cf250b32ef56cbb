"""The whole shop as real processes on real stores, with a hand on every one of them."""

import asyncio
import os
import time
from collections.abc import AsyncGenerator, Callable, Collection, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from socket import socket
from typing import Any

import dev.settings
import httpx2
from dev.building import neighbours_of
from dev.envoy import Gateway
from dev.forking import Forking
from dev.grounds import Grounds
from dev.ports import free_ports, url
from dev.processes import Process, all_ready, python
from dev.settings import SERVICES, Plan, Secrets, make_replicas
from dev.street import Street as Shop
from testkit.verify.facts import Facts, fetch

from tests.faults.shop.gate import envoy
from tests.faults.shop.outside import Outside, bind, development_door, gateway, outside
from tests.faults.shop.wires import Link, Wires, addresses, wires_on

SHORTENED: Mapping[str, Mapping[str, object]] = {
    "user": {"trusted_hops": 0, "signing_key": None},
    "product": {"expire_every": "PT1S"},
    "order": {"sweep_every": "PT0.5S", "relay_lease": "PT1S"},
    "payment": {"look_every": "PT0.1S"},
}
"""What this street wants otherwise than the dev rung: short times, no proxy before it, and keys that can be rotated."""
PATIENCE_SECONDS = 60
GIVES_WAY, NICEST = 5, 19
"""By so much a process of which there are many is nicer than this one."""
REFUSALS = 5
"""Services that tell their facts."""
NOBODY_THERE = frozenset({503, 504})
LOUD = frozenset({"error", "critical"})
DRIVERS = ("aiormq", "aio_pika", "pymongo")
"""What they say of a lost connection, we hear in our own words."""

Command = Callable[[Process], Collection[str]]


@dataclass
class Street:
    """`apis` and `workers` by service, `seconds` their second replicas on a street of pairs; `url` is the gateway."""

    shop: Shop
    url: str
    world: Outside
    staff: Mapping[str, str]
    keys: Path
    """The file of signing keys."""
    wires: Wires = field(default_factory=dict)
    """What stands between a service and whom it talks to, on a street that was wired."""
    apis: dict[str, Process] = field(init=False)
    workers: dict[str, Process] = field(init=False)
    seconds: list[Process] = field(init=False)
    seconds_to_start: float = 0.0

    def __post_init__(self) -> None:
        rooms = (self.shop.apis, self.shop.workers)
        self.apis, self.workers = ({service: several[0] for service, several in room.items()} for room in rooms)
        self.seconds = [each for room in rooms for several in room.values() for each in several[1:]]

    @property
    def grounds(self) -> Grounds:
        return self.shop.plan.grounds

    @property
    def processes(self) -> list[Process]:
        return [*self.apis.values(), *self.workers.values(), *self.seconds]

    def port(self, service: str) -> int:
        """Where a service itself is asked, past the gateway."""
        return self.shop.plan.replicas[service][0].public

    async def open(self) -> None:
        """Stores migrated, all processes ready, shelves filled, somebody at the counter."""
        began = time.monotonic()
        for process in self.processes:
            process.start()
        await self.shop.migrate()
        await asyncio.gather(self.shop.put_at_counter(self.staff), self.shop.fill_shelves(), all_ready(self.processes))
        self.seconds_to_start = time.monotonic() - began

    def close(self) -> None:
        for process in self.processes:
            if process.alive:
                process.kill()

    async def facts(self) -> Facts:
        """A store that was killed leaves dead connections behind: whoever comes across one is refused."""
        for _ in range(REFUSALS):
            with suppress(httpx2.HTTPStatusError):
                return await fetch(self.url)
        return await fetch(self.url)

    async def staff_session(self) -> dict[str, object]:
        """Asked again while nobody is there who could answer."""
        async with httpx2.AsyncClient(base_url=self.url, timeout=10) as client, asyncio.timeout(PATIENCE_SECONDS):
            while (answer := await client.post("/api/v1/sessions", json=dict(self.staff))).status_code in NOBODY_THERE:
                await asyncio.sleep(0.2)
        return answer.raise_for_status().json()

    @asynccontextmanager
    async def worker_instead(self, service: str, module: str, *arguments: str) -> AsyncGenerator[Process]:
        """Another program does this worker's work while the context is open."""
        usual = self.workers[service]
        await usual.stop()
        other = replace(usual, command=python(module, *arguments), running=None)
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
async def street_on(
    grounds: Grounds,
    logs: Path,
    *,
    command: Command | None = None,
    wired: Collection[Link] = (),
    pairs: bool = False,
) -> AsyncGenerator[Street]:
    """A street on fresh corners of these stores; gone afterwards. `command` says otherwise how a process is started.

    `wired`: these links go through wires that can be told to misbehave. `pairs`: two of every API
    and of every worker, behind a real Envoy, and forked, as twenty that start by themselves take a minute.
    """
    async with AsyncExitStack() as stack:
        await grounds.prepare()
        stack.push_async_callback(grounds.close)
        forking = Forking(print, logs / "zygote.log", wanted=pairs)
        forking.begin()
        stack.callback(forking.end)
        door, port = (None, *free_ports(1)) if pairs else bind()
        secrets, replicas = Secrets(), make_replicas(2 if pairs else 1)
        webhooks = f"{url(port)}/api/v1/webhooks/psp"
        world = await stack.enter_async_context(
            outside(webhook_url=webhooks, webhook_secret=secrets.webhook_secret, api_key=secrets.provider_key)
        )
        told = dev.settings.Outside(url(port), world.psp_url, world.smtp_port, world.phone_url)
        keys = logs / "signing_keys.json"
        wires = await stack.enter_async_context(wires_on(grounds, world, wired))
        changed = addresses(wires, grounds, SHORTENED)
        changed["user"]["signing_keys_file"] = keys
        if pairs:
            del changed["user"]["trusted_hops"]
        neighbours, balance = neighbours_of(replicas, logs)
        plan = Plan(grounds, secrets, told, neighbours, replicas, changed=changed)
        staff = {"email": "staff@mercato.example", "password": secrets.staff_password}
        await forking.loaded()
        _let_others_pass(forking)
        street = Street(Shop.build(plan, logs, forking.start), url(port), world, staff, keys, wires)
        for process in street.processes if command is not None else ():
            process.command = command(process)
        stack.callback(street.close)
        for process in balance:
            process.start()
            stack.push_async_callback(process.end)
        gate = await stack.enter_async_context(_gate(street, door, port, logs))
        await street.shop.command("user", "rotate-keys", "--publish")
        await street.open()
        if gate is not None:
            await gate.ready()
        yield street


def _let_others_pass(forking: Forking) -> None:
    """Services give way to stores, and to the wires and customers of the test: if these were slow because there are so
    many of those, nobody could tell what was the harness and what the shop."""
    if forking.zygote is not None:
        ours = os.getpriority(os.PRIO_PROCESS, 0)
        os.setpriority(os.PRIO_PROCESS, forking.zygote.process.pid, min(NICEST, ours + GIVES_WAY))


@asynccontextmanager
async def _gate(street: Street, door: socket | None, port: int, logs: Path) -> AsyncGenerator[Gateway | None]:
    """The public door, at this socket; an Envoy where there is none."""
    replicas, grounds = street.shop.plan.replicas, street.grounds
    public = {service: url(replicas[service][0].public) for service in SERVICES}
    internal = {service: url(replicas[service][0].internal) for service in SERVICES}
    told: Any = {"world": street.world, "staff": street.staff_session, "dead_letters": grounds.dead_letters}
    if door is not None:
        async with gateway(door, public=public, internal=internal, **told):
            yield None
    else:
        async with development_door(internal, **told) as side, envoy(port, replicas, logs, door=side) as gate:
            yield gate
