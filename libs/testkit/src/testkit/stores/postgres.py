"""PostgreSQL, durable as in production."""

import contextlib
import signal
import socket
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import override

from testkit.stores.server import Server, find_program

PASSWORD = "private-to-this-test-run"


class Postgres(Server):
    name = "postgres"
    users = ("postgres",)
    stop_signal = signal.SIGINT
    """SIGTERM would wait until the last client has left."""

    def __init__(self, initdb: Path) -> None:
        self._programs = initdb.parent
        self.told: dict[str, str] = {}
        """Settings that the next start shall have otherwise."""
        super().__init__()

    @property
    def url(self) -> str:
        return f"postgresql://postgres:{PASSWORD}@127.0.0.1:{self.port}/postgres"

    @override
    def prepare(self) -> None:
        secret = self.folder / "password"
        secret.write_text(PASSWORD)
        secret.chmod(0o644)
        self.run(
            str(self._programs / "initdb"),
            *("-D", str(self.data), "-U", "postgres", "-k", "-E", "UTF8", "--locale=C.UTF-8"),
            *("-A", "scram-sha-256", f"--pwfile={secret}", "--no-instructions"),
        )

    @override
    def command(self) -> Sequence[str]:
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": "",
            "max_connections": "200",
            "shared_buffers": "64MB",
            # Shared memory in the data folder goes with it, also after a kill.
            "dynamic_shared_memory_type": "mmap",
            "fsync": "on",
            "full_page_writes": "on",
            "synchronous_commit": "on",
            **self.told,
        }
        flags = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return [str(self._programs / "postgres"), "-D", str(self.data), *flags]

    @override
    def answers(self) -> bool:
        asked = [str(self._programs / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 0.2):
            return subprocess.run(asked, check=False, timeout=5).returncode == 0
        return False


def find_postgres() -> Path | None:
    """The newest `initdb` of this machine."""
    return find_program("initdb", "usr/lib/postgresql/*/bin")
