"""Whoever makes the planned things happen to a real street, and puts everything right again."""

import asyncio
import signal
from collections import Counter, defaultdict
from collections.abc import Iterable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

import redis
from dev.grounds import by_hand
from dev.processes import Process, all_ready
from simulators.mail import MailFault
from simulators.psp import Fault

from tests.chaos.plan import Blow, OnLink
from tests.faults.shop.street import Street

IN_HAND = 4
"""So many mails a worker of notification sends at once."""
WRITERS = ("notification-worker-1", "notification-worker-2")
DEAF_SECONDS = 3.0


@dataclass
class Nemesis:
    """One blow at a time for each target; different targets are hit side by side."""

    street: Street
    struck: Counter[str] = field(default_factory=Counter)
    unmet: int = 0
    """How many faults of links were over before anything had gone that way."""
    resends: int = 0
    """How many mails may have come twice by all this: whoever sent them could not hear, or not write it down."""
    locks: defaultdict[str, asyncio.Lock] = field(default_factory=lambda: defaultdict(asyncio.Lock))

    async def live(self, day: Iterable[Blow]) -> None:
        """Returns when the last blow is over, and everything is well again."""
        began = asyncio.get_running_loop().time()
        async with asyncio.TaskGroup() as group:
            for blow in day:
                await asyncio.sleep(began + blow.at - asyncio.get_running_loop().time())
                group.create_task(self._strike(blow))
        self.street.world.psp.behave()
        self.street.world.mail.behave()
        await all_ready(self.street.processes)

    async def _strike(self, blow: Blow) -> None:
        # By what it happens to, and not by its kind: a store that is paused cannot be restarted in order.
        async with self.locks[blow.target]:
            match blow.how:
                case OnLink():
                    await self._link(blow.how, blow.seconds)
                case Fault():
                    self.street.world.psp.misbehave(blow.how)
                case MailFault():
                    self.resends += blow.how.times
                    self.street.world.mail.misbehave(blow.how)
                case _ if blow.target in self.street.grounds.stores:
                    await self._store(blow)
                case _:
                    await self._replica(blow)
            self.struck[blow.kind] += 1

    async def _replica(self, blow: Blow) -> None:
        process = self._process(blow.target)
        if process.name in WRITERS:
            self.resends += IN_HAND
        match blow.kind:
            case "kill":
                process.kill()
            case "stop":
                await process.stop()
            case _:
                assert process.running is not None
                process.running.send_signal(signal.SIGSTOP)
                await asyncio.sleep(blow.seconds)
                process.running.send_signal(signal.SIGCONT)
                return
        await asyncio.sleep(blow.seconds)
        process.start()
        await process.ready()

    async def _store(self, blow: Blow) -> None:
        store = self.street.grounds.stores[blow.target]
        if blow.target == "mongo":
            self.resends += len(WRITERS) * IN_HAND
        match blow.kind:
            case "flush":
                await asyncio.to_thread(_forget, store.url)
            case "store paused":
                store.pause()
                await asyncio.sleep(blow.seconds)
                store.resume()
            case "store restarted":
                await by_hand(store.restart)
            case "wipe":
                await self._wipe(blow.seconds)
            case _:
                await by_hand(store.kill)
                await asyncio.sleep(blow.seconds)
                await by_hand(store.start)

    async def _wipe(self, seconds: float) -> None:
        """While news wait in its queues that nobody has heard and nobody will ask for."""
        rabbit, listeners = self.street.grounds.rabbit, [self._process(each) for each in WRITERS]
        async with AsyncExitStack() as held:
            for each in WRITERS:
                await held.enter_async_context(self.locks[each])
            for each in listeners:
                each.kill()
            self.resends += len(WRITERS) * IN_HAND
            await asyncio.sleep(DEAF_SECONDS)
            await by_hand(rabbit.kill)
            await by_hand(rabbit.wipe)
            await asyncio.sleep(seconds)
            await by_hand(rabbit.start)
            await self.street.grounds.lay_out_broker()
            for each in listeners:
                each.start()
            await all_ready(listeners)

    async def _link(self, how: OnLink, seconds: float) -> None:
        wire = self.street.wires[how.link]
        before = wire.struck
        wire.put(how.fault, *how.ways)
        await asyncio.sleep(seconds)
        wire.heal()
        met = wire.struck - before
        self.unmet += not met
        if how.link.service == "notification":
            self.resends += met

    def _process(self, name: str) -> Process:
        return next(each for each in self.street.processes if each.name == name)


def _forget(url: str) -> None:
    """Redis may be away: then it forgets nothing this time."""
    with redis.Redis.from_url(url, socket_timeout=2) as client:
        client.flushall()
