"""One process of the shop: started, asked whether it is ready, killed, started again on the same ports."""

import asyncio
import ctypes
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2

CHECKOUT = Path(__file__).parents[3]
READY_SECONDS = 120
STOP_SECONDS = 20
PR_SET_PDEATHSIG = 1
libc = ctypes.CDLL(None)


def die_with_us() -> None:
    """Whatever happens to the tests, nothing of the shop is left behind."""
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def start_python(
    module: str, *arguments: str, environment: Mapping[str, str], log: Path, stdin: int = subprocess.DEVNULL
) -> subprocess.Popen[bytes]:
    """`python -m module`, with nothing of our own environment but where things are."""
    inherited = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "PYTHONPATH") if name in os.environ}
    with log.open("ab") as out:
        return subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            stdin=stdin,
            stdout=out,
            stderr=out,
            env={**inherited, **environment},
            cwd=CHECKOUT,
            preexec_fn=die_with_us,
        )


async def run_python(module: str, *arguments: str, environment: Mapping[str, str], log: Path, says: str = "") -> None:
    """Run a command of the shop to its end; `says` is typed in."""
    process = start_python(module, *arguments, environment=environment, log=log, stdin=subprocess.PIPE)
    await asyncio.to_thread(process.communicate, says.encode(), READY_SECONDS)
    assert process.returncode == 0, f"{module} {arguments} ended with {process.returncode}:\n{_tail(log)}"


@dataclass
class Process:
    """`probe` is the port with /readyz. The log outlives every kill."""

    name: str
    module: str
    environment: Mapping[str, str]
    probe: int
    log: Path
    arguments: tuple[str, ...] = ()
    running: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    def start(self) -> None:
        self.running = start_python(self.module, *self.arguments, environment=self.environment, log=self.log)

    @property
    def alive(self) -> bool:
        return self.running is not None and self.running.poll() is None

    async def ready(self) -> None:
        """Returns when the process says so."""
        deadline = time.monotonic() + READY_SECONDS
        async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{self.probe}", timeout=2) as client:
            while time.monotonic() < deadline:
                assert self.alive, f"{self.name} has ended:\n{self.tail()}"
                try:
                    if (await client.get("/readyz")).is_success:
                        return
                except httpx2.HTTPError:
                    pass
                await asyncio.sleep(0.05)
        raise AssertionError(f"{self.name} is not ready after {READY_SECONDS} s:\n{self.tail()}")

    def kill(self) -> None:
        """SIGKILL: no goodbye, no flush, no rollback of our own."""
        assert self.alive, f"{self.name} had ended by itself:\n{self.tail()}"
        assert self.running is not None
        self.running.kill()
        self.running.wait(STOP_SECONDS)

    async def stop(self) -> None:
        """SIGTERM, as an orchestrator would: it leaves in order."""
        assert self.alive, f"{self.name} had ended by itself:\n{self.tail()}"
        assert self.running is not None
        self.running.terminate()
        assert await asyncio.to_thread(self.running.wait, STOP_SECONDS) == 0, self.tail()

    def lines(self, since: int = 0) -> Iterator[dict[str, Any]]:
        """What was logged after the first `since` bytes. A last line that a kill cut short is not shown."""
        with self.log.open("rb") as log:
            log.seek(since)
            for line in log:
                if line.startswith(b"{") and line.endswith(b"}\n"):
                    yield json.loads(line)

    def tail(self) -> str:
        return _tail(self.log)


def _tail(log: Path, lines: int = 15) -> str:
    text = log.read_text(errors="replace") if log.exists() else ""
    return "\n".join(line[:1500] for line in text.splitlines()[-lines:])
