"""Whoever makes things go wrong. Which faults a run has is drawn first: a run with few kinds of them finds what a run
with all of them would drown.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from random import Random

from simulators.psp.faults import Fault, Kind

from tests.faults.shop.provoking import AT_PROVIDER, OPERATIONS, STRIKES_AT
from tests.simulation.processes import Process
from tests.simulation.street import Street
from tests.simulation.weather import NAMES

HIGHEST: Mapping[str, float] = {
    "lost_commit": 0.08,
    "refused_store": 0.05,
    "torn_publish": 0.1,
    "refused_publish": 0.15,
    "lost_confirm": 0.2,
    "double": 0.3,
    "late": 0.3,
    "lost_ack": 0.2,
    "lost_request": 0.15,
    "lost_answer": 0.2,
    "double_request": 0.15,
    "provider_request_lost": 0.15,
    "provider_answer_lost": 0.3,
    "provider_request_late": 0.15,
    "mail_put_off": 0.2,
    "mail_answer_lost": 0.2,
    "slow_store": 0.03,
}
"""The most that each small fault is drawn to: seldom enough that orders come to an end."""
PEERS: Mapping[str, tuple[str, ...]] = {
    "user-api": ("store", "clients"),
    "user-worker": ("store", "broker"),
    "product-api": ("store", "clients", "order"),
    "product-worker": ("store", "broker"),
    "order-api": ("store", "clients"),
    "order-worker": ("store", "broker"),
    "payment-api": ("store", "clients", "provider"),
    "payment-worker": ("store", "broker", "provider"),
    "notification-worker": ("store", "broker", "mail"),
}
"""Process, whichever replica -> what it speaks with."""
KINDS_A_DAY = 4
LONGEST_OUTAGE = 30.0


@dataclass(slots=True)
class Nemesis:
    street: Street
    random: Random
    kinds: tuple[Kind, ...] = ()
    """How the provider misbehaves on this day."""

    def change_the_weather(self) -> None:
        """Each small fault is there or not, more or less."""
        self.kinds = tuple(self.random.sample(AT_PROVIDER, KINDS_A_DAY))
        odds, trace = self.street.ground.weather.odds, self.street.ground.trace
        for name in NAMES:
            share = self.random.random()
            setattr(odds, name, HIGHEST[name] * self.random.random() if share < 0.35 else 0.0)
            if share < 0.35:
                trace.fault("weather", name.replace("_", " "))
        for kind in self.kinds:
            self._provoke(kind)

    async def live(self, pace: float) -> None:
        deeds: tuple[Callable[[], None], ...] = (
            self.kill,
            self.stop,
            self.freeze,
            self.cut,
            self.swizzle,
            self.skew,
            self.store_away,
            self.provoke,
            self.wipe,
        )
        wanted = [self.random.choice((0, 1, 3)) for _ in deeds]
        if not any(wanted):
            return
        wiped = deeds.index(self.wipe)
        while self.street.ground.steps.left > 0:
            await asyncio.sleep(pace * self.random.random())
            if not any(wanted):
                return
            (chosen,) = self.random.choices(range(len(deeds)), wanted)
            self.street.ground.steps.take()
            deeds[chosen]()
            if chosen == wiped:
                # What everybody then says again would drown the rest.
                wanted[wiped] = 0

    def kill(self) -> None:
        process = self._anyone()
        if process.life is not None:
            self.street.ground.trace.fault(process.name, "killed")
            process.kill()
            self._later(self._span(8), lambda: self._start(process))

    def stop(self) -> None:
        process = self._anyone()
        if process.life is None:
            return
        self.street.ground.trace.fault(process.name, "told to stop")

        async def leave() -> None:
            await process.stop(patience=20)
            self._start(process)

        self.street.provider.tasks.spawn(leave())

    def freeze(self) -> None:
        process = self._anyone()
        self.street.ground.trace.fault(process.name, "frozen")
        process.freeze()

        def thaw() -> None:
            self.street.ground.trace.fault(process.name, "thawed")
            process.thaw()
            self.street.ground.broker.pump_all()

        self._later(self._span(90), thaw)

    def cut(self) -> None:
        self._cut(self._link(), self._span(LONGEST_OUTAGE))

    def swizzle(self) -> None:
        """Cut several links one after the other, and heal them in another order."""
        for link in [self._link() for _ in range(self.random.randint(2, 6))]:
            self._later(self._span(5), lambda link=link: self._cut(link, self._span(LONGEST_OUTAGE)))

    def skew(self) -> None:
        process = self._anyone()
        process.skew = timedelta(seconds=self.random.choice((-300, -10, 10, 300, 3600)) * self.random.random())
        self.street.ground.trace.fault(process.name, f"clock off by {process.skew.total_seconds():.0f} s")

    def store_away(self) -> None:
        service = self.random.choice(tuple(self.street.houses))
        down, trace = self.street.ground.weather.stores_down, self.street.ground.trace
        down[service] = None
        trace.fault(service, "store away")

        def back() -> None:
            if down.pop(service, self) is None:
                trace.fault(service, "store back")

        self._later(self._span(LONGEST_OUTAGE), back)

    def provoke(self) -> None:
        self._provoke(self.random.choice(self.kinds))

    def _provoke(self, kind: Kind) -> None:
        operation = STRIKES_AT.get(kind) or self.random.choice(OPERATIONS)
        times, seconds = self.random.randint(1, 3), self._span(30)
        self.street.provider.misbehave(Fault(kind, operation, times=times, seconds=seconds))

    def wipe(self) -> None:
        self.street.ground.broker.lose_everything()

    def give_up(self) -> None:
        """Everything is well again, and stays so."""
        ground = self.street.ground
        ground.weather.clears_up()
        self.street.provider.behave()
        for process in ground.processes.values():
            process.skew = timedelta()
            process.thaw()
            process.start()
        ground.broker.pump_all()
        ground.trace.fault("everything", "healed")

    def _cut(self, link: tuple[str, str], seconds: float) -> None:
        cut, trace = self.street.ground.weather.cut, self.street.ground.trace
        cut[link] = None
        trace.fault(link[0], f"cut off from {link[1]}")

        def heal() -> None:
            if cut.pop(link, self) is None:
                trace.fault(link[0], f"reaches {link[1]} again")
                self.street.ground.broker.pump_all()

        self._later(seconds, heal)

    def _start(self, process: Process) -> None:
        if process.life is None:
            self.street.ground.trace.fault(process.name, "started")
            process.start()

    def _anyone(self) -> Process:
        return self.random.choice(tuple(self.street.ground.processes.values()))

    def _link(self) -> tuple[str, str]:
        process = self._anyone()
        return process.name, self.random.choice(PEERS[process.name.removesuffix("-2")])

    def _span(self, longest: float) -> float:
        """Mostly short."""
        return longest * self.random.random() ** 2

    def _later(self, seconds: float, do: Callable[[], None]) -> None:
        asyncio.get_running_loop().call_later(seconds, do)
