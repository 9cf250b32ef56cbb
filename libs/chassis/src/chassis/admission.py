"""Who is let in when more come than can be served: money first, whoever merely looks later, reports last.

How many may be inside follows from how long work takes. When it has taken longer than TARGET_SECONDS for a while (less
than that where somebody merely looks: HASTE), those whose work is worth least lose places, down to a few; only then do
the next. While it does not, places come back. So nobody waits inside for an answer that the gateway no longer waits
for, whoever is sent away knows it at once, and a crowd that is served within a moment is served whole.
"""

from dataclasses import dataclass, field
from enum import IntEnum

from chassis.world import Clock

TARGET_SECONDS = 0.5
"""Of work, waiting for stores included. Well below what the gateway waits for anything."""
PATIENCE_SECONDS = 1.0
"""So long work may take too long before places are cut, and a cut has time to show before the next."""
CUT, GROWTH = 0.8, 1.1
"""What places become by a cut, and in a second in which they are wanted and work is quick."""


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


HASTE = {Worth.MONEY: 1.0, Worth.OWN: 1.0, Worth.LOOKING: 0.4, Worth.REPORT: 1.0}
"""How much of the target work of this worth may take. Whoever looks gives way before it is slow for others."""


@dataclass(slots=True)
class Admission:
    """Places, and who has them. Raises nothing; `enter` says no."""

    most: int
    clock: Clock
    target_seconds: float = TARGET_SECONDS
    """Infinite where work is waiting for others, who send people away themselves."""
    inside: dict[Worth, int] = field(default_factory=lambda: dict.fromkeys(Worth, 0))
    places: dict[Worth, float] = field(init=False)
    _slow: dict[Worth, tuple[float, float]] = field(default_factory=dict)
    """Since when nothing of this worth has been quick, and when that was last seen."""
    _moved_at: float = float("-inf")

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
        now = self.clock.monotonic()
        if seconds <= HASTE[worth] * self.target_seconds:
            self._slow.pop(worth, None)
            if self.inside[worth] >= self.places[worth] / 2 and now - self._moved_at >= 1:
                self._moved_at = now
                self.places[worth] = min(self.most, GROWTH * self.places[worth] + 1)
            return
        since, seen = self._slow.get(worth, (now, now))
        if now - seen > PATIENCE_SECONDS:
            since = now
        self._slow[worth] = since, now
        if now - max(since, self._moved_at) < PATIENCE_SECONDS:
            return
        # For those who wait, others give way on whom less depends; never the other way round.
        many = [each for each in reversed(Worth) if each >= worth and self.inside[each] > FEWEST[each]]
        if many:
            self._moved_at = now
            # What there was room for is not what there is: those who are inside already are too many.
            self.places[many[0]] = max(FEWEST[many[0]], CUT * min(self.places[many[0]], self.inside[many[0]]))
