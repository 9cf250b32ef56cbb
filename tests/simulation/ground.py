"""What all processes of one run stand on: time, chance, weather, and the servers that are not ours."""

from dataclasses import dataclass, field

from chassis.world import World

from tests.simulation.broker import Broker
from tests.simulation.chance import Chance, SeededDice, SeededIds, VirtualTime
from tests.simulation.mail import MailServer
from tests.simulation.processes import OneThread, Process, SkewedClock
from tests.simulation.trace import Trace
from tests.simulation.weather import Weather


@dataclass(slots=True)
class Steps:
    """How many requests and faults are still to come before everything heals."""

    left: int

    def take(self) -> None:
        self.left -= 1


@dataclass(slots=True)
class Ground:
    chance: Chance
    time: VirtualTime
    trace: Trace
    weather: Weather
    broker: Broker
    mail: MailServer
    ids: SeededIds
    dice: SeededDice
    steps: Steps
    processes: dict[str, Process] = field(default_factory=dict)
    bugs: list[str] = field(default_factory=list)
    """What no weather excuses, noted as it happens."""

    def world(self, process: Process | None = None) -> World:
        """The world as this process sees it; without one, as it is."""
        return OneThread(clock=SkewedClock(self.time, process), ids=self.ids, dice=self.dice)

    def of(self, service: str, kind: str) -> list[Process]:
        """Its processes of one kind, `api` or `worker`."""
        return [each for name, each in self.processes.items() if name.startswith(f"{service}-{kind}")]
