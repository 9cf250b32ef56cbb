"""A store as a private process: own port, own folder, ended with us whatever happens to us."""

import contextlib
import ctypes
import json
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO

START_SECONDS = 60
STOP_SECONDS = 20
LOG_TAIL = 3000
PR_SET_PDEATHSIG = 1
MEMORY = Path("/dev/shm")
ROOM_IN_MEMORY = 4 << 30
PREFIX = "mercato-store-"
MIDWIFE = ThreadPoolExecutor(1, thread_name_prefix="stores")
"""A child is killed when the *thread* that gave birth to it ends: all are born from one that lives as long as we do."""


class StoreFailed(Exception):
    """A store did not start, or did not do as it was told; says what its log says."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def account_for(*names: str) -> pwd.struct_passwd | None:
    """Whom a store runs as when we are root: its own user, or nobody."""
    if os.geteuid() != 0:
        return None
    for name in (*names, "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    raise StoreFailed(f"none of the users {names} exists")


def find_program(name: str, *folders: str) -> Path | None:
    """A program on the PATH, or the newest one in folders that packages use (globs)."""
    found = shutil.which(name)
    if found:
        real = Path(found).resolve()
        # A program behind a link of another name looks at the name that it was called by: Debian's Redis does.
        return real if real.name == name else Path(found)
    candidates = sorted(path for pattern in folders for path in Path("/").glob(f"{pattern.strip('/')}/{name}"))
    return candidates[-1] if candidates else None


def family(pid: int) -> list[int]:
    """A process and everything that it started, parents first."""
    found = [pid]
    for each in found:
        with contextlib.suppress(OSError):
            for thread in Path(f"/proc/{each}/task").iterdir():
                found += [int(child) for child in (thread / "children").read_text().split()]
    return found


def strays(data: Path) -> list[int]:
    """All processes of a store, also those that have left its family: its data folder is their home or their place."""
    home = b"HOME=" + os.fsencode(data)
    found: list[int] = []
    for each in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            # PostgreSQL writes its titles over its environment; a daemon goes to the root folder.
            if (each / "cwd").readlink() == data or home in (each / "environ").read_bytes().split(b"\0"):
                found.append(int(each.name))
    return found


def _folders() -> Path:
    """In memory where there is room: a killed process loses nothing there, and a power cut is not what we test."""
    with contextlib.suppress(OSError):
        found = os.statvfs(MEMORY)
        if found.f_bavail * found.f_frsize >= ROOM_IN_MEMORY and os.access(MEMORY, os.W_OK):
            return MEMORY
    return Path(tempfile.gettempdir())


FOLDERS = _folders()


def sweep() -> None:
    """End what is left of owners that no longer run, and remove their folders."""
    for folder in FOLDERS.glob(f"{PREFIX}*"):
        owner = folder / "owner"
        try:
            pid = int(owner.read_text())
        except (OSError, ValueError):
            continue
        if not Path(f"/proc/{pid}").exists():
            for stray in strays(folder / "data"):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(stray, signal.SIGKILL)
            shutil.rmtree(folder, ignore_errors=True)


class Server(ABC):
    """One private store. Its data outlives `kill` and `restart`, and goes with `close`."""

    name: str
    users: tuple[str, ...] = ()
    ports: tuple[str, ...] = ("port",)
    """The attributes that hold its ports."""

    def __init__(self) -> None:
        sweep()
        self.account = account_for(*self.users)
        self.folder = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{self.name}-", dir=FOLDERS))
        (self.folder / "owner").write_text(str(os.getpid()))
        self.data = self.folder / "data"
        self.log = self.folder / "log"
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None
        self.folder.chmod(0o755)
        self._make_data()

    @property
    @abstractmethod
    def url(self) -> str:
        """Where an administrator connects."""

    @abstractmethod
    def command(self) -> Sequence[str]:
        """The program and its arguments, in the foreground."""

    @abstractmethod
    def answers(self) -> bool:
        """Is it ready for work?"""

    def prepare(self) -> None:
        """What must happen once, before the first start on an empty folder."""
        return

    def environment(self) -> Mapping[str, str]:
        return {}

    def start(self) -> None:
        """Returns when it answers. Raises StoreFailed with the end of its log."""
        if not any(self.data.iterdir()):
            self.prepare()
        with self.log.open("ab") as log:
            self.process = self._give_birth(self.command(), log)
        self._wait(self.answers, START_SECONDS, "did not start")

    def stop(self) -> None:
        """Ask it to end, and wait."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(self.stop_signal)
            try:
                self.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.kill()
        self._end_family()

    stop_signal = signal.SIGTERM

    def kill(self) -> None:
        """SIGKILL, with everything that it started."""
        self._end_family()
        if self.process is not None:
            self.process.wait(STOP_SECONDS)

    def restart(self) -> None:
        """Stop if it runs, and start on the same port and data."""
        self.stop()
        self.start()

    def pause(self) -> None:
        """Freeze it: connections stay open, nothing answers."""
        self._signal_family(signal.SIGSTOP)

    def resume(self) -> None:
        self._signal_family(signal.SIGCONT)

    def wipe(self) -> None:
        """Lose all data; only while it is stopped."""
        if self.process is not None and self.process.poll() is None:
            raise StoreFailed(f"{self.name} still runs")
        shutil.rmtree(self.data)
        self._make_data()

    def move_to(self, home: Path) -> None:
        """Live in this folder, before the first start: data and ports that lie there already are taken over."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder, self.data, self.log = home, home / "data", home / "log"
        home.mkdir(parents=True, exist_ok=True)
        self._end_family()  # of an earlier life that was killed
        known = home / "ports.json"
        if known.exists():
            for attribute, port in json.loads(known.read_text()).items():
                setattr(self, attribute, port)
        else:
            known.write_text(json.dumps({attribute: getattr(self, attribute) for attribute in self.ports}))
        if not self.data.exists():
            self._make_data()

    def close(self) -> None:
        """End it and remove its folder."""
        self.resume()
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def run(self, *command: str) -> None:
        """Run a helper program of the store as its user. Raises StoreFailed with what it said."""
        ran = subprocess.run(
            command,
            check=False,
            capture_output=True,
            timeout=START_SECONDS,
            env={**os.environ, "HOME": str(self.data), **self.environment()},
            cwd=self.data,
            preexec_fn=self._as_account(),
        )
        if ran.returncode:
            raise StoreFailed(f"{command[0]}: {(ran.stderr + ran.stdout).decode(errors='replace')[-LOG_TAIL:]}")

    def _give_birth(self, command: Sequence[str], log: IO[bytes]) -> subprocess.Popen[bytes]:
        def birth() -> subprocess.Popen[bytes]:
            return subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, "HOME": str(self.data), **self.environment()},
                cwd=self.data,
                preexec_fn=self._as_account(),  # noqa: PLW1509 - it takes no lock that another thread may hold
                start_new_session=True,
            )

        return MIDWIFE.submit(birth).result()

    def _make_data(self) -> None:
        self.data.mkdir()
        self.data.chmod(0o700)
        if self.account is not None:
            os.chown(self.data, self.account.pw_uid, self.account.pw_gid)

    def _as_account(self) -> Callable[[], None]:
        account, libc = self.account, ctypes.CDLL(None)

        def become() -> None:
            if account is not None:
                os.setgroups([])
                os.setgid(account.pw_gid)
                os.setuid(account.pw_uid)
            # After the change of user, which would clear it: the store dies with the test process.
            libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)

        return become

    def _wait(self, ready: Callable[[], bool], seconds: float, complaint: str) -> None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self.process is not None and self.process.poll() is not None:
                break
            if ready():
                return
            time.sleep(0.05)
        tail = self.log.read_bytes()[-LOG_TAIL:].decode(errors="replace") if self.log.exists() else ""
        raise StoreFailed(f"{self.name} {complaint}; its log ends:\n{tail}")

    def _signal_family(self, sent: signal.Signals) -> None:
        # Not the process group: PostgreSQL's backends each have one of their own.
        for pid in family(self.process.pid) if self.process is not None else ():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, sent)

    def _end_family(self) -> None:
        self._signal_family(signal.SIGKILL)
        for pid in strays(self.data):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
