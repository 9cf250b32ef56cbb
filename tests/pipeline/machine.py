"""This machine as a runner: where it keeps what it has fetched before."""

import os
from pathlib import Path

from .gitlab import Project, Ran

HERE = {
    "UV_CACHE_DIR": os.environ.get("UV_CACHE_DIR", str(Path.home() / ".cache/uv")),
    "UV_LINK_MODE": "hardlink",
    "GOPATH": os.environ.get("GOPATH", str(Path.home() / "go")),
}
"""A runner fetches anew, or has its own cache; a machine that has fetched before need not."""


def run(project: Project, job: str, **variables: str) -> Ran:
    told = {**HERE, **variables}
    return project.run(job, *(word for key, value in told.items() for word in ("--variable", f"{key}={value}")))
