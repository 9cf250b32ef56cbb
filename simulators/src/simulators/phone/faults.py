"""How the telephone company misbehaves on demand."""

from dataclasses import dataclass, replace
from enum import StrEnum


class Kind(StrEnum):
    TOO_MANY = "too_many"  # 429, nothing is sent
    ERROR_BEFORE = "error_before"  # 500, nothing is sent
    ERROR_AFTER = "error_after"  # 500, and it is sent
    INVALID_NUMBER = "invalid_number"  # 400 with code 21211
    SLOW = "slow"  # it is sent, and the answer comes after `seconds`


@dataclass(frozen=True, slots=True)
class PhoneFault:
    """Happens `times` times to messages to `to` (to anybody when None)."""

    kind: Kind
    times: int = 1
    to: str | None = None
    seconds: float = 1.0


class PhoneFaults:
    """The faults still to come, the oldest first."""

    def __init__(self) -> None:
        self._waiting: list[PhoneFault] = []

    def add(self, fault: PhoneFault) -> None:
        self._waiting.append(fault)

    def clear(self) -> None:
        self._waiting.clear()

    def waiting(self) -> list[PhoneFault]:
        return list(self._waiting)

    def take(self, to: str) -> PhoneFault | None:
        """The first fault that fits, counted down; None when all is well."""
        for place, fault in enumerate(self._waiting):
            if fault.to in {None, to}:
                left = fault.times - 1
                self._waiting[place : place + 1] = [replace(fault, times=left)] if left else []
                return fault
        return None
