"""Who is let in when more come than can be served: money first, whoever merely looks later, reports last.

How many may be inside follows from how long work takes. While it takes longer than TARGET_SECONDS, those whose work is
worth least lose places, down to a few; only then do the next. While it does not, places come back one by one. So nobody
waits inside for an answer that the gateway no longer waits for, and whoever is sent away knows it at once.
"""

from dataclasses import dataclass, field
from enum import IntEnum

from chassis.world import Clock

TARGET_SECONDS = 0.5
"""Of work, waiting for stores included. Well below what the gateway waits for anything."""
CUT = 0.8
"""What is left of the places after work took too long; a cut has to show before the next."""


class Worth(IntEnum):
    """How much depends on a request. The first is sent away last."""

    MONEY = 0
    OWN = 1
    LOOKING = 2
    REPORT = 3


FEWEST = {Worth.MONEY: 8, Worth.OWN: 8, Worth.LOOKING: 4, Worth.REPORT: 2}
"""Nobody falls below this: with so few inside the wait is not their doing."""
SHARE = {Worth.MONEY: 1.0, Worth.OWN: 0.9, Worth.LOOKING: 0.8, Worth.REPORT: 0.5}
"""Of all places, how many may be taken before one of this worth is sent away: some are kept for the others."""


@dataclass(slots=True)
class Admission:
    """Places, and who has them. Raises nothing; `enter` says no."""

    most: int
    clock: Clock
    target_seconds: float = TARGET_SECONDS
    """Infinite where work is waiting for others, who send people away themselves."""
    inside: dict[Worth, int] = field(default_factory=lambda: dict.fromkeys(Worth, 0))
    places: dict[Worth, float] = field(init=False)
    _cut_at: float = float("-inf")

    def __post_init__(self) -> None:
        self.places = dict.fromkeys(Worth, float(self.most))

    def enter(self, worth: Worth) -> bool:
        """Takes a place, if there is one."""
        full = sum(self.inside.values()) >= max(1.0, SHARE[worth] * self.most)
        if full or self.inside[worth] >= self.places[worth]:
            return False
        self.inside[worth] += 1
        return True

    def leave(self, worth: Worth) -> None:
        self.inside[worth] -= 1

    def come_back(self, worth: Worth) -> None:
        """Whoever was inside before and only rested is not sent away."""
        self.inside[worth] += 1

    def took(self, worth: Worth, seconds: float) -> None:
        """How long work took that is done. To be told before it leaves."""
        if seconds <= self.target_seconds:
            if self.inside[worth] >= self.places[worth] / 2:
                self.places[worth] = min(self.most, self.places[worth] + 1 / self.places[worth])
            return
        now = self.clock.monotonic()
        if now - self._cut_at < self.target_seconds:
            return
        many = [each for each in reversed(Worth) if self.inside[each] > FEWEST[each]]
        if many:
            self._cut_at = now
            # What there was room for is not what there is: those who are inside already are too many.
            self.places[many[0]] = max(FEWEST[many[0]], CUT * min(self.places[many[0]], self.inside[many[0]]))
