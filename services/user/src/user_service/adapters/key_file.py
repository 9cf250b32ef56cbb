"""The signing keys in one file of JSON, which a running process reads again whenever it has changed."""

import fcntl
import json
import os
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

from chassis.logging import get_logger
from chassis.world import World

from user_service.domain.signing_keys import KeyRing, KeyState, SigningKey
from user_service.log_events import EVENTS

LOOK_SECONDS = 1.0

log = get_logger("user.key_file", EVENTS)


def read_ring(file: Path) -> KeyRing:
    """An empty ring where there is no file. Raises ValueError for a file that is no ring."""
    try:
        text = file.read_text()
    except FileNotFoundError:
        return KeyRing()
    try:
        keys = [
            SigningKey(each["kid"], KeyState(each["state"]), datetime.fromisoformat(each["since"]), each["pem"])
            for each in json.loads(text)["keys"]
        ]
    except (LookupError, TypeError) as fault:
        raise ValueError(f"not a file of signing keys: {type(fault).__name__}") from fault
    if len([each for each in keys if each.state is KeyState.SIGNING]) != 1:
        raise ValueError("needs exactly one key that signs")
    return KeyRing(tuple(keys))


def write_ring(file: Path, ring: KeyRing) -> None:
    """All or nothing, for its owner alone: readers see the old file or the new one."""
    text = json.dumps({"keys": [asdict(each) for each in ring.keys]}, default=datetime.isoformat, indent=1)
    fresh = file.with_name(f".{file.name}.new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400), "w") as out:
        out.write(text + "\n")
        out.flush()
        os.fsync(out.fileno())
    fresh.replace(file)


@contextmanager
def alone(file: Path) -> Generator[None]:
    """One command at a time changes the keys."""
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


class KeyFile:
    """The ring as the file has it, looked at again each second. A file that cannot be read changes nothing."""

    def __init__(self, file: Path, world: World) -> None:
        self._file = file
        self._clock = world.clock
        self._ring = read_ring(file)
        if not self._ring.keys:
            raise ValueError(f"there are no signing keys in {file}: make the first one with `rotate-keys --publish`")
        self._seen: tuple[int, int, int] | None = None
        self._looked_at = float("-inf")

    def ring(self) -> KeyRing:
        now = self._clock.monotonic()
        if now - self._looked_at >= LOOK_SECONDS:
            self._looked_at = now
            self._look()
        return self._ring

    def _look(self) -> None:
        try:
            mark = _mark(self._file)
            if mark == self._seen:
                return
            found = read_ring(self._file)
        except (OSError, ValueError) as fault:
            log.error("signing_keys.unreadable", fault=str(fault))
            return
        if not found.keys:
            log.error("signing_keys.gone")
            return
        self._ring, self._seen = found, mark
        log.info("signing_keys.read", keys={each.kid: each.state.value for each in found.keys})


def _mark(file: Path) -> tuple[int, int, int]:
    """What is different when the file is another one; follows links, as mounted secrets are."""
    found = file.stat()
    return found.st_ino, found.st_mtime_ns, found.st_size
