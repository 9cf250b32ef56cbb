"""Opening the shop in one process: serve, make the accounts, say what can be tried, close on Ctrl-C."""

import argparse
import asyncio
import os
import sys
from collections.abc import Sequence
from socket import socket

from chassis import logging, tracing
from chassis.server import listen, serve, stop_signal
from chassis.world import World
from simulators.door.app import make_door
from simulators.spans import SpanCatcher
from simulators.visitor.first_steps import first_steps
from simulators.visitor.people import Person, make_customer, sign_in
from simulators.visitor.shopping import fill_cart

from demo.gateway import Gateway
from demo.kept_spans import Kept
from demo.routes import read_routes
from demo.street import Street, build_street, in_process

HOST = "127.0.0.1"


def main(arguments: Sequence[str] | None = None, *, began: float) -> int:
    """`began` is the monotonic time at which the process started to work."""
    asked = _parser().parse_args(arguments)
    logging.configure(service="demo", level=asked.log_level)
    spans = SpanCatcher()
    tracing.record_for(Kept(spans), service="demo")
    try:
        door = listen(HOST, asked.port)
    except OSError as taken:
        sys.stderr.write(f"demo: port {asked.port} on {HOST}: {taken.strerror}. Try PORT=8081 make demo.\n")
        return 1
    asyncio.run(run(door, spans, began=began))
    return 0


async def run(door: socket, spans: SpanCatcher, *, began: float) -> None:
    """Serve on this socket until SIGTERM or Ctrl-C."""
    world = World()
    url = f"http://{HOST}:{door.getsockname()[1]}"
    stop = stop_signal()
    street = build_street(world, shop_url=url, door=True)
    gateway = make_gateway(street, spans)
    async with street.at_work(), street.storefront() as pages:
        gateway.show(pages)
        opening = world.spawn(_open(street, gateway, url=url, began=began), name="opening")
        # The opening ends well; only its failure may end the shop.
        failed = world.spawn(_failure(opening), name="opening-watch")
        await serve(gateway, [door], drain_seconds=0, health=street.health, stop=stop, watched=[failed])


def make_gateway(street: Street, spans: SpanCatcher | None = None) -> Gateway:
    """The one door of the demo: the services, and the development door behind it."""
    services = {name: house.apps.public for name, house in street.houses.items()}

    async def staff() -> dict[str, object]:
        if street.staff is None:
            raise RuntimeError("the shop is not open yet")
        return await sign_in(street.client("user"), street.staff)

    door = make_door(
        facts={name: street.client(name, internal=True) for name in services},
        mail=in_process(street.mail.app),
        psp=in_process(street.psp.app),
        phone=in_process(street.phone.app),
        staff=staff,
        dead_letters=street.dead_letters,
        spans=in_process(spans.app) if spans is not None else None,
    )
    return Gateway(read_routes(), services, door=door)


async def _open(street: Street, gateway: Gateway, *, url: str, began: float) -> None:
    world = street.world
    async with in_process(gateway) as shop:
        street.staff = await _make_staff(street)
        customer = Person("customer@mercato.example", "Demo customer", world.dice.token())
        await make_customer(shop, customer, mailed=street.mailed, sleep=world.clock.sleep)
        session = await sign_in(shop, customer)
        cart = await fill_cart(shop, str(session["access_token"]))
    gateway.ready = True
    seconds = world.clock.monotonic() - began
    text = first_steps(
        url=url,
        opened=f"{seconds:.1f} s after the start. All of it lives in this process. Ctrl-C closes it.",
        staff=street.staff,
        customer=customer,
        cart=cart,
        colour=sys.stdout.isatty(),
    )
    print(text, flush=True)


async def _make_staff(street: Street) -> Person:
    """The first admin, made as the operator's command makes one."""
    person = Person("staff@mercato.example", "Demo staff", street.world.dice.token())
    await street.user.bootstrap_admin(email=person.email, name=person.name, password=person.password)
    return person


async def _failure(opening: "asyncio.Task[None]") -> None:
    await opening
    await asyncio.Event().wait()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="demo", description="The whole shop in one process.")
    parser.add_argument("--port", type=int, default=int(os.environ.get("PORT", "8080")))
    parser.add_argument("--log-level", default="WARNING", choices=("DEBUG", "INFO", "WARNING", "ERROR"))
    return parser
