"""Redis, or Valkey, keeping nothing."""

import contextlib
import socket
from collections.abc import Sequence
from pathlib import Path

from testkit.stores.server import Server, find_program


class Redis(Server):
    name = "redis"
    users = ("redis", "valkey")

    def __init__(self, program: Path) -> None:
        self._program = program
        super().__init__()

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def command(self) -> Sequence[str]:
        return [
            str(self._program),
            *("--bind", "127.0.0.1", "--port", str(self.port), "--dir", str(self.data)),
            *("--save", "", "--appendonly", "no", "--maxmemory", "64mb", "--maxmemory-policy", "volatile-lru"),
        ]

    def answers(self) -> bool:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 0.5) as client:
            client.settimeout(0.5)
            client.sendall(b"PING\r\n")
            return client.recv(16).startswith(b"+PONG")
        return False


def find_redis() -> Path | None:
    return find_program("redis-server", "usr/bin") or find_program("valkey-server", "usr/bin")
