"""The admin interface: on a unix socket or on loopback, for whoever runs Envoy and nobody else."""

import http.client
import socket
from typing import override

TIMEOUT_SECONDS = 5.0


class Admin(http.client.HTTPConnection):
    """`where` is what the place says: a path, or a port on loopback."""

    def __init__(self, where: str) -> None:
        port = int(where) if where.isdecimal() else None
        super().__init__("127.0.0.1", port, timeout=TIMEOUT_SECONDS)
        self._path = None if where.isdecimal() else where

    @override
    def connect(self) -> None:
        if self._path is None:
            super().connect()
            return
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(TIMEOUT_SECONDS)
        self.sock.connect(self._path)


def ask(where: str, method: str, path: str) -> str:
    """One question to the admin interface. OSError while nobody is there."""
    admin = Admin(where)
    try:
        admin.request(method, path, headers={"Host": "admin"})
        return admin.getresponse().read().decode()
    finally:
        admin.close()


def number(where: str, stat: str) -> int:
    """The value of one counter or gauge; 0 while it does not exist."""
    for line in ask(where, "GET", f"/stats?filter=^{stat}$").splitlines():
        name, _, value = line.partition(": ")
        if name == stat:
            return int(value)
    return 0
