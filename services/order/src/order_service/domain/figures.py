"""How the shop is doing over a time: what was placed then, and what has become of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from order_service.domain.states import State

Step = Literal["hour", "day"]
LONGEST = timedelta(days=31)
BY_HOUR = timedelta(days=2)
"""Longer times are shown by day."""
BEST = 10


class PeriodNotAcceptable(Exception):
    """It ends before it begins, or is too long to be counted while somebody waits."""

    def __init__(self) -> None:
        super().__init__(f"The end must come after the beginning, and at most {LONGEST.days} days after.")
        self.errors = [{"field": "to", "message": f"after from, by at most {LONGEST.days} days"}]


@dataclass(frozen=True, slots=True)
class Period:
    """From `start` until `end`, which does not belong to it; both in UTC."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        if not timedelta() < self.end - self.start <= LONGEST:
            raise PeriodNotAcceptable

    @property
    def step(self) -> Step:
        return "hour" if self.end - self.start <= BY_HOUR else "day"

    def slot(self, moment: datetime) -> datetime:
        """The beginning of the hour, or of the day, that the moment is in."""
        hour = moment.replace(minute=0, second=0, microsecond=0)
        return hour if self.step == "hour" else hour.replace(hour=0)

    def slots(self) -> Sequence[datetime]:
        """All of them; the first may begin before `start`."""
        length = timedelta(hours=1) if self.step == "hour" else timedelta(days=1)
        first = self.slot(self.start)
        return [first + n * length for n in range(-(-(self.end - first) // length))]


@dataclass(frozen=True, slots=True)
class Revenue:
    """Minor units, of orders placed in the period, whenever the money moved."""

    captured: int
    refunded: int


@dataclass(frozen=True, slots=True)
class Slot:
    """`captured` is in the currency that was asked for; `orders` are those of every currency."""

    orders: int
    captured: int


@dataclass(frozen=True, slots=True)
class Seller:
    """Pieces in paid orders, under the name that the latest of them has for it."""

    sku: str
    name: str
    quantity: int


@dataclass(frozen=True, slots=True)
class Figures:
    by_state: Mapping[State, int]
    """States that no order is in are not there."""
    revenue: Mapping[str, Revenue]
    """By currency, of those in which something was paid."""
    slots: Mapping[datetime, Slot]
    """By beginning; those in which nothing was placed are not there."""
    best: Sequence[Seller]
    """Most pieces first."""
