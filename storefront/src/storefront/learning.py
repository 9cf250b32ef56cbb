"""The learning mode: which services, messages and guarantees stand behind the page that somebody looks at."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

LESSONS = Path(__file__).with_name("lessons.yaml")
CHECKOUT = Path(__file__).parents[3]
"""The sources of the whole shop, where this runs from a checkout."""


@dataclass(frozen=True, slots=True)
class Point:
    """A sentence, and the file that shows it."""

    says: str
    file: str


@dataclass(frozen=True, slots=True)
class Lesson:
    title: str
    tells: str
    steps: Sequence[Point]
    guarantees: Sequence[Point]
    read: str
    messages: Sequence[str] = field(default=())

    @classmethod
    def from_mapping(cls, told: Mapping[str, Any]) -> "Lesson":
        def points(kind: str) -> list[Point]:
            return [Point(each["says"], each.get("code") or each["proof"]) for each in told[kind]]

        return cls(
            told["title"], told["tells"], points("steps"), points("guarantees"), told["read"], told.get("messages", ())
        )

    @property
    def files(self) -> Iterator[str]:
        yield from (each.file for each in (*self.steps, *self.guarantees))
        yield self.read


class Lessons:
    """`code_url` is where the files can be read; without, they are shown by ourselves, where there are any."""

    def __init__(self, *, code_url: str | None, file: Path = LESSONS) -> None:
        document = yaml.safe_load(file.read_text())
        self._services: Mapping[str, str] = document["services"]
        self._by_route: dict[str, Lesson] = {}
        for told in document["lessons"]:
            lesson = Lesson.from_mapping(told)
            self._by_route.update((route, lesson) for route in told["at"])
        self._code_url = code_url

    @property
    def files(self) -> frozenset[str]:
        """All that are named, relative to the checkout."""
        return frozenset(file for lesson in self._by_route.values() for file in lesson.files)

    @property
    def routes(self) -> frozenset[str]:
        return frozenset(self._by_route)

    def at(self, route: str) -> Lesson | None:
        """The lesson of a page, by its route's path; None where there is nothing to tell."""
        return self._by_route.get(route)

    def service(self, path: str) -> str:
        """Who answers this path of the public interface: the longest beginning that is known."""
        known = (each for each in self._services if path == each or path.startswith(each + "/"))
        return self._services.get(max(known, key=len, default=""), "shop")

    def address(self, file: str) -> str | None:
        """Where a named file can be read; None where it cannot."""
        if self._code_url is not None:
            return f"{self._code_url}/{file}"
        return f"/behind/{file}" if (CHECKOUT / file).is_file() else None

    def text(self, file: str) -> str | None:
        """A named file's text. Nothing else is ever shown."""
        return (CHECKOUT / file).read_text() if file in self.files and (CHECKOUT / file).is_file() else None
