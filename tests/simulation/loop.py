"""An event loop that never waits: when nothing is ready, its clock jumps to the next timer.

Everything in it happens in one thread and in one order, so that the same work does the same each time.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, Never, override


class StandsStill(Exception):
    """Nothing is ready and no timer runs: whoever still waits waits for ever."""


class GoesRound(Exception):
    """Work goes on and on, and no time passes: it would never end."""


class RealWorld(Exception):
    """Something asked for a socket or a thread: what it does could not be repeated."""


MOST_TURNS = 100_000
"""So often may the loop go round in one moment."""


class VirtualLoop(asyncio.BaseEventLoop):
    def __init__(self) -> None:
        super().__init__()
        self._now = 0.0
        self._turns = 0
        # The base class asks it what has happened outside; outside there is nothing but time.
        self._selector = self
        # Coarser than the rounding of a float that counts seconds, or a timer might be never quite due.
        self._clock_resolution = 1e-6

    @override
    def time(self) -> float:
        return self._now

    def select(self, timeout: float | None) -> Sequence[Never]:
        """The only passing of time there is."""
        if timeout is None:
            raise StandsStill
        self._turns = 0 if timeout > 0 else self._turns + 1
        if self._turns > MOST_TURNS:
            self._turns = 0
            raise GoesRound
        self._now += max(0.0, timeout)
        return ()

    def _process_events(self, event_list: Sequence[Never]) -> None:
        """There are none."""

    def _write_to_self(self) -> None:
        """Nobody has to be woken from a wait that never takes long."""

    @override
    def run_in_executor(self, executor: Any, func: Callable[..., Any], *args: Any) -> Never:  # type: ignore[override] # it refuses
        raise RealWorld(f"a thread for {func}")

    @override
    async def create_connection(self, *args: Any, **named: Any) -> Never:  # type: ignore[override] # it refuses
        raise RealWorld("a connection")

    @override
    async def create_server(self, *args: Any, **named: Any) -> Never:  # type: ignore[override] # it refuses
        raise RealWorld("a server")

    @override
    async def getaddrinfo(self, *args: Any, **named: Any) -> Never:  # type: ignore[override] # it refuses
        raise RealWorld("a name")
