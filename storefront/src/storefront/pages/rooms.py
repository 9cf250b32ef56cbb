"""The categories of the shop, as a visitor walks them: departments, and what is inside of each."""

from dataclasses import dataclass

from storefront.api import Away, Json, Refused
from storefront.visit import Visit

DEEPEST = 5


@dataclass(frozen=True, slots=True)
class Rooms:
    """All of them in the shop's own order; none while the catalogue is away."""

    every: tuple[Json, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.every)

    @property
    def departments(self) -> list[Json]:
        return self.inside(None)

    def inside(self, slug: str | None) -> list[Json]:
        return [each for each in self.every if each["parent"] == slug]

    def find(self, slug: str | None) -> Json | None:
        return next((each for each in self.every if each["slug"] == slug), None)

    def way(self, slug: str | None) -> list[Json]:
        """From the department down to this one."""
        way: list[Json] = []
        while len(way) < DEEPEST and (found := self.find(slug)) is not None:
            way.insert(0, found)
            slug = found["parent"]
        return way

    def department(self, slug: str) -> str:
        """Of this category; nothing for one that there is not."""
        way = self.way(slug)
        return way[0]["slug"] if way else ""

    def named(self, words: str) -> list[Json]:
        """Those with a word that begins with each of these."""
        begun = words.lower().split()

        def matches(room: Json) -> bool:
            names = room["name"].lower().split()
            return all(any(name.startswith(word) for name in names) for word in begun)

        return [each for each in self.every if begun and matches(each)]


async def rooms_of(visit: Visit) -> Rooms:
    """Perhaps some seconds old. No page stays away because these are."""
    try:
        return Rooms(tuple((await visit.read("/api/v1/categories"))["items"]))
    except (Away, Refused):
        return Rooms()
