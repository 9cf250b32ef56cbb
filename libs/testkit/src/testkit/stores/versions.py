"""Which stores, and which Python, a result was obtained with."""

import platform
import re
import subprocess
from importlib.metadata import version

from testkit.stores.install import FETCHED_MONGO
from testkit.stores.providers import MONGO, POSTGRES, RABBIT, REDIS, Way

BESIDE = {
    "PostgreSQL": (POSTGRES, ("postgres", "--version")),
    "MongoDB": (MONGO, ("mongod", "--version")),
    "Redis": (REDIS, ("redis-server", "--version")),
    "RabbitMQ": (RABBIT, ("rabbitmqctl", "version")),
}
"""What to ask, in the folder of what was found."""
PACKAGES = ("fastapi", "sqlalchemy", "asyncpg", "pymongo", "aio-pika", "redis")
NUMBER = re.compile(r"\d+\.\d+(\.\d+)?")


def versions() -> dict[str, str]:
    """By name. A store that is not installed here, but given by its address or in a container, is left out."""
    found = {name: _asked(way, *question) for name, (way, question) in BESIDE.items()}
    known = {name: number for name, number in found.items() if number}
    return {"Python": platform.python_version(), **known, **{name: version(name) for name in PACKAGES}}


def _asked(way: Way, program: str, argument: str) -> str:
    found = way.find() or (FETCHED_MONGO if way is MONGO else None)
    asked = found.parent / program if found else None
    if asked is None or not asked.exists():
        return ""
    said = subprocess.run([str(asked), argument], capture_output=True, text=True, timeout=60, check=False)
    number = NUMBER.search(said.stdout)
    return number[0] if number else ""
