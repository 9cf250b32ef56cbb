"""One process of a run: started, asked whether it is ready, killed, started again on the same ports."""

import asyncio
import ctypes
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

CHECKOUT = Path(__file__).parents[3]
READY_SECONDS = 120
ANSWER_SECONDS = 2
STOP_SECONDS = 30
LOOK_SECONDS = 0.05
INHERITED = ("PATH", "HOME", "LANG")
WITHOUT = Path(__file__).parent / "without"
"""Stands before everything that is installed: tools of ours that no image has."""
MEMORY = {"MALLOC_ARENA_MAX": "2", "MALLOC_MMAP_THRESHOLD_": "131072", "MALLOC_TRIM_THRESHOLD_": "131072"}
"""As in the images: what is not needed any more goes back to the system, a password's 19 MB too."""
PR_SET_PDEATHSIG = 1
libc = ctypes.CDLL(None)


class ProcessFailed(Exception):
    """A process ended, or did not do as it was told; says what its log says."""


def python(module: str, *arguments: str) -> tuple[str, ...]:
    """The command line of `python -m module`."""
    return (sys.executable, "-m", module, *arguments)


class Running(Protocol):
    """A process that was started: what we ask of a `Popen`."""

    @property
    def pid(self) -> int: ...

    @property
    def returncode(self) -> int | None: ...

    def poll(self) -> int | None: ...

    def wait(self, timeout: float | None = None) -> int: ...

    def send_signal(self, sig: int, /) -> None: ...

    def terminate(self) -> None: ...

    def kill(self) -> None: ...


class Start(Protocol):
    """A way to start a process in a group of its own, with nothing of our own environment but where things are."""

    def __call__(
        self, command: Collection[str], *, environment: Mapping[str, str], log: Path, stdin: int = subprocess.DEVNULL
    ) -> Running: ...


def start(
    command: Collection[str], *, environment: Mapping[str, str], log: Path, stdin: int = subprocess.DEVNULL
) -> subprocess.Popen[bytes]:
    """A program of its own."""
    inherited = {name: os.environ[name] for name in INHERITED if name in os.environ}
    ways = (str(WITHOUT), os.environ.get("PYTHONPATH", ""))
    inherited["PYTHONPATH"] = os.pathsep.join(each for each in ways if each)
    with log.open("ab") as out:
        return subprocess.Popen(  # noqa: S603 - commands of this checkout
            list(command),
            stdin=stdin,
            stdout=out,
            stderr=out,
            env={**inherited, **MEMORY, **environment},
            cwd=CHECKOUT,
            preexec_fn=die_with_us,  # noqa: PLW1509 - it takes no lock that another thread may hold
            start_new_session=True,  # Ctrl-C is for us: we end everything in order
        )


def die_with_us() -> None:
    """Whatever happens to the one who started it, nothing is left behind."""
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


async def run(
    command: Collection[str], *, environment: Mapping[str, str], log: Path, says: str = "", by: Start = start
) -> int:
    """A command to its end; `says`, a line or two, is typed in. Its status."""
    typed = _typed(says)
    try:
        process = by(command, environment=environment, log=log, stdin=typed)
    finally:
        os.close(typed)
    return await asyncio.to_thread(process.wait, READY_SECONDS)


def _typed(says: str) -> int:
    """Where this can be read, and nothing after it."""
    reading, writing = os.pipe()
    os.write(writing, says.encode())
    os.close(writing)
    return reading


@dataclass
class Process:
    """`probe` is a URL that answers, and not with 5xx, once it is ready. The log outlives every kill."""

    name: str
    command: Collection[str] = field(repr=False)
    environment: Mapping[str, str] = field(repr=False)
    probe: str
    log: Path
    by: Start = field(default=start, repr=False)
    running: Running | None = field(default=None, repr=False)

    def start(self) -> None:
        self.running = self.by(self.command, environment=self.environment, log=self.log)

    @property
    def alive(self) -> bool:
        return self.running is not None and self.running.poll() is None

    @property
    def pid(self) -> int:
        assert self.running is not None
        return self.running.pid

    async def ready(self) -> None:
        """Returns when the process says so."""
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline:
            if not self.alive:
                raise ProcessFailed(f"{self.name} has ended:\n{self.tail()}")
            if await _answers(self.probe):
                return
            await asyncio.sleep(LOOK_SECONDS)
        raise ProcessFailed(f"{self.name} is not ready after {READY_SECONDS} s:\n{self.tail()}")

    def kill(self) -> None:
        """SIGKILL: no goodbye, no flush, no rollback of our own."""
        self._expect_alive().kill()
        self._expect_alive(or_ended=True).wait(STOP_SECONDS)

    async def stop(self) -> None:
        """SIGTERM, as an orchestrator would: it leaves in order."""
        running = self._expect_alive()
        running.terminate()
        if await asyncio.to_thread(running.wait, STOP_SECONDS):
            raise ProcessFailed(f"{self.name} left with {running.returncode}:\n{self.tail()}")

    async def end(self) -> None:
        """In order if it can, by force if it must; whatever state it is in."""
        if self.running is None or not self.alive:
            return
        self.running.terminate()
        try:
            await asyncio.to_thread(self.running.wait, STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.running.kill()
            await asyncio.to_thread(self.running.wait)

    def lines(self, since: int = 0) -> Iterator[dict[str, Any]]:
        """What was logged after the first `since` bytes. A last line that a kill cut short is not shown."""
        with self.log.open("rb") as log:
            log.seek(since)
            for line in log:
                if line.startswith(b"{") and line.endswith(b"}\n"):
                    yield json.loads(line)

    def tail(self) -> str:
        return tail(self.log)

    def _expect_alive(self, *, or_ended: bool = False) -> Running:
        if self.running is None or not (self.alive or or_ended):
            raise ProcessFailed(f"{self.name} had ended by itself:\n{self.tail()}")
        return self.running


async def all_ready(processes: Collection[Process]) -> None:
    """Returns when each of them says so."""
    await asyncio.gather(*(each.ready() for each in processes))


async def _answers(probe: str) -> bool:
    """Is there an answer, and not a 5xx? By hand: an HTTP client's every question would slow down those who start."""
    where = urlsplit(probe)
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            reader, writer = await asyncio.open_connection(where.hostname, where.port)
            writer.write(f"GET {where.path} HTTP/1.1\r\nHost: {where.netloc}\r\nConnection: close\r\n\r\n".encode())
            status = await reader.readline()
            writer.close()
    except (OSError, TimeoutError):
        return False
    return status.startswith(b"HTTP/1.1 ") and not status.startswith(b"HTTP/1.1 5")


def tail(log: Path, lines: int = 15) -> str:
    """The end of a log, for whoever reads of a failure."""
    text = log.read_text(errors="replace") if log.exists() else ""
    return "\n".join(line[:1500] for line in text.splitlines()[-lines:])
