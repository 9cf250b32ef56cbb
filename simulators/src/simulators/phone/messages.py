"""The text messages that were taken."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from simulators.kept import Kept


@dataclass(frozen=True, slots=True)
class Sms:
    sid: str
    account: str
    sender: str
    to: str
    body: str
    received_at: datetime


class Messages:
    """The last 10,000, the oldest first."""

    def __init__(self, now: Callable[[], float], journal: Path | None = None) -> None:
        self._now = now
        self._taken = Kept(Sms, journal)

    def take(self, *, account: str, sender: str, to: str, body: str) -> Sms:
        at = datetime.fromtimestamp(self._now(), UTC)
        sms = Sms(f"SM{secrets.token_hex(16)}", account, sender, to, body, at)
        self._taken.add(sms)
        return sms

    def find(self, sid: str) -> Sms | None:
        return next((each for each in self._taken if each.sid == sid), None)

    def all(self, to: str | None = None) -> list[Sms]:
        """All of them, or those to one number."""
        return [each for each in self._taken if to in {None, each.to}]

    def clear(self) -> None:
        self._taken.clear()
