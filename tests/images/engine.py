"""The engine that the images are built and tried on, asked through its client."""

import contextlib
import os
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from uuid import uuid4

CHECKOUT = Path(__file__).parents[2]
OURS = ("user", "product", "order", "payment", "notification", "storefront", "simulators", "shopctl", "gateway")
SERVICES = OURS[:5]
TAG = "tried"
EPOCH = int(os.environ.get("SOURCE_DATE_EPOCH", "1767225600"))
"""2026 begins, where nobody says another: any moment does, as long as it is told."""
INSIDE = "/tmp"  # noqa: S108 - of a container
HARDENED = ("--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--tmpfs", f"{INSIDE}:mode=1777")
LONG_SECONDS = 900


@cache
def environment() -> dict[str, str]:
    """Ours, and what `scripts/docker env` says."""
    told = subprocess.run(
        [CHECKOUT / "scripts/docker", "env"], capture_output=True, text=True, timeout=LONG_SECONDS, check=False
    )
    assert told.returncode == 0, told.stderr
    return {**os.environ, **dict(re.findall(r"^export (\w+)=(.*)$", told.stdout, re.MULTILINE))}


def docker(*words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    ran = subprocess.run(
        ["docker", *words], capture_output=True, text=True, timeout=LONG_SECONDS, check=False, env=environment()
    )
    assert ran.returncode == 0 or not check, f"docker {' '.join(words)}\n{ran.stdout[-2000:]}{ran.stderr[-2000:]}"
    return ran


def bases() -> str:
    """MERCATO_BASES, or the stand-ins where there are some."""
    there = docker("image", "inspect", "mercato-offline/python:local", check=False).returncode == 0
    return os.environ.get("MERCATO_BASES", "offline" if there else "")


def build(*names: str, checkout: Path = CHECKOUT, tag: str = TAG, **told: str) -> None:
    """As `make images` does."""
    variables = {"TAG": tag, "MERCATO_BASES": bases(), "SOURCE_DATE_EPOCH": str(EPOCH), **told}
    ran = subprocess.run(
        [checkout / "deploy/images/build", *names],
        capture_output=True,
        text=True,
        timeout=LONG_SECONDS,
        check=False,
        env={**environment(), **variables},
    )
    assert ran.returncode == 0, ran.stderr[-3000:]


def copy_checkout(to: Path) -> None:
    """The checkout as it is now, elsewhere, and newly written."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=True,
    )
    for name in filter(None, listed.stdout.split("\0")):
        if (CHECKOUT / name).exists():
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(CHECKOUT / name, to / name, follow_symlinks=False)


def image(name: str, tag: str = TAG) -> str:
    return f"mercato/{name}:{tag}"


def look(what: str, template: str) -> str:
    return docker("inspect", "--format", template, what).stdout.strip()


def run(image_: str, *command: str, options: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    """One command in a fresh container without a network, as locked up as compose locks it up."""
    return docker("run", "--rm", "--network", "none", *HARDENED, *options, image_, *command, check=False)


@contextlib.contextmanager
def container(image_: str, *command: str, options: tuple[str, ...] = ()) -> Iterator[str]:
    """A container that runs until the test has ended, and what it wrote with it. Its name."""
    name = f"mercato-tried-{uuid4().hex[:8]}"
    docker("run", "--detach", "--name", name, "--network", "none", *HARDENED, *options, image_, *command)
    try:
        yield name
    finally:
        docker("rm", "--force", "--volumes", name)


def until(happens: Callable[[], bool], *, of: str, what: str, seconds: float = 120) -> None:
    """Fails with what the container said last."""
    deadline = time.monotonic() + seconds
    while not happens():
        if time.monotonic() >= deadline:
            logs = docker("logs", "--tail", "20", of)
            raise AssertionError(f"not within {seconds} s: {what}\n{logs.stdout}{logs.stderr}")
        time.sleep(0.2)
