"""Passwords known from breaches: a file of SHA-1 hashes in order, as Have I Been Pwned offers it; or none."""

import hashlib
import os
from collections.abc import Collection
from pathlib import Path
from typing import BinaryIO

from chassis.world import World

LONGEST_LINE = 64


class BreachFile:
    """Lines `SHA1` or `SHA1:count`, sorted. It may be far larger than memory: each question reads a few lines."""

    def __init__(self, path: Path, world: World) -> None:
        self._path = path
        self._world = world

    async def has(self, password: str) -> bool:
        wanted = _sha1(password)
        return await self._world.in_thread(lambda: self._search(wanted))

    def _search(self, wanted: bytes) -> bool:
        with self._path.open("rb") as lines:
            low, high = 0, lines.seek(0, os.SEEK_END)
            while high - low > LONGEST_LINE:
                middle = (low + high) // 2
                line = _line_after(lines, middle)
                if line and line[:40].upper() <= wanted:
                    low = middle
                else:
                    high = middle
            lines.seek(max(0, low - LONGEST_LINE))
            near = lines.read(5 * LONGEST_LINE)
        return any(line[:40].upper() == wanted for line in near.splitlines())


class BreachSet:
    """The same from a few passwords in memory."""

    def __init__(self, passwords: Collection[str] = ()) -> None:
        self._hashes = frozenset(map(_sha1, passwords))

    async def has(self, password: str) -> bool:
        return _sha1(password) in self._hashes


def _line_after(lines: BinaryIO, position: int) -> bytes:
    lines.seek(position)
    lines.readline()
    return lines.readline()


def _sha1(password: str) -> bytes:
    # The public lists are keyed by SHA-1; nothing is protected by it here.
    return hashlib.sha1(password.encode(), usedforsecurity=False).hexdigest().upper().encode()
