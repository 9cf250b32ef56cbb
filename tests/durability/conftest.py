"""Stores of one's own: these tests kill them, or start them as nobody should."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from testkit.stores.mongo import Mongo
from testkit.stores.postgres import Postgres
from testkit.stores.providers import MONGO, POSTGRES, RABBIT, Way
from testkit.stores.rabbit import Rabbit
from testkit.stores.server import Server

from tests.faults.conftest import dice, seed

__all__ = ["dice", "seed"]

KILLS = int(os.environ.get("MERCATO_KILLS", "3"))
"""How often each store is killed; `MERCATO_KILLS=100` is the size that counts."""


@pytest.fixture
def postgres() -> Iterator[Postgres]:
    yield from _own(POSTGRES, Postgres)


@pytest.fixture
def mongo() -> Iterator[Mongo]:
    yield from _own(MONGO, Mongo)


@pytest.fixture
def rabbit() -> Iterator[Rabbit]:
    yield from _own(RABBIT, Rabbit)


def _own[S: Server](way: Way, make: Callable[[Path], S]) -> Iterator[S]:
    program: Any = way.find() or way.install()
    if program is None:
        pytest.fail(f"these tests need a {way.kind} of their own, as a program on this machine")
    server = make(program)
    server.start()
    yield server
    server.close()
