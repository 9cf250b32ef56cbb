"""Named places in a process's work at which it can be told to die: `order-worker: hear StockReserved: ack before`.

A process in this mode keeps a diary of the points that it came by, and reads from a file at which one it has to end.
"""

import json
import os
import signal
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

type When = Literal["before", "after"]

PLACE: ContextVar[Callable[[], str]] = ContextVar("place", default=lambda: "start")
"""What the running task is at work on; asked late, because a route is known only after the routing."""


@dataclass
class Points:
    """The points of one process. `folder` is shared with whoever arms them."""

    process: str
    folder: Path
    _order: str = ""
    _hits: int = 0
    _armed: Path = field(init=False)
    _diary: Path = field(init=False)

    def __post_init__(self) -> None:
        self._armed = self.folder / f"{self.process}.armed"
        self._diary = self.folder / f"{self.process}.points"

    def reach(self, action: str, when: When) -> None:
        """Here is a point; if it is the one that was armed, for so many times, this does not return."""
        name = f"{self.process}: {PLACE.get()()}: {action} {when}"
        with self._diary.open("a") as diary:
            diary.write(f"{name}\n")
        try:
            order = self._armed.read_text()
        except FileNotFoundError:
            return
        if order != self._order:
            self._order, self._hits = order, 0
        wanted = json.loads(order)
        if wanted["point"] != name:
            return
        self._hits += 1
        if self._hits == wanted["hit"]:
            # Whoever comes after us under this name lives.
            self._armed.unlink()
            os.kill(os.getpid(), signal.SIGKILL)
