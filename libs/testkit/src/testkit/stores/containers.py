"""Stores in containers, where a Docker engine answers and images can be had.

MERCATO_TEST_POSTGRES_IMAGE and its like name other images than the official ones: a mirror's, or `deploy/offline`'s.
"""

import os
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, override

import docker
import httpx2
from docker.errors import DockerException
from pymongo import MongoClient
from pymongo.errors import PyMongoError
from testcontainers.core.container import DockerContainer

from testkit.stores.postgres import PASSWORD
from testkit.stores.server import START_SECONDS, StoreFailed


def docker_answers() -> bool:
    """Is there an engine that we may use?"""
    try:
        docker.from_env(timeout=3).ping()
    except DockerException:
        return False
    return True


class ContainerStore:
    """One container with its ports on loopback."""

    kind: str
    image: str
    ports: tuple[int, ...]
    command: Sequence[str] = ()
    variables: Mapping[str, str] = {}

    def __init__(self) -> None:
        self.image = os.environ.get(f"MERCATO_TEST_{self.kind.upper()}_IMAGE", self.image)
        self.container = DockerContainer(self.image).with_exposed_ports(*self.ports).with_envs(**self.variables)
        if self.command:
            self.container = self.container.with_command(list(self.command))

    def start(self) -> None:
        """Raises StoreFailed, also when there is no such image to be had."""
        try:
            self.container.start()
        except DockerException as refused:
            raise StoreFailed(f"{self.image}: {refused}") from refused
        deadline = time.monotonic() + START_SECONDS
        while not self.answers():
            if time.monotonic() > deadline:
                self.close()
                raise StoreFailed(f"{self.image} did not start")
            time.sleep(0.2)

    def close(self) -> None:
        self.container.stop()

    def port(self, inside: int) -> int:
        return int(self.container.get_exposed_port(inside))

    def answers(self) -> bool:
        raise NotImplementedError


class PostgresStore(ContainerStore):
    kind = "postgres"
    image = "postgres:18.1"
    ports = (5432,)
    variables: Mapping[str, str] = {"POSTGRES_PASSWORD": PASSWORD, "POSTGRES_INITDB_ARGS": "-k"}
    command = ("-c", "max_connections=200")

    @property
    def url(self) -> str:
        return f"postgresql://postgres:{PASSWORD}@127.0.0.1:{self.port(5432)}/postgres"

    @override
    def answers(self) -> bool:
        return _succeeds(self.container, ["pg_isready", "-q", "-h", "127.0.0.1"])


class RedisStore(ContainerStore):
    kind = "redis"
    image = "valkey/valkey:8.1"
    ports = (6379,)
    command = ("valkey-server", "--save", "", "--maxmemory", "64mb", "--maxmemory-policy", "volatile-lru")

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port(6379)}/0"

    @override
    def answers(self) -> bool:
        return _succeeds(self.container, ["valkey-cli", "ping"])


class MongoStore(ContainerStore):
    kind = "mongo"
    image = "mongo:8.2"
    ports = (27017,)
    command = ("--replSet", "rs0", "--bind_ip_all", "--wiredTigerCacheSizeGB", "0.25")

    @property
    def url(self) -> str:
        return f"mongodb://127.0.0.1:{self.port(27017)}/?directConnection=true"

    @override
    def answers(self) -> bool:
        client: MongoClient[dict[str, Any]] = MongoClient(self.url, serverSelectionTimeoutMS=500)
        try:
            if client.admin.command("hello").get("isWritablePrimary"):
                return True
            members = [{"_id": 0, "host": "127.0.0.1:27017"}]
            client.admin.command("replSetInitiate", {"_id": "rs0", "members": members})
        except PyMongoError:
            return False
        finally:
            client.close()
        return False


class RabbitStore(ContainerStore):
    kind = "rabbit"
    image = "rabbitmq:4.3-management"
    ports = (5672, 15672)

    @property
    def url(self) -> str:
        return f"amqp://guest:guest@127.0.0.1:{self.port(5672)}/"

    @property
    def management_url(self) -> str:
        return f"http://guest:guest@127.0.0.1:{self.port(15672)}"

    @override
    def answers(self) -> bool:
        try:
            return httpx2.get(f"{self.management_url}/api/overview", timeout=2).status_code == 200
        except httpx2.HTTPError:
            return False


CONTAINERS: dict[str, Callable[[], ContainerStore]] = {
    "postgres": PostgresStore,
    "mongo": MongoStore,
    "redis": RedisStore,
    "rabbit": RabbitStore,
}


def _succeeds(container: DockerContainer, command: list[str]) -> bool:
    return container.exec(command).exit_code == 0
