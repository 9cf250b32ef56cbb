"""How the mail server misbehaves on demand."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum


class Kind(StrEnum):
    REFUSE_FOR_NOW = "refuse_for_now"  # 451: try again later
    REFUSE_FOR_GOOD = "refuse_for_good"  # 550: never try again
    DROP_AFTER_ACCEPTING = "drop_after_accepting"  # the mail is kept, the connection breaks before the 250
    SLOW = "slow"  # the mail is kept after `seconds`


class Stage(StrEnum):
    RCPT = "rcpt"  # at the recipient's address, where a real server refuses an unknown mailbox
    DATA = "data"  # at the end of the mail


@dataclass(frozen=True, slots=True)
class MailFault:
    """Happens `times` times to mails to `to` (to anybody when None). Only refusals may come at RCPT."""

    kind: Kind
    times: int = 1
    to: str | None = None
    stage: Stage = Stage.DATA
    seconds: float = 1.0


class MailFaults:
    """The faults still to come, the oldest first."""

    def __init__(self) -> None:
        self._waiting: list[MailFault] = []

    def add(self, fault: MailFault) -> None:
        self._waiting.append(fault)

    def clear(self) -> None:
        self._waiting.clear()

    def waiting(self) -> list[MailFault]:
        return list(self._waiting)

    def take(self, stage: Stage, recipients: Sequence[str]) -> MailFault | None:
        """The first fault that fits, counted down; None when all is well."""
        for place, fault in enumerate(self._waiting):
            if fault.stage is stage and (fault.to is None or fault.to in recipients):
                left = fault.times - 1
                self._waiting[place : place + 1] = [replace(fault, times=left)] if left else []
                return fault
        return None
