"""See how the shop is doing."""

from dataclasses import dataclass
from datetime import timedelta

from chassis.world import World

from order_service.domain.figures import Figures, Period
from order_service.ports import AllOrders

OVERDUE_AFTER = timedelta(minutes=1)
"""What is late for less is on its way."""


@dataclass(frozen=True, slots=True)
class Dashboard:
    figures: Figures
    needs_review: int
    """Of all orders, whenever they were placed, as it is now."""
    overdue: int
    """The same."""


@dataclass(frozen=True, slots=True)
class SeeFigures:
    """What became of the orders of a period, and how many of all orders somebody should look at."""

    orders: AllOrders
    world: World

    async def __call__(self, period: Period, *, currency: str) -> Dashboard:
        return Dashboard(
            figures=await self.orders.figures(period, currency=currency),
            needs_review=await self.orders.count_to_review(),
            overdue=await self.orders.count_overdue(self.world.clock.now() - OVERDUE_AFTER),
        )
