"""The provider's memory, and the journal that lets it survive a restart."""

import json
import logging
from dataclasses import asdict
from pathlib import Path
from typing import TextIO

from simulators.psp.records import KINDS, Charge, Customer, Event, Intent, PaymentMethod, Record, Refund, Reply, Session

log = logging.getLogger(__name__)


class Store:
    """Everything by id, in the order of its birth.

    `keep` remembers a new or changed record; `commit` writes what was kept since the last one as a single line, so
    that a process killed in between has done all of a request or nothing of it.
    """

    def __init__(self, *, journal: Path | None = None) -> None:
        self.customers: dict[str, Customer] = {}
        self.methods: dict[str, PaymentMethod] = {}
        self.intents: dict[str, Intent] = {}
        self.sessions: dict[str, Session] = {}
        self.charges: dict[str, Charge] = {}
        self.refunds: dict[str, Refund] = {}
        self.events: dict[str, Event] = {}
        self.replies: dict[str, Reply] = {}
        self._kept: list[Record] = []
        self._journal: TextIO | None = None
        if journal is not None:
            self._replay(journal)
            self._journal = journal.open("a", encoding="utf-8")

    def keep(self, record: Record) -> None:
        self._place(record)
        if self._journal is not None:
            self._kept.append(record)

    def forget_reply(self, key: str) -> None:
        """Only replies are ever forgotten, and a journal that still holds one does no harm: it is too old to count."""
        del self.replies[key]

    def commit(self) -> None:
        if self._journal is not None and self._kept:
            line = json.dumps([{"kind": each.kind, "fields": asdict(each)} for each in self._kept])
            self._journal.write(line + "\n")
            self._journal.flush()
        self._kept.clear()

    def close(self) -> None:
        if self._journal is not None:
            self._journal.close()
            self._journal = None

    def _replay(self, journal: Path) -> None:
        if not journal.exists():
            return
        whole, _, torn = journal.read_text(encoding="utf-8").rpartition("\n")
        if torn:
            log.warning("psp journal: dropped a torn last line of %d characters", len(torn))
            journal.write_text(whole + "\n" if whole else "", encoding="utf-8")
        for line in whole.splitlines():
            for each in json.loads(line):
                self._place(KINDS[each["kind"]](**each["fields"]))

    def _place(self, record: Record) -> None:
        match record:
            case Customer():
                self.customers[record.id] = record
            case PaymentMethod():
                self.methods[record.id] = record
            case Intent():
                self.intents[record.id] = record
            case Session():
                self.sessions[record.id] = record
            case Charge():
                self.charges[record.id] = record
            case Refund():
                self.refunds[record.id] = record
            case Event():
                self.events[record.id] = record
            case Reply():
                self.replies[record.id] = record
