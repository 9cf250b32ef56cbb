"""Who belongs to a run: process ids with their start times, so that nobody else is ever taken for one of us."""

import contextlib
import json
import os
import signal
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

from testkit.stores.server import family, strays

STOP_SECONDS = 60
KILL_SECONDS = 10


@dataclass(frozen=True)
class Known:
    """A process by its id and the moment of its birth: ids come again, the two together do not."""

    name: str
    pid: int
    born: int

    @classmethod
    def now(cls, name: str, pid: int) -> Self:
        return cls(name, pid, _born(pid) or 0)

    @property
    def alive(self) -> bool:
        return _born(self.pid) == self.born

    def send(self, sent: signal.Signals) -> None:
        if self.alive:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, sent)


@dataclass(frozen=True)
class RunFile:
    """`run.json` of a home."""

    file: Path

    def write(self, processes: Iterable[Known], *, stores: Path) -> None:
        """The first of them is the supervisor."""
        told = {"processes": [asdict(each) for each in processes], "stores": str(stores)}
        fresh = self.file.with_suffix(".new")
        fresh.write_text(json.dumps(told, indent=1))
        fresh.replace(self.file)

    def processes(self) -> list[Known]:
        """Those that still live; the supervisor first."""
        if not self.file.exists():
            return []
        known = [Known(**each) for each in json.loads(self.file.read_text())["processes"]]
        return [each for each in known if each.alive]

    def supervisor(self) -> Known | None:
        return next((each for each in self.processes() if each.name == "supervisor"), None)

    def end_all(self) -> int:
        """Ask the supervisor to end the run in order; end by force what is left. How many processes there were."""
        there = self.processes()
        supervisor = self.supervisor()
        if supervisor is not None:
            supervisor.send(signal.SIGTERM)
            _wait_for([supervisor], STOP_SECONDS)
        for each in self.processes():
            for pid in reversed(family(each.pid)):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        for pid in self._strays():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        _wait_for(there, KILL_SECONDS)
        self.file.unlink(missing_ok=True)
        return len(there)

    def _strays(self) -> list[int]:
        """What the stores have left behind: their data folders are their homes."""
        if not self.file.exists():
            return []
        stores = Path(json.loads(self.file.read_text())["stores"])
        return [pid for store in stores.glob("*/data") for pid in strays(store)]


def _born(pid: int) -> int | None:
    """Its start time in clock ticks since boot; None for nobody, and for the dead whom nobody has buried yet."""
    try:
        state, *fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if state == "Z" else int(fields[18])


def _wait_for(processes: Iterable[Known], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while any(each.alive for each in processes) and time.monotonic() < deadline:
        time.sleep(0.05)
