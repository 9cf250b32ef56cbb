"""All images, built once for all tests, under a tag of their own."""

from collections.abc import Iterator, Mapping

import pytest

from .engine import OURS, build, docker, image
from .layers import Layer, saved


@pytest.fixture(scope="session")
def built() -> Iterator[None]:
    build()
    yield
    docker("rmi", *(image(name) for name in OURS))


@pytest.fixture(scope="session")
def contents(built: None, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, list[Layer]]:
    """The layers of each image."""
    return {name: saved(image(name), tmp_path_factory.mktemp(name)) for name in OURS}
