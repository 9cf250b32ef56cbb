"""One project for all tests, which each finds as it was."""

from collections.abc import Iterator

import pytest

from .gitlab import CHECKOUT, Project, cloned


@pytest.fixture(scope="session")
def shared() -> Iterator[Project]:
    """With the tools of this checkout: what a runner would have in its cache."""
    with cloned() as project:
        (project.folder / ".run").mkdir()
        (CHECKOUT / ".run/tools").mkdir(parents=True, exist_ok=True)
        (project.folder / ".run/tools").symlink_to(CHECKOUT / ".run/tools")
        yield project


@pytest.fixture
def project(shared: Project) -> Iterator[Project]:
    yield shared
    shared.git("reset", "--quiet", "--hard", "origin/main")
    shared.git("clean", "--quiet", "--force", "-d")
