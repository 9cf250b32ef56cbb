"""`python -m tests.load.starts [--times 5]`: how long a process takes until it is ready, started by itself.

Each of the shop's in turn, beside a dev rung whose stores it uses, with nothing loaded before it: what is read from the
disk has been read once. Then the demo, from its command until it answers. Writes reports/bench/starts-<moment>.json.
"""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from statistics import median

from dev.cost import cpu_seconds
from dev.pages import STOREFRONT
from dev.ports import free_ports
from dev.processes import die_with_us, python
from dev.settings import SERVICES

from tests.dev.rung import CHECKOUT, Rung
from tests.load.accounting import load_average
from tests.load.bench import Record, keep, own_rung
from tests.load.circumstances import circumstances

LONGEST_SECONDS = 30
LOOK_SECONDS = 0.01
ROOMS: Mapping[str, tuple[str, str]] = {
    **{f"{each}-api": (f"{each}_service.main", "INTERNAL_PORT") for each in SERVICES},
    **{f"{each}-worker": (f"{each}_service.worker", "WORKER_PORT") for each in SERVICES},
    STOREFRONT: (f"{STOREFRONT}.main", "INTERNAL_PORT"),
}
"""Process -> its module, and the port that it says on that it is ready."""


def started(command: Sequence[str], environment: Mapping[str, str], port: int) -> Record:
    """Seconds until it was ready, CPU seconds until then, and MiB of memory, shared or not."""
    began = time.monotonic()
    process = subprocess.Popen(
        command,
        cwd=CHECKOUT,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        preexec_fn=die_with_us,
    )
    try:
        while not is_ready(port):
            assert process.poll() is None, f"{command} has ended with {process.returncode}"
            assert time.monotonic() - began < LONGEST_SECONDS, f"{command} is not ready"
            time.sleep(LOOK_SECONDS)
        seconds = time.monotonic() - began
        return {"seconds": seconds, "cpu_seconds": cpu_seconds(process.pid), "rss": resident_mebibytes(process.pid)}
    finally:
        process.terminate()
        process.wait(LONGEST_SECONDS)


def is_ready(port: int) -> bool:
    asked = HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        asked.request("GET", "/readyz")
        return asked.getresponse().status < 300
    except (OSError, HTTPException):
        return False
    finally:
        asked.close()


def resident_mebibytes(pid: int) -> float:
    told = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in told if line.startswith("VmRSS:")) / 1024


def alone(rung: Rung, name: str) -> Record:
    """One more of this process, on ports of its own."""
    module, port_name = ROOMS[name]
    service = name.partition("-")[0]
    told = {**os.environ, **rung.told(service)}
    named = [f"{service.upper()}_{port}" for port in ("PUBLIC_PORT", "INTERNAL_PORT", "WORKER_PORT")]
    ports = dict(zip(named, free_ports(len(named)), strict=True))
    told |= {each: str(port) for each, port in ports.items() if each in told}
    return started(python(module), told, ports[f"{service.upper()}_{port_name}"])


def demo() -> Record:
    (port,) = free_ports(1)
    return started((sys.executable, "-m", "demo", "--port", str(port)), os.environ, port)


def middle(tries: Sequence[Record]) -> Record:
    """The median of each figure, so that one that met with something else does not count."""
    return {name: round(median(each[name] for each in tries), 2) for name in tries[0]}


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--times", type=int, default=5, help="how often each is started; the middle one counts")
    told = asked.parse_args()
    record: Record = {"circumstances": circumstances(times=told.times), "load": load_average()}
    with own_rung() as rung:
        record["alone"] = {name: middle([alone(rung, name) for _ in range(told.times)]) for name in ROOMS}
    record["demo"] = middle([demo() for _ in range(told.times)])
    print(keep(record, "starts"))


if __name__ == "__main__":
    main()
