"""Ports for a run: free now, and not of the kind that the system hands out by itself a moment later."""

import socket
from collections.abc import Sequence
from pathlib import Path
from random import SystemRandom

LOWEST = 10_000
RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")
"""From here on connections get their own ends: a process that comes back could find its port taken by one."""


def free_ports(count: int) -> list[int]:
    """So many different ones on loopback."""
    highest = int(RANGE.read_text().split()[0]) if RANGE.exists() else 32_768
    found: set[int] = set()
    while len(found) < count:
        port = SystemRandom().randrange(LOWEST, max(highest, LOWEST + 10_000))
        if is_free(port):
            found.add(port)
    return list(found)


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def url(port: int) -> str:
    return f"http://127.0.0.1:{port}"


def urls(ports: Sequence[int]) -> list[str]:
    return [url(port) for port in ports]
