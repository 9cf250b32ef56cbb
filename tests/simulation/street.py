"""One shop for one seed: all houses, all processes, the servers outside."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from contracts.topology import LISTENERS, bindings
from payment_service.domain.webhook import WebhookRefused
from testkit.verify.facts import Facts

from tests.simulation.broker import Broker
from tests.simulation.chance import Chance, SeededDice, SeededIds, VirtualTime
from tests.simulation.ground import Ground, Steps
from tests.simulation.houses import (
    House,
    NotificationHouse,
    OrderHouse,
    PaymentHouse,
    ProductHouse,
    UserHouse,
    serve,
    work,
)
from tests.simulation.mail import MailServer
from tests.simulation.network import Network, NoAnswer
from tests.simulation.processes import Process, keep_house
from tests.simulation.provider import Provider
from tests.simulation.trace import Trace
from tests.simulation.weather import Weather

PAIRS = ("order", "payment")
"""Who has a second worker in every other run: they hold leases."""


@dataclass(slots=True)
class Street:
    ground: Ground
    provider: Provider
    houses: Mapping[str, House]
    user: UserHouse
    order: OrderHouse
    payment: PaymentHouse
    network: Network

    def open(self) -> None:
        self.provider.open()
        for process in self.ground.processes.values():
            process.start()

    async def close(self) -> None:
        for process in self.ground.processes.values():
            process.kill()
        await self.provider.tasks.stop()

    async def facts(self) -> Facts:
        """Everything that is stored, all at the same moment."""
        facts = Facts()
        for name, house in self.houses.items():
            facts.add(name, [each async for each in house.facts()])
        facts.add("psp", self.provider.facts())
        facts.add("mail", self.ground.mail.facts())
        dead = self.ground.broker.dead
        facts.add("broker", [{"kind": "dead_letters", "service": each, "count": len(dead[each])} for each in LISTENERS])
        return facts


def build(seed: int, *, steps: int) -> Street:
    """In the running loop. The same seed builds the same."""
    loop = asyncio.get_running_loop()
    keep_house(loop)
    chance, time = Chance(seed), VirtualTime(loop.time)
    trace, weather = Trace(loop.time), Weather(chance.of("weather"))
    ground = Ground(
        chance,
        time,
        trace,
        weather,
        Broker(bindings(), weather=weather, trace=trace),
        MailServer(trace),
        SeededIds(chance.of("ids"), time.milliseconds),
        SeededDice(chance.of("dice")),
        Steps(steps),
    )
    network = Network(ground)
    provider = Provider(chance.of("provider"), time, deliver=partial(_webhook, network), trace=trace)
    user, order, payment = UserHouse(ground), OrderHouse(ground), PaymentHouse(ground, provider)
    every = (user, ProductHouse(ground), order, payment, NotificationHouse(ground))
    houses: dict[str, House] = {each.name: each for each in every}
    random = chance.of("replicas")
    for name, house in houses.items():
        if name != "notification":
            _add(ground, Process(f"{name}-api", name, partial(serve, house)))
        for number in range(random.randint(1, 2) if name in PAIRS else 1):
            suffix = f"-{number + 1}" if number else ""
            _add(ground, Process(f"{name}-worker{suffix}", name, lambda life, house=house: work(house, life, ground)))
    return Street(ground, provider, houses, user, order, payment, network)


def _add(ground: Ground, process: Process) -> None:
    ground.processes[process.name] = process


async def _webhook(network: Network, body: bytes, signature: str) -> int:
    async def receive(payment: Any) -> None:
        await payment.receive_webhook(body, signature)

    try:
        await network.ask("payment", "webhook", receive, who="provider", peer="provider")
    except WebhookRefused:
        return 400
    except NoAnswer:
        return 503
    return 204
