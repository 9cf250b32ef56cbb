"""The dev rung from outside: a command, an address, a list of processes, and files that take them away."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2
from dev.envoy import KEYS_FETCHED, PLACE
from dev.home import Home
from dev.pages import STOREFRONT
from dev.ports import free_ports
from dev.processes import die_with_us
from dev.runfile import Known
from dev.settings import SERVICES
from gateway.admin import number
from gateway.table import BEHIND
from testkit.stores.server import strays

CHECKOUT = Path(__file__).parents[2]
PYTHON = Path(sys.executable)
OPEN_SECONDS = 240
CLOSE_SECONDS = 90
GATEWAY = "gateway"
ROUTES_READ = "http.public.rds.shop.update_success"
OF_THE_SHOP = re.compile(rf"^(({'|'.join(SERVICES)})-|{STOREFRONT})")


def until[T](look: Callable[[], T | None], what: str, seconds: float = 60) -> T:
    """What `look` finds, as soon as it finds something."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = look()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError(f"waited {seconds} s for {what}")


@dataclass
class Rung:
    """`python -m dev up`, until it is closed."""

    home: Home
    port: int
    process: subprocess.Popen[bytes]
    said: Path
    replicas: int
    resends: int = 0
    """How many mails may have come twice so far."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def orders_of(self, customers: Collection[str]) -> set[str]:
        """Those that order has accepted, by its own word and not through the gateway."""
        port = self.told("order")["ORDER_INTERNAL_PORT"]
        facts = httpx2.get(f"http://127.0.0.1:{port}/facts", timeout=30).text.splitlines()
        orders = (each for each in map(json.loads, facts) if each["kind"] == "order")
        return {each["id"] for each in orders if each["user_id"] in customers}

    def told(self, service: str) -> dict[str, str]:
        """The settings of its first replica, as environment variables."""
        return json.loads((self.home.settings / f"{service}.json").read_text())

    @property
    def shop(self) -> list[Known]:
        """The APIs, the workers and the pages."""
        return [each for each in self.home.run_file.processes() if OF_THE_SHOP.match(each.name)]

    def one(self, name: str) -> Known:
        """Raises when it does not live."""
        return next(each for each in self.home.run_file.processes() if each.name == name)

    def births(self, name: str) -> int:
        """How often a process of the shop has come so far that it listened."""
        return (self.home.logs / f"{name}.log").read_text().count('"server.listening"')

    def kill_and_see_it_back(self, name: str, *, by: signal.Signals = signal.SIGKILL) -> None:
        """End it, and wait until somebody else stands in its place."""
        before, births = self.one(name), self.births(name)
        before.send(by)
        until(lambda: self.births(name) > births, f"{name} to be there again")
        assert self.one(name) != before

    def lose(self, name: str, *, by: signal.Signals = signal.SIGKILL) -> None:
        """An API, or the gateway; returns when the gateway sends requests to everybody again."""
        if name == GATEWAY:
            before = self.one(name)
            before.send(by)
            until(lambda: not before.alive, f"{name} to be gone")
        else:
            self.kill_and_see_it_back(name, by=by)
        until(self._everybody_is_well, f"the gateway to know everybody again after {name} was lost")

    @contextmanager
    def frozen(self, name: str) -> Generator[None]:
        """It takes connections and says nothing, nor does it end, while the context is open."""
        one = self.one(name)
        one.send(signal.SIGSTOP)
        try:
            yield
        finally:
            one.send(signal.SIGCONT)

    def move(self, **percent: int) -> None:
        """`move(order=10)`: so many of a hundred requests go to the canary, by the command that is for it."""
        shares = [f"--canary={service}={each}" for service, each in percent.items()]
        folder = self.home.folder / GATEWAY
        command = [sys.executable, "-m", "gateway", "routes", "--for", str(folder / PLACE), "--out", str(folder)]
        read = self.stat(ROUTES_READ)
        subprocess.run([*command, *shares], cwd=CHECKOUT, check=True, timeout=60)
        until(lambda: self.stat(ROUTES_READ) > read, "Envoy to have read the new routes")

    def stat(self, name: str) -> int:
        """One of Envoy's figures."""
        return number(str(self.home.folder / GATEWAY / "admin.sock"), name)

    def all_well(self, service: str, count: int) -> None:
        """Returns when the gateway sends requests to so many replicas of a service."""
        until(lambda: self.stat(f"cluster.{service}.membership_healthy") == count, f"{count} of {service}")

    def _everybody_is_well(self) -> bool:
        try:
            well = [self.stat(f"cluster.{each}.membership_healthy") for each in BEHIND]
            return well == [self.replicas] * len(BEHIND) and self.stat(KEYS_FETCHED) > 0
        except OSError:
            return False

    @contextmanager
    def without(self, name: str) -> Generator[None]:
        """This store or process is taken away while the context is open."""
        gone = self.one(name)
        file = self.home.down / name
        file.touch()
        try:
            until(lambda: not gone.alive, f"{name} to be gone")
            yield
        finally:
            file.unlink()
        until(lambda: any(each.name == name for each in self.home.run_file.processes()), f"{name} to be back")

    def close(self) -> None:
        """Ctrl-C, as far as the processes can tell; everything leaves in order and nothing is left."""
        self.process.send_signal(signal.SIGINT)
        assert self.process.wait(CLOSE_SECONDS) == 0, self.tail()
        self.assert_nothing_left()

    def assert_nothing_left(self) -> None:
        assert self.home.run_file.processes() == []
        for store in self.home.stores.glob("*/data"):
            assert strays(store) == []
        mine = str(self.home.folder).encode()
        assert [pid for pid in _everybody() if mine in _told(pid)] == []

    def tail(self) -> str:
        return self.said.read_text(errors="replace")[-6000:]


def open_rung(
    folder: Path,
    *,
    replicas: int,
    canaries: Sequence[str] = (),
    keep: bool = False,
    watch: bool = True,
    source: Path = CHECKOUT,
    python: Path = PYTHON,
) -> Rung:
    """Returns once a customer can be served. Without `watch`, whoever edits the sources meanwhile disturbs nobody.

    Another `source` has a `python` of its own, which imports from there.
    """
    folder.mkdir(exist_ok=True)
    (port,) = free_ports(1)
    said = folder / "said"
    command = [str(python), "-m", "dev", "--home", str(folder), "up", "--port", str(port)]
    wishes = ["--replicas", str(replicas), *(["--keep"] if keep else []), *([] if watch else ["--no-watch"])]
    more = [*wishes, *(["--canary", *canaries] if canaries else [])]
    with said.open("wb") as out:
        process = subprocess.Popen(
            [*command, *more],
            cwd=source,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            preexec_fn=die_with_us,  # a test that fails leaves nothing behind
        )
    rung = Rung(Home(folder), port, process, said, replicas)

    def opened() -> bool:
        assert process.poll() is None, rung.tail()
        return "Mercato is open" in said.read_text(errors="replace")

    until(opened, "the rung to open", OPEN_SECONDS)
    steps = re.findall(r"^dev +([\d.]+ s  .+)$", said.read_text(), re.MULTILINE)
    print("", *steps, *re.findall(r"Mercato is open.+", said.read_text()), sep="\n  ")
    return rung


def _everybody() -> list[int]:
    return [int(each.name) for each in Path("/proc").glob("[0-9]*") if int(each.name) != os.getpid()]


def _told(pid: int) -> bytes:
    """What a process was called with; nothing for one that has gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""
