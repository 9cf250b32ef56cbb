"""How many checkouts are let in: of one customer, and of all together."""

from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from chassis.rate_limits import Limiter, Rule
from chassis.world import World

from order_service.ports import Orders

LOOK_EVERY = timedelta(seconds=5)
LONGEST_WAIT = 5


class TooManyCheckouts(Exception):
    """This customer buys faster than people do."""

    def __init__(self, *, retry_after: int) -> None:
        super().__init__("Too many orders at once. Please wait a moment.")
        self.retry_after = retry_after


class ShopIsFull(Exception):
    """So much has not left yet that one more order would only wait with the others."""

    def __init__(self, *, retry_after: int) -> None:
        super().__init__("We can not take new orders right now. Please try again in a moment.")
        self.retry_after = retry_after


@dataclass(slots=True)
class CheckoutGate:
    """Counts a customer's checkouts for all replicas together where the limiter does, those at once for this one."""

    orders: Orders
    limiter: Limiter
    each: Rule
    at_once: int
    full_at: int
    """So many orders with messages that have not left close the shop for new ones."""
    world: World
    _inside: Counter[UUID] = field(default_factory=Counter)
    _waiting: int = 0
    _looked_at: float = float("-inf")

    @asynccontextmanager
    async def admit(self, user_id: UUID) -> AsyncGenerator[None]:
        """Raises TooManyCheckouts, ShopIsFull."""
        if self._inside[user_id] >= self.at_once:
            raise TooManyCheckouts(retry_after=1)
        self._inside[user_id] += 1
        try:
            await self._refuse_when_full()
            allowance = await self.limiter.hit(self.each, str(user_id))
            if not allowance.allowed:
                raise TooManyCheckouts(retry_after=allowance.retry_after)
            yield
        finally:
            self._inside[user_id] -= 1
            if not self._inside[user_id]:
                del self._inside[user_id]

    async def _refuse_when_full(self) -> None:
        now = self.world.clock.monotonic()
        if now - self._looked_at >= LOOK_EVERY.total_seconds():
            # Written before the look: those who come meanwhile need not look as well.
            self._looked_at = now
            self._waiting = await self.orders.count_unsent(limit=self.full_at + 1)
        if self._waiting > self.full_at:
            raise ShopIsFull(retry_after=1 + int(LONGEST_WAIT * self.world.dice.fraction()))
