"""The hands that settle: woken when a command was written down, and now and then to be sure."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from payment_service.ports import Payments, Work


@dataclass(slots=True)
class Settle:
    """A hand takes turns until nothing is due, then waits until it is `rung`; several may at once."""

    payments: Payments
    steps: Mapping[Work, Callable[[], Awaitable[int]]]
    hands: int
    _bell: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(0))
    _rung: int = 0

    def ring(self) -> None:
        """There is work for one hand. Rings that nobody could hear yet are kept, one for each hand."""
        if self._rung < self.hands:
            self._rung += 1
            self._bell.release()

    async def tick(self) -> int:
        """A job: what a dead process left behind, and what was put off, becomes due without a bell."""
        self.ring()
        return 0

    async def rung(self) -> None:
        """Wait for a ring."""
        await self._bell.acquire()
        self._rung -= 1

    async def turn(self) -> int:
        """One step of each kind that is due; how many."""
        due = await self.payments.due()
        return sum([await step() for work, step in self.steps.items() if work in due])
