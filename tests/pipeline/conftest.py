"""A project of one's own for each test."""

from collections.abc import Iterator

import pytest

from .gitlab import Project, cloned


@pytest.fixture
def project() -> Iterator[Project]:
    with cloned() as project:
        yield project
