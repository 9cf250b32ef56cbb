"""Look at one's own notices."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from notification_service.domain.feed import Item
from notification_service.ports import Feeds


@dataclass(frozen=True, slots=True)
class Notices:
    """One page, newest first."""

    items: Sequence[Item]
    more: bool
    unread: int
    read: int
    newest: int


@dataclass(frozen=True, slots=True)
class SeeFeed:
    """A person's own notices before number `before`, newest first, and how many of all are unread."""

    feeds: Feeds

    async def __call__(self, user_id: UUID, *, before: int | None, limit: int) -> Notices:
        feed = await self.feeds.look(user_id)
        older = [each for each in reversed(feed.items) if each.is_notice and (before is None or each.seq < before)]
        return Notices(older[:limit], len(older) > limit, feed.unread, feed.read, feed.newest)


@dataclass(frozen=True, slots=True)
class ReadFeed:
    """Note up to where a person has read."""

    feeds: Feeds

    async def __call__(self, user_id: UUID, *, up_to: int) -> None:
        await self.feeds.read(user_id, up_to=up_to)
