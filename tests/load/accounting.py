"""What each process of a dev rung has used, by the kernel's own books. Of a shop elsewhere nothing can be told."""

import contextlib
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx2
from dev.cost import TICKS_PER_SECOND, USER, pss_mebibytes
from dev.envoy import PLACE
from dev.home import Home
from dev.settings import SERVICES
from gateway.place import read_place
from testkit.stores.server import family

STORES = ("postgres", "mongo", "redis", "rabbit")
OURS = (*(f"{service}-{room}" for service in SERVICES for room in ("api", "worker")), "storefront")
GATEWAY = "gateway"
OUTSIDE = ("psp", "mail", "phone", "spans", "door")
"""The world around the shop, which is not part of it."""
DRIVER = "driver"
COUNTED = (*OURS, GATEWAY, *STORES, *OUTSIDE)
TIMES = slice(USER, USER + 4)
"""In /proc/*/stat, after the name: user and system, its own and those of its children that have ended."""

Spent = Mapping[str, float]
"""CPU seconds by name."""


@dataclass(frozen=True)
class Books:
    """The processes of one rung; `None` instead of a home is a shop whose processes are not here."""

    home: Home | None

    @classmethod
    def of(cls, url: str, home: Home) -> "Books":
        """Of the rung of this home, if it is the one that answers at this URL."""
        return cls(home if _public_port(home) == httpx2.URL(url).port else None)

    def spent(self) -> Spent:
        """So far, since each was born. Whoever drives is told apart."""
        return {**{name: cpu_of_family(pid) for name, pid in self._pids().items()}, DRIVER: time.process_time()}

    def memory(self) -> dict[str, float]:
        """Proportional set size, MiB."""
        return {name: round(_memory_of_family(pid), 1) for name, pid in self._pids().items()}

    def _pids(self) -> dict[str, int]:
        if self.home is None:
            return {}
        return {each.name: each.pid for each in self.home.run_file.processes() if _counted(each.name)}


def difference(before: Spent, after: Spent) -> dict[str, float]:
    """What was used between two looks, by everybody who was there at both."""
    return {name: after[name] - before[name] for name in after if name in before}


def cpu_of_family(pid: int) -> float:
    """CPU seconds of a process and of all that it has started, whether they still live or not."""
    return sum(_ticks(each) for each in family(pid)) / TICKS_PER_SECOND


def _ticks(pid: int) -> int:
    with contextlib.suppress(OSError):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return sum(map(int, fields[TIMES]))
    return 0


def _memory_of_family(pid: int) -> float:
    size = 0.0
    for each in family(pid):
        with contextlib.suppress(OSError, StopIteration):
            size += pss_mebibytes(each)
    return size


def _counted(name: str) -> bool:
    """Replicas are called by their number: `order-api-2`."""
    return any(name == each or name.startswith(f"{each}-") for each in COUNTED)


def _public_port(home: Home) -> int | None:
    place = home.folder / GATEWAY / PLACE
    if not place.exists() or home.run_file.supervisor() is None:
        return None
    return read_place(str(place)).public.at.port


def load_average() -> float:
    """Of the last minute: who else was at work on this machine."""
    return round(os.getloadavg()[0], 1)
