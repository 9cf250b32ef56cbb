"""Opening the whole street on this machine: stores, schemas, processes, shelves, gate; closing it in order."""

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import AsyncGenerator, Coroutine, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx2
from simulators.visitor.first_steps import first_steps
from simulators.visitor.people import Person, make_customer, sign_in
from simulators.visitor.shopping import fill_cart
from testkit.stores.server import Server

from dev.console import Console, Follower
from dev.envoy import Gateway, make_gateway
from dev.grounds import WITH_DOCUMENTS, Grounds, by_hand
from dev.home import Home
from dev.keeper import Keeper
from dev.outside import CUSTOMER, World, make_world
from dev.ports import free_ports, url
from dev.processes import Process, all_ready, python
from dev.runfile import Known
from dev.settings import Neighbours, Plan, Replica, Secrets, make_replicas, neighbours_without_balance
from dev.street import Street
from dev.watching import ROUTES, changes, concerned

DOOR = {"X-Mercato-Door": "dev"}
NAME = "dev"
"""Of this run's corners in the stores; a run that keeps its data finds them again."""


@dataclass(frozen=True)
class Wish:
    """What somebody asked for at the command line."""

    port: int
    replicas: int
    keep: bool
    watch: bool
    first_steps: bool


@dataclass
class Run:
    """One run, while it lasts."""

    wish: Wish
    home: Home
    console: Console
    began: float
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    stores: dict[str, Server] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.keeper = Keeper(self.console.say, self._note)
        self.us = Known.now("supervisor", os.getpid())

    async def until_stopped(self) -> None:
        """Open, say so, watch, and close when SIGTERM, SIGHUP or Ctrl-C comes."""
        loop = asyncio.get_running_loop()
        for each in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            loop.add_signal_handler(each, self.stop.set)
        async with AsyncExitStack() as closing:
            opening = asyncio.create_task(self._open(closing))
            stopping = asyncio.create_task(self.stop.wait())
            await asyncio.wait({opening, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if not opening.done():
                opening.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await opening
            await stopping
            self.console.say("closing")
        self.console.say("closed; nothing of it runs any more")

    async def _open(self, closing: AsyncExitStack) -> None:
        self.home.sweep(keep=self.wish.keep)
        self._note()
        grounds = await self._take_stores(closing)
        plan, world, gateway, balance = self._plan(grounds)
        others = [*world.processes, *balance]
        street = Street.build(plan, self.home.logs)
        everybody = [*others, *street.processes, gateway.process]
        closing.push_async_callback(_end_all, others)
        closing.push_async_callback(street.close)
        closing.push_async_callback(gateway.leave)
        closing.callback(self.keeper.let_go)
        logs = {each.name: each.log for each in everybody}
        await closing.enter_async_context(_beside(Follower(self.console, logs).follow()))

        for each in others:
            each.start()
        await self._prepare(street, world)
        self._say_step("stores answer; queues, schemas, catalogue and staff are there")
        gateway.render()
        gateway.process.start()
        seconds = await street.open()
        self._say_step(f"{len(street.processes)} processes of the shop are ready, {seconds:.1f} s after their start")
        await asyncio.gather(gateway.ready(), all_ready(others))
        self.keeper.take(everybody)
        await closing.enter_async_context(_beside(self.keeper.keep()))
        if self.wish.watch:
            await closing.enter_async_context(_beside(self._watch(gateway)))
        await self._welcome(world, plan.secrets)

    async def _take_stores(self, closing: AsyncExitStack) -> Grounds:
        self.stores = await by_hand(self.home.make_stores)
        for each in self.stores.values():
            closing.push_async_callback(by_hand, each.stop if self.wish.keep else each.close)
        return Grounds(**self.stores, name=NAME, passwords=self.home.secrets().broker_passwords)

    async def _prepare(self, street: Street, world: World) -> None:
        """Start the stores and furnish them; what needs only one of them does not wait for the others."""
        grounds = street.plan.grounds

        async def accounts() -> None:
            await street.migrate("user")
            await street.put_at_counter(world.staff)

        async def catalogue() -> None:
            await street.migrate("product")
            await street.fill_shelves()

        async def tables() -> None:
            await self._start("postgres")
            await grounds.make_databases()
            await asyncio.gather(accounts(), catalogue(), street.migrate("payment"))

        async def documents() -> None:
            await self._start("mongo")
            await street.migrate(*WITH_DOCUMENTS)

        async def broker() -> None:
            await self._start("rabbit")
            await grounds.lay_out_broker()

        await asyncio.gather(tables(), documents(), broker(), self._start("redis"))

    async def _start(self, kind: str) -> None:
        await by_hand(self.stores[kind].start)
        self._note()

    def _plan(self, grounds: Grounds) -> tuple[Plan, World, Gateway, list[Process]]:
        replicas = make_replicas(self.wish.replicas)
        secrets = self.home.secrets()
        shop = url(self.wish.port)
        world = make_world(shop_url=shop, secrets=secrets, replicas=replicas, grounds=grounds, home=self.home.folder)
        neighbours, balance = self._neighbours(replicas)
        plan = Plan(grounds, secrets, world.outside, neighbours, replicas)
        gateway = make_gateway(port=self.wish.port, door=world.door_port, replicas=replicas, home=self.home.folder)
        return plan, world, gateway, balance

    def _neighbours(self, replicas: dict[str, tuple[Replica, ...]]) -> tuple[Neighbours, list[Process]]:
        """Where services find each other, and the process that this takes when there is a choice."""
        if self.wish.replicas == 1:
            return neighbours_without_balance(replicas), []
        user, product = free_ports(2)
        listens = {
            user: [each.public for each in replicas["user"]],
            product: [each.internal for each in replicas["product"]],
        }
        balance = Process(
            name="neighbours",
            command=python("dev.neighbours", *(f"{at}:{','.join(map(str, to))}" for at, to in listens.items())),
            environment={},
            probe=f"{url(user)}/.well-known/jwks.json",
            log=self.home.logs / "neighbours.log",
        )
        return Neighbours(url(user), url(product)), [balance]

    async def _watch(self, gateway: Gateway) -> None:
        async for paths in changes():
            if ROUTES in paths:
                self.console.say(gateway.render_routes() or "gateway/routes.yaml: new routes")
            names = concerned(paths, [each.name for each in self.keeper.processes])
            if names:
                files = ", ".join(sorted(each.name for each in paths))
                self.console.say(f"{files} changed: starting {', '.join(sorted(names))} anew")
                await self.keeper.restart(names)
                self.console.say("ready again")

    async def _welcome(self, world: World, secrets: Secrets) -> None:
        staff = Person(world.staff["email"], "Sam Staff", world.staff["password"])
        customer = Person(CUSTOMER, "Demo customer", secrets.customer_password)
        shop_url = world.outside.url
        opened = f"{time.monotonic() - self.began:.1f} s after the start, on real stores. Ctrl-C closes it."
        if not self.wish.first_steps:
            self.console.say(f"Mercato is open at {shop_url}, {opened}")
            return
        async with httpx2.AsyncClient(base_url=shop_url, timeout=20) as shop:

            async def mailed(to: str) -> Sequence[str]:
                mails = (await shop.get("/dev/mail/mails", params={"to": to}, headers=DOOR)).raise_for_status().json()
                return [each["text"] for each in mails]

            if not self.wish.keep or not await _knows(shop, customer):
                await make_customer(shop, customer, mailed=mailed)
            session = await sign_in(shop, customer)
            cart = await fill_cart(shop, str(session["access_token"]))
        self.console.out.write(
            first_steps(
                url=shop_url,
                opened=opened,
                staff=staff,
                customer=customer,
                cart=cart,
                colour=self.console.out.isatty(),
            )
        )
        self.console.flush()

    def _say_step(self, text: str) -> None:
        self.console.say(f"{time.monotonic() - self.began:5.1f} s  {text}")
        self.console.flush()

    def _note(self) -> None:
        """Write down who belongs to us now."""
        stores = [(kind, each.process) for kind, each in self.stores.items()]
        processes = [(each.name, each.running) for each in self.keeper.processes]
        known = [Known.now(name, process.pid) for name, process in (*stores, *processes) if process is not None]
        self.home.run_file.write([self.us, *known], stores=self.home.stores)


async def _knows(shop: httpx2.AsyncClient, person: Person) -> bool:
    """Is there somebody of this name, with this password, already?"""
    body = {"email": person.email, "password": person.password}
    return (await shop.post("/api/v1/sessions", json=body)).status_code == 201


async def _end_all(processes: Sequence[Process]) -> None:
    await asyncio.gather(*(each.end() for each in processes))


@asynccontextmanager
async def _beside(work: Coroutine[Any, Any, None]) -> AsyncGenerator[None]:
    """This work goes on while the context is open."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
