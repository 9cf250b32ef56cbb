"""Starts processes by forking one that has loaded what they share. Where that cannot be, each is started by itself."""

import asyncio
import contextlib
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from dev.cost import cpu_seconds
from dev.processes import Running, python, start
from dev.zygote import LOADED, ROOM, Request

ANSWER_SECONDS = 60
LOOK_SECONDS = 0.02
LONGEST_ANSWER = 32
ORDINARY = "every process is started by itself"


class Forked:
    """A child of the zygote; to us what a `Popen` is."""

    def __init__(self, command: Collection[str], told: socket.socket) -> None:
        """Raises OSError when there is none."""
        told.settimeout(ANSWER_SECONDS)
        pid, handles, _, _ = socket.recv_fds(told, LONGEST_ANSWER, 1)
        if not pid:
            raise ChildProcessError("no child was born")
        self.pid = int(pid)
        self.returncode: int | None = None
        self._command = tuple(command)
        self._told = told
        (self._handle,) = handles
        self._one_at_a_time = threading.Lock()

    def poll(self) -> int | None:
        with self._one_at_a_time:
            if self.returncode is None and select.select([self._told], [], [], 0)[0]:
                # Silence is the end of the zygote, which none of its children outlives.
                self.returncode = int(self._told.recv(LONGEST_ANSWER) or -signal.SIGKILL)
                self._told.close()
                os.close(self._handle)
            return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        deadline = None if timeout is None else time.monotonic() + timeout
        while (status := self.poll()) is None:
            if deadline is not None and time.monotonic() > deadline:
                raise subprocess.TimeoutExpired(self._command, timeout or 0)
            time.sleep(LOOK_SECONDS)
        return status

    def send_signal(self, sig: int) -> None:
        with self._one_at_a_time, contextlib.suppress(ProcessLookupError):
            if self.returncode is None:
                signal.pidfd_send_signal(self._handle, sig)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


class Zygote:
    """The one that forks, and our end of the socket that it listens to."""

    def __init__(self, log: Path) -> None:
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self.process = start(python("dev.zygote", "-" * ROOM), environment={}, log=log, stdin=theirs.fileno())

    async def loaded(self) -> bool:
        """False when it never will be."""
        self._control.settimeout(0)
        said = await asyncio.get_running_loop().sock_recv(self._control, LONGEST_ANSWER)
        self._control.settimeout(ANSWER_SECONDS)
        return said == LOADED

    def fork(self, command: Collection[str], *, environment: Mapping[str, str], log: Path, stdin: int) -> Forked:
        """`python -m …` only. Raises OSError."""
        _, _, module, *arguments = command
        request = Request(module, arguments, environment)
        told, theirs = socket.socketpair()
        try:
            with theirs, log.open("ab") as out, open(os.devnull, "rb") as nothing:
                given = nothing.fileno() if stdin == subprocess.DEVNULL else stdin
                socket.send_fds(self._control, [request.to_bytes()], [given, out.fileno(), theirs.fileno()])
            return Forked(command, told)
        except OSError:
            told.close()
            raise

    def end(self) -> None:
        """It takes along who is left of its children; itself it holds nothing."""
        self.process.kill()
        self.process.wait()
        self._control.close()


@dataclass
class Forking:
    """`start` is a way to start processes. Says so when it cannot fork them (any more)."""

    say: Callable[[str], None]
    log: Path
    wanted: bool
    zygote: Zygote | None = None
    _forks: bool = False

    def begin(self) -> None:
        """It takes a second or two. Whoever starts something before `loaded` has returned starts it by itself."""
        if self.wanted and hasattr(os, "pidfd_open"):
            self.zygote = Zygote(self.log)
        elif self.wanted:
            self.say(f"nothing can be forked on {sys.platform}: {ORDINARY}")

    async def loaded(self) -> str | None:
        """Returns when everything is there, or never will be; what it cost."""
        if self.zygote is None:
            return None
        self._forks = await self.zygote.loaded()
        if not self._forks:
            self.say(f"nothing can be forked, {self.log} says why: {ORDINARY}")
            return None
        return f"what they share is loaded, in {cpu_seconds(self.zygote.process.pid):.1f} s of CPU"

    def start(
        self, command: Collection[str], *, environment: Mapping[str, str], log: Path, stdin: int = subprocess.DEVNULL
    ) -> Running:
        program, option, *_ = command
        if self.zygote is not None and self._forks and (program, option) == (sys.executable, "-m"):
            try:
                return self.zygote.fork(command, environment=environment, log=log, stdin=stdin)
            except OSError as fault:
                self._forks = False
                self.say(f"nothing can be forked any more ({fault}): {ORDINARY}")
        return start(command, environment=environment, log=log, stdin=stdin)

    def end(self) -> None:
        """When nothing that it started is needed any more."""
        if self.zygote is not None:
            self.zygote.end()
