"""Everything of a run, drawn up before any of it is started."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from dev.envoy import Gateway, make_gateway
from dev.grounds import Grounds
from dev.home import Home
from dev.outside import World, make_world
from dev.pages import STOREFRONT, make_pages
from dev.pages import make_replicas as make_page_replicas
from dev.ports import free_ports, url
from dev.processes import Process, Start, python, start
from dev.settings import Neighbours, Plan, Replica, make_canaries, make_replicas, neighbours_without_balance
from dev.street import Street


@dataclass(frozen=True)
class Building:
    """The shop, the world around it, and the gate between the two."""

    street: Street
    world: World
    gateway: Gateway
    balance: tuple[Process, ...]

    @classmethod
    def draw(
        cls, grounds: Grounds, home: Home, *, port: int, replicas: int, canaries: Sequence[str], by: Start = start
    ) -> Self:
        many, few, pages = make_replicas(replicas), make_canaries(canaries), make_page_replicas(replicas)
        secrets = home.secrets()
        world = make_world(shop_url=url(port), secrets=secrets, replicas=many, grounds=grounds, home=home.folder, by=by)
        neighbours, balance = neighbours_of(many, home.logs)
        plan = Plan(grounds, secrets, world.outside, neighbours, many, few)
        gateway = make_gateway(
            port=port,
            door=world.door_port,
            collector=world.spans_port,
            replicas={**many, STOREFRONT: pages},
            canaries=few,
            home=home.folder,
        )
        shown = make_pages(
            pages, door=gateway.door_for_pages, outside=world.outside, secrets=secrets, logs=home.logs, by=by
        )
        return cls(Street.build(plan, home.logs, by, shown), world, gateway, balance)

    @property
    def around(self) -> list[Process]:
        """What is there before the shop opens, and after it has closed."""
        return [*self.world.processes, *self.balance]

    @property
    def everybody(self) -> list[Process]:
        return [*self.around, *self.street.processes, self.gateway.process]


def neighbours_of(replicas: Mapping[str, tuple[Replica, ...]], logs: Path) -> tuple[Neighbours, tuple[Process, ...]]:
    """Where services find each other, and the process that this takes when there is a choice."""
    if all(len(several) == 1 for several in replicas.values()):
        return neighbours_without_balance(replicas), ()
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
        log=logs / "neighbours.log",
    )
    return Neighbours(url(user), url(product)), (balance,)
