"""One terminal for everybody: what each process logs, a line each, with its name before it in its own colour."""

import asyncio
import json
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

LOOK_SECONDS = 0.1
CHUNK = 1 << 20
NAME_WIDTH = 17
COLOURS = (36, 32, 33, 35, 34, 96, 92, 93, 95, 94)
RED, YELLOW, DIM, BOLD = 31, 33, 2, 1
LOUD = {"warning": YELLOW, "error": RED, "critical": RED}
UNSAID = frozenset({"timestamp", "time", "level", "service", "event", "room", "logger", "trace_id", "exception"})
LONGEST_VALUE = 120
ACCESS = "gateway.request"


@dataclass
class Console:
    """`raw` prints the lines as they were written."""

    out: TextIO = field(default_factory=lambda: sys.stdout)
    raw: bool = False

    def __post_init__(self) -> None:
        self._colours: dict[str, int] = {}

    def say(self, text: str) -> None:
        """A line of our own."""
        self._print("dev", BOLD, text)

    def show(self, name: str, line: str) -> None:
        """A line of a process."""
        if self.raw:
            self.out.write(f"{line}\n")
            return
        colour = self._colours.setdefault(name, COLOURS[len(self._colours) % len(COLOURS)])
        try:
            told = json.loads(line)
        except ValueError:
            told = None
        self._print(name, colour, shortened(told, self._paint) if isinstance(told, dict) else line)

    def flush(self) -> None:
        self.out.flush()

    def _print(self, name: str, colour: int, text: str) -> None:
        self.out.write(f"{self._paint(name.ljust(NAME_WIDTH), colour)} {text}\n")

    def _paint(self, text: str, colour: int) -> str:
        return f"\033[{colour}m{text}\033[0m" if self.out.isatty() else text


def shortened(told: Mapping[str, Any], paint: Callable[[str, int], str] = lambda text, _: text) -> str:
    """A log line for people: time, what happened, and the facts that belong to it."""
    time = str(told.get("timestamp") or told.get("time") or "")[11:23]
    event = str(told.get("event", "?"))
    if event == ACCESS:
        return f"{time} {told['method']} {told['path']} {_status(told, paint)} {told['milliseconds']} ms"
    facts = " ".join(f"{key}={_value(value)}" for key, value in told.items() if key not in UNSAID)
    colour = LOUD.get(str(told.get("level")))
    trouble = f"\n{told['exception']}" if "exception" in told else ""
    return f"{time} {paint(event, colour) if colour else event} {paint(facts, DIM)}{trouble}".rstrip()


def _status(told: Mapping[str, Any], paint: Callable[[str, int], str]) -> str:
    status = int(told["status"])
    return paint(str(status), RED) if status >= 500 else str(status)


def _value(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    short = text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}…"
    return json.dumps(short, ensure_ascii=False) if " " in short else short


@dataclass
class Follower:
    """Shows what is added to log files. A process writes to its file whether or not anybody reads."""

    console: Console
    logs: Mapping[str, Path]

    def __post_init__(self) -> None:
        self._read: dict[str, int] = {}
        self._begun: dict[str, bytes] = {}

    async def follow(self) -> None:
        """Until cancelled."""
        while True:
            self.look()
            await asyncio.sleep(LOOK_SECONDS)

    def look(self) -> None:
        """Everything that has come since the last look, whole lines only."""
        for name, log in self.logs.items():
            for line in self._fresh(name, log):
                self.console.show(name, line)
        self.console.flush()

    def _fresh(self, name: str, log: Path) -> Iterable[str]:
        if not log.exists():
            return ()
        with log.open("rb") as opened:
            opened.seek(self._read.get(name, 0))
            part = opened.read(CHUNK)
        self._read[name] = self._read.get(name, 0) + len(part)
        *whole, self._begun[name] = (self._begun.get(name, b"") + part).split(b"\n")
        return (line.decode(errors="replace") for line in whole if line.strip())
