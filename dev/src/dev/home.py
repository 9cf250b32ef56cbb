"""Where a run keeps what it has: `.run/dev` of this checkout, or wherever it is told."""

import os
import shutil
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from shopctl.first_secrets import KEPT
from testkit.stores import providers
from testkit.stores.server import Server, StoreFailed

from dev.processes import CHECKOUT
from dev.runfile import RunFile
from dev.settings import Secrets

USUAL = CHECKOUT / ".run" / "dev"
APART = Path("/var/lib/mercato-dev")
"""For root: the stores run as users of their own, who may not enter every checkout."""
WAYS: Mapping[str, providers.Way] = {
    "postgres": providers.POSTGRES,
    "mongo": providers.MONGO,
    "redis": providers.REDIS,
    "rabbit": providers.RABBIT,
}


@dataclass(frozen=True)
class Home:
    """One run's folder."""

    folder: Path

    @property
    def logs(self) -> Path:
        return self.folder / "logs"

    @property
    def down(self) -> Path:
        """A file in here with the name of a process or a store takes it away while it is there."""
        return self.folder / "down"

    @property
    def settings(self) -> Path:
        """What the processes of the run are told."""
        return self.folder / "env"

    @property
    def run_file(self) -> RunFile:
        return RunFile(self.folder / "run.json")

    @property
    def stores(self) -> Path:
        """Where the data lies. `/var/lib` when we are root and the way here is closed to others."""
        if os.geteuid() != 0 or _open_to_all(self.folder):
            return self.folder / "stores"
        return APART / sha256(bytes(self.folder)).hexdigest()[:12]

    def secrets(self) -> Secrets:
        return Secrets.kept_in(self.folder)

    def sweep(self, *, keep: bool) -> None:
        """Make room for a new run; with `keep`, data and secrets stay."""
        for folder in (self.logs, self.down):
            shutil.rmtree(folder, ignore_errors=True)
        if not keep:
            shutil.rmtree(self.stores, ignore_errors=True)
            for name in (KEPT, "psp.ndjson"):
                (self.folder / name).unlink(missing_ok=True)
        self.logs.mkdir(parents=True)
        self.stores.mkdir(parents=True, exist_ok=True)
        self.stores.chmod(0o755)

    def make_stores(self) -> dict[str, Server]:
        """Private ones, not yet started. Raises StoreFailed where there is no program for one."""
        return {kind: self._make_store(kind, way) for kind, way in WAYS.items()}

    def _make_store(self, kind: str, way: providers.Way) -> Server:
        program = way.find() or way.install()
        if program is None:
            raise StoreFailed(f"There is no {kind} here: install it. As root on Debian or Ubuntu it is done for you.")
        store = way.make(program)
        store.move_to(self.stores / kind)
        return store


def _open_to_all(folder: Path) -> bool:
    there = [each for each in (folder, *folder.parents) if each.exists()]
    return all(each.stat().st_mode & stat.S_IXOTH for each in there)
