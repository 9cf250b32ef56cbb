"""The browser: the system's Chromium, which as root on Debian or Ubuntu is installed where it is missing."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = ("--no-sandbox", "--disable-dev-shm-usage")
"""Root has no sandbox, and containers have little shared memory."""
INSTALL_SECONDS = 600


class NoBrowser(Exception):
    """There is none, and none can be had."""


@contextmanager
def opened() -> Iterator[Browser]:
    """Raises NoBrowser with what to do."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found() or installed(), args=list(FLAGS))
        try:
            yield browser
        finally:
            browser.close()


def found() -> str | None:
    named = os.environ.get("CHROMIUM")
    return named or next((path for name in NAMES if (path := shutil.which(name))), None)


def installed() -> str:
    """From the system's packages."""
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise NoBrowser("The browser tests need Chromium: install it, or name one by CHROMIUM=/path/to/it.")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (("apt-get", "update", "-qq"), ("apt-get", "install", "-y", "-qq", "chromium")):
        ran = subprocess.run(
            command, capture_output=True, text=True, timeout=INSTALL_SECONDS, env=environment, check=False
        )
        if ran.returncode:
            raise NoBrowser(f"{' '.join(command)} failed:\n{ran.stderr[-2000:]}")
    path = found()
    if path is None:
        raise NoBrowser("The package chromium is there, and no program of its name.")
    return path
