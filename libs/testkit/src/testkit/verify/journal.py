"""What clients saw: one line an answer, written by the journeys, compared with what is stored."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Answer = dict[str, Any]
"""`{"method", "path", "status", "content_type", "order_id", "idempotency_key", "answer_hash", "user", "quote_hash",
"quoted_total"}`; what does not apply is left out. `answer_hash` is of the body of a success that had a key."""

ORDERS = "/api/v1/orders"


@dataclass(slots=True)
class Journal:
    answers: list[Answer] = field(default_factory=list, repr=False)
    """Not for eyes: every buyer holds the journal, and a test that fails shows what it holds."""
    unanswered: list[Answer] = field(default_factory=list, repr=False)
    """Requests of which nobody knows what became: they have no status. They are not written to the file."""

    @classmethod
    def read(cls, file: Path) -> "Journal":
        return cls([json.loads(line) for line in file.read_text().splitlines() if line])

    def append_to(self, file: Path) -> None:
        with file.open("a") as out:
            out.writelines(json.dumps(answer) + "\n" for answer in self.answers)

    def successes(self) -> Iterator[Answer]:
        return (answer for answer in self.answers if 200 <= answer["status"] < 300)

    def asked_for_orders(self) -> Iterator[Answer]:
        """Checkouts, whatever was answered."""
        return filter(_asks_for_an_order, self.answers)

    def unanswered_orders(self) -> Iterator[Answer]:
        """Checkouts of which nobody knows what became."""
        return filter(_asks_for_an_order, self.unanswered)

    def checkouts(self) -> Iterator[Answer]:
        """Accepted checkouts."""
        return (answer for answer in self.asked_for_orders() if 200 <= answer["status"] < 300)


def _asks_for_an_order(line: Answer) -> bool:
    return line["method"] == "POST" and line["path"] == ORDERS
