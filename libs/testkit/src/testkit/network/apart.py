"""Fault proxies in a process of their own: in one that is busy they would be late, and that is a fault too."""

import asyncio
import multiprocessing
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection

from testkit.network.faults import Fault
from testkit.network.proxy import Way, fault_proxy

Order = tuple[Fault, tuple[Way, ...]] | None
"""What to put in, and in which directions; None to heal."""


@dataclass(frozen=True)
class Wire:
    """One of them, told the same as a `FaultProxy`; `own_port` is where to connect."""

    line: Connection
    number: int
    own_port: int

    def put(self, fault: Fault, *ways: Way) -> None:
        """From now on, in these directions; both when none is named. What stood there before is gone."""
        self._say((fault, ways))

    def heal(self) -> None:
        """What was held back goes on; what was ended stays ended."""
        self._say(None)

    @property
    def struck(self) -> int:
        """How many pieces have met a fault so far."""
        return self._say()

    def _say(self, *orders: Order) -> int:
        self.line.send((self.number, orders))
        return self.line.recv()


@asynccontextmanager
async def wires_apart(ports: Sequence[int]) -> AsyncGenerator[list[Wire]]:
    """One before each of these ports of loopback, while the context is open."""
    spawn = multiprocessing.get_context("spawn")
    line, theirs = spawn.Pipe()
    process = spawn.Process(target=_stand, args=(tuple(ports), theirs), daemon=True)
    process.start()
    theirs.close()
    try:
        own = await asyncio.to_thread(line.recv)
        yield [Wire(line, number, port) for number, port in enumerate(own)]
    finally:
        line.close()
        await asyncio.to_thread(process.join)


def _stand(ports: Sequence[int], line: Connection) -> None:
    asyncio.run(_listen(ports, line))


async def _listen(ports: Sequence[int], line: Connection) -> None:
    """Until nobody is at the other end of the line."""
    over = asyncio.Event()
    async with AsyncExitStack() as stack:
        proxies = [await stack.enter_async_context(fault_proxy(port)) for port in ports]

        def hear() -> None:
            try:
                number, orders = line.recv()
            except EOFError:
                asyncio.get_running_loop().remove_reader(line.fileno())
                over.set()
                return
            for order in orders:
                if order is None:
                    proxies[number].heal()
                else:
                    proxies[number].put(order[0], *order[1])
            line.send(proxies[number].struck)

        asyncio.get_running_loop().add_reader(line.fileno(), hear)
        line.send([each.own_port for each in proxies])
        await over.wait()
