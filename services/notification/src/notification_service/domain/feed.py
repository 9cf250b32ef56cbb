"""A person's feed: the last things that this person was told, numbered without a gap."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

LENGTH = 200
"""How many a feed holds; one more drops the oldest."""
PROGRESS = frozenset({"order_progressed"})
"""What is only for those who are watching: it is numbered like everything, and nobody has to read it later."""


@dataclass(frozen=True, slots=True)
class News:
    """What is to be told, because of which event."""

    event_id: UUID
    kind: str
    at: datetime
    order_id: UUID | None
    facts: Mapping[str, str | int]
    """What a line about it shows: the order's number, a state, an amount."""


@dataclass(frozen=True, slots=True)
class Item:
    """What was told, under its number."""

    seq: int
    news: News

    @property
    def is_notice(self) -> bool:
        """Does it stand in the list, and count as unread until it was seen there?"""
        return self.news.kind not in PROGRESS


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed as somebody found it who knew everything up to a certain number: only what came later is in it."""

    items: Sequence[Item] = ()
    newest: int = 0
    """The number of the last thing ever told."""
    read: int = 0
    """Up to where the person has read."""

    def continues(self, after: int) -> bool:
        """Does it go on where somebody stopped who knows everything up to `after`? Otherwise something was missed."""
        if after >= self.newest:
            return after == self.newest
        return bool(self.items) and self.items[0].seq == after + 1

    @property
    def unread(self) -> int:
        """Of a whole feed: the notices that the person has not read."""
        return sum(each.is_notice and each.seq > self.read for each in self.items)
