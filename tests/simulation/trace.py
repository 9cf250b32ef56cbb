"""What happened in a run, in order: who said what to whom, and what went wrong."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

NEMESIS = "nemesis"


class Line(NamedTuple):
    at: float
    who: str
    whom: str
    what: str
    order_id: str = ""
    fault: str = ""

    def __str__(self) -> str:
        about = f" [{self.order_id[-6:]}]" if self.order_id else ""
        fault = f"  ! {self.fault}" if self.fault else ""
        return f"{self.at:10.3f}  {self.who:>20} -> {self.whom:<20} {self.what}{about}{fault}"


@dataclass(slots=True)
class Trace:
    time: Callable[[], float]
    lines: list[Line] = field(default_factory=list)

    def note(self, who: str, whom: str, what: str, *, order_id: str = "", fault: str = "") -> None:
        self.lines.append(Line(self.time(), who, whom, what, order_id, fault))

    def fault(self, whom: str, what: str) -> None:
        """The nemesis did something."""
        self.note(NEMESIS, whom, what)

    @property
    def digest(self) -> str:
        """Equal for two runs that were the same in everything that can be seen."""
        return hashlib.sha256("\n".join(map(str, self.lines)).encode()).hexdigest()
