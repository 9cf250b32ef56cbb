"""What clients saw: one line an answer, written by the journeys, compared with what is stored."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Answer = dict[str, Any]
"""`{"method", "path", "status", "content_type", "order_id", "idempotency_key", "user", "quote_hash", "quoted_total"}`;
what does not apply is left out."""


@dataclass(slots=True)
class Journal:
    answers: list[Answer] = field(default_factory=list)

    @classmethod
    def read(cls, file: Path) -> "Journal":
        return cls([json.loads(line) for line in file.read_text().splitlines() if line])

    def append_to(self, file: Path) -> None:
        with file.open("a") as out:
            out.writelines(json.dumps(answer) + "\n" for answer in self.answers)

    def checkouts(self) -> Iterator[Answer]:
        """Accepted checkouts."""
        for answer in self.answers:
            if answer["method"] == "POST" and answer["path"] == "/api/v1/orders" and 200 <= answer["status"] < 300:
                yield answer
