"""RabbitMQ with its management interface, under a node name of its own."""

import contextlib
import socket
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import override

import httpx2

from testkit.stores.server import STOP_SECONDS, Server, find_program, free_port


class Rabbit(Server):
    name = "rabbit"
    users = ("rabbitmq",)
    ports = ("port", "management_port", "_distribution_port", "_epmd_port")

    def __init__(self, program: Path, *, definitions: str = "") -> None:
        """`definitions` (JSON) are loaded at every boot; then there is no guest, only the users that they name."""
        self._program = program
        self._definitions = definitions
        self._port_mapper: subprocess.Popen[bytes] | None = None
        self.management_port = free_port()
        self._distribution_port = free_port()
        self._epmd_port = free_port()
        super().__init__()

    @property
    def url(self) -> str:
        return f"amqp://guest:guest@127.0.0.1:{self.port}/"

    @property
    def management_url(self) -> str:
        return f"http://guest:guest@127.0.0.1:{self.management_port}"

    @override
    def environment(self) -> Mapping[str, str]:
        plugins = self.folder / "enabled_plugins"
        plugins.write_text("[rabbitmq_management].\n")
        definitions = self.folder / "definitions.json"
        definitions.write_text(self._definitions or "{}")
        config = self.folder / "rabbitmq.conf"
        config.write_text(
            f"listeners.tcp.1 = 127.0.0.1:{self.port}\n"
            f"management.tcp.ip = 127.0.0.1\nmanagement.tcp.port = {self.management_port}\n"
            "vm_memory_high_watermark.absolute = 1GB\ndisk_free_limit.absolute = 50MB\n"
            + (f"load_definitions = {definitions}\n" if self._definitions else "")
            + "log.console = true\nlog.console.level = warning\nlog.file = false\n"
        )
        for file in (plugins, definitions, config):
            file.chmod(0o644)
        return {
            # The host's name is part of the node's; a fixed one keeps the data ours after a change of it.
            "RABBITMQ_NODENAME": f"mercato{self.port}@localhost",
            "RABBITMQ_CONFIG_FILE": str(config),
            "RABBITMQ_CONF_ENV_FILE": "/dev/null",
            # Makes its script become the virtual machine, which then ends with us, instead of a parent that leaves it.
            "RUNNING_UNDER_SYSTEMD": "true",
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(plugins),
            "RABBITMQ_MNESIA_BASE": str(self.data / "mnesia"),
            "RABBITMQ_LOG_BASE": str(self.data / "log"),
            "RABBITMQ_PID_FILE": str(self.data / "pid"),
            "RABBITMQ_DIST_PORT": str(self._distribution_port),
            "ERL_EPMD_PORT": str(self._epmd_port),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+S 2:2 +sbwt none +sbwtdcpu none +sbwtdio none",
        }

    @override
    def command(self) -> Sequence[str]:
        return [str(self._program)]

    @override
    def answers(self) -> bool:
        quiet = contextlib.suppress(OSError, httpx2.HTTPError)
        with quiet, socket.create_connection(("127.0.0.1", self.port), 0.5):
            return httpx2.get(f"{self.management_url}/api/overview", timeout=2).status_code in {200, 401}
        return False

    @override
    def start(self) -> None:
        mapper = find_program("epmd", "usr/lib/erlang/erts-*/bin")
        if mapper is not None:
            # Started by us, Erlang's port mapper ends with us. The one that Erlang starts itself stays for ever.
            with self.log.open("ab") as log:
                self._port_mapper = self._give_birth([str(mapper), "-port", str(self._epmd_port)], log)
        super().start()

    @override
    def _end_family(self) -> None:
        super()._end_family()
        if self._port_mapper is not None:
            self._port_mapper.wait(STOP_SECONDS)
            self._port_mapper = None


def find_rabbit() -> Path | None:
    """The server script itself: Debian's wrapper changes the user, which we have done already."""
    scripts = sorted(Path("/usr/lib/rabbitmq/lib").glob("rabbitmq_server-*/sbin/rabbitmq-server"))
    return scripts[-1] if scripts else find_program("rabbitmq-server")
