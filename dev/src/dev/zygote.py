"""`python -m dev.zygote`: loads what all processes of the shop need, and becomes each of them by a fork when asked.

It has one thread and no event loop, so that nothing is lost in a fork, and nothing of the shop itself, so that every
process reads its sources anew. `forking.py` starts it, and asks over the socket that is its standard input.
"""

import contextlib
import ctypes
import gc
import json
import os
import runpy
import select
import signal
import socket
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Self

from dev.preloaded import MODULES
from dev.processes import die_with_us, python

LOADED = b"loaded"
LONGEST_REQUEST = 1 << 17
ROOM = 2000
"""Linux shows as command line what stands where the first one stood. So much is kept free there."""
COMMAND_LINE = slice(45, 47)
"""Where that begins and ends, in /proc/self/stat, after the name."""


@dataclass(frozen=True)
class Request:
    """`python -m module arguments…`, with these settings beside what the zygote was told itself."""

    module: str
    arguments: Sequence[str]
    environment: Mapping[str, str]

    def to_bytes(self) -> bytes:
        return json.dumps([self.module, self.arguments, self.environment]).encode()

    @classmethod
    def from_bytes(cls, sent: bytes) -> Self:
        return cls(*json.loads(sent))


@dataclass(frozen=True)
class Child:
    """`told` hears its id and a handle on it, and at the end its status."""

    pid: int
    handle: int
    told: socket.socket

    def bury(self) -> None:
        """It has ended: say how."""
        _, status = os.waitpid(self.pid, 0)
        with contextlib.suppress(OSError):
            self.told.send(str(os.waitstatus_to_exitcode(status)).encode())
        self.let_go()

    def let_go(self) -> None:
        os.close(self.handle)
        self.told.close()


def main() -> None:
    control = socket.socket(fileno=os.dup(0))
    show_as(python("dev.zygote"))
    load()
    control.send(LOADED)
    request = serve(control)
    if request is not None:
        become(request)


def load() -> None:
    """Everything on the list, for good: a collector that touched all of it would leave little to share."""
    gc.disable()
    os.environ["PYDANTIC_DISABLE_PLUGINS"] = "__all__"  # as chassis.loading says
    for each in MODULES:
        import_module(each)
    del os.environ["PYDANTIC_DISABLE_PLUGINS"]
    gc.freeze()
    assert_alone()


def serve(control: socket.socket) -> Request | None:
    """Returns in every child, with what it is to become; in ourselves once nobody can ask any more."""
    children: dict[int, Child] = {}
    waiting = select.poll()
    waiting.register(control, select.POLLIN)
    while True:
        for ready, _ in waiting.poll():
            if ready in children:
                waiting.unregister(ready)
                children.pop(ready).bury()
                continue
            sent, given, _, _ = socket.recv_fds(control, LONGEST_REQUEST, 3)
            if not sent:
                return None
            child = fork(*given)
            if child is None:
                control.close()
                for each in children.values():
                    each.let_go()
                return Request.from_bytes(sent)
            children[child.handle] = child
            waiting.register(child.handle, select.POLLIN)


def fork(stdin: int, out: int, tell: int) -> Child | None:
    """None in the child."""
    told = socket.socket(fileno=tell)
    assert_alone()
    pid = os.fork()
    if pid == 0:
        os.setsid()
        die_with_us()
        told.close()
        for given, usual in ((stdin, 0), (out, 1), (out, 2)):
            os.dup2(given, usual)
    os.close(stdin)
    os.close(out)
    if pid == 0:
        return None
    child = Child(pid, os.pidfd_open(pid), told)
    try:
        socket.send_fds(told, [str(pid).encode()], [child.handle])
    except OSError:
        os.kill(pid, signal.SIGKILL)  # whoever asked has given up, and started it in another way
    return child


def become(request: Request) -> None:
    """Be `python -m module`, to its end."""
    command = python(request.module, *request.arguments)
    os.environ.update(request.environment)
    show_as(command)
    sys.argv, sys.orig_argv = ["-m", *request.arguments], list(command)
    gc.enable()
    runpy.run_module(request.module, run_name="__main__", alter_sys=True)


def assert_alone() -> None:
    """A fork has one thread, and the locks of all."""
    threads = len(os.listdir("/proc/self/task"))
    assert threads == 1, f"{threads} threads"


def show_as(command: Sequence[str]) -> None:
    """Be called this by `ps`."""
    fields = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
    start, end = map(int, fields[COMMAND_LINE])
    line = b"\0".join(map(os.fsencode, command))[: end - start - 1]
    ctypes.memset(start, 0, end - start)
    ctypes.memmove(start, line, len(line))


if __name__ == "__main__":
    main()
