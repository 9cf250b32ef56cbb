"""The one source of chance. What is drawn for one purpose does not move what is drawn for another."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from uuid import UUID

BEGIN = datetime(2031, 3, 1, 9, tzinfo=UTC)
VERSION_7 = 0x7000_0000_0000_0000_0000
VARIANT = 0x8000_0000_0000_0000


@dataclass(slots=True)
class Chance:
    """Everything random of one run. Texts seed it alike in every process, whatever PYTHONHASHSEED says."""

    seed: int

    def of(self, purpose: str) -> Random:
        return Random(f"{self.seed} {purpose}")


@dataclass(slots=True)
class SeededIds:
    """UUIDv7 of the virtual time; within a millisecond they count up, as real ones do."""

    random: Random
    milliseconds: Callable[[], int]
    _last: int = 0
    _count: int = 0

    def uuid7(self) -> UUID:
        now = self.milliseconds()
        self._count = self._count + 1 if now == self._last else 0
        self._last = now
        return UUID(int=now << 80 | VERSION_7 | (self._count & 0xFFF) << 64 | VARIANT | self.random.getrandbits(62))


@dataclass(slots=True)
class SeededDice:
    random: Random

    def fraction(self) -> float:
        return self.random.random()

    def token(self) -> str:
        return f"{self.random.getrandbits(256):064x}"


@dataclass(slots=True)
class VirtualTime:
    """The time that is right. A process may believe another one."""

    loop_time: Callable[[], float]

    def now(self) -> datetime:
        return BEGIN + timedelta(seconds=self.loop_time())

    def milliseconds(self) -> int:
        return int(self.now().timestamp() * 1000)
