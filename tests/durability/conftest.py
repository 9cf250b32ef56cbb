"""Private stores: these tests kill them, or start them as nobody should."""

import os
from collections.abc import Iterator
from typing import Any

import pytest
from testkit.stores.mongo import Mongo
from testkit.stores.postgres import Postgres
from testkit.stores.rabbit import Rabbit
from testkit.stores.server import Server

from tests.faults.conftest import dice, seed

__all__ = ["dice", "seed"]

KILLS = int(os.environ.get("MERCATO_KILLS", "2"))
"""How often each store is killed; `MERCATO_KILLS=100` is the size that counts."""


@pytest.fixture
def postgres(postgres_server: Any) -> Iterator[Postgres]:
    yield _private(postgres_server, Postgres)
    if postgres_server.told:
        postgres_server.told = {}
        postgres_server.restart()


@pytest.fixture
def mongo(mongo_server: Any) -> Iterator[Mongo]:
    yield _private(mongo_server, Mongo)
    if mongo_server.alone:
        mongo_server.alone = False
        mongo_server.restart()


@pytest.fixture
def rabbit(rabbit_server: Any) -> Rabbit:
    return _private(rabbit_server, Rabbit)


def _private[S: Server](store: Any, kind: type[S]) -> S:
    if not isinstance(store, kind):
        pytest.fail(f"this test kills its store: it needs a private {kind.name}, not one that somebody lends")
    return store
