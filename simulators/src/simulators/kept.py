"""What a catcher has taken: in memory, and over a restart where a journal is named."""

import json
from collections import deque
from collections.abc import Iterator
from dataclasses import asdict, fields
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar, Protocol

MOST = 10_000


class Taken(Protocol):
    """A dataclass of texts, tuples of texts, and moments."""

    __dataclass_fields__: ClassVar[dict[str, Any]]


class Kept[T: Taken]:
    """The last of them, the oldest first. Each is in the journal before its sender hears that it was taken."""

    def __init__(self, kind: type[T], journal: Path | None = None, *, most: int = MOST) -> None:
        self._taken: deque[T] = deque(maxlen=most)
        self._journal = journal
        if journal is not None and journal.exists():
            # A line that a kill cut short was never acknowledged.
            whole = (line for line in journal.read_text("utf-8").splitlines(keepends=True) if line.endswith("\n"))
            self._taken.extend(_read(kind, line) for line in whole)
            self._write_anew()

    def add(self, one: T) -> None:
        self._taken.append(one)
        if self._journal is not None:
            with self._journal.open("a", encoding="utf-8") as out:
                out.write(_line(one))

    def clear(self) -> None:
        self._taken.clear()
        if self._journal is not None:
            self._write_anew()

    def __iter__(self) -> Iterator[T]:
        return iter(list(self._taken))

    def _write_anew(self) -> None:
        assert self._journal is not None
        fresh = self._journal.with_name(f"{self._journal.name}.new")
        fresh.write_text("".join(map(_line, self._taken)), "utf-8")
        fresh.replace(self._journal)


def _line(one: Any) -> str:
    return json.dumps(asdict(one), default=datetime.isoformat) + "\n"


def _read[T: Taken](kind: type[T], line: str) -> T:
    told = json.loads(line)
    return kind(**{each.name: _value(each.type, told[each.name]) for each in fields(kind)})


def _value(kind: Any, told: Any) -> Any:
    if kind is datetime:
        return datetime.fromisoformat(told)
    return tuple(told) if isinstance(told, list) else told
