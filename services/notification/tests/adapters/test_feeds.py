"""One suite for the twin in memory and for MongoDB: numbers without a gap, whoever writes and however often."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from chassis.documents import Documents
from chassis.memory import MemoryStore
from chassis.world import World
from notification_service.adapters.document_shapes import make_collections
from notification_service.adapters.feed_documents import FeedDocuments
from notification_service.adapters.memory_feeds import InMemoryFeeds
from notification_service.domain.feed import LENGTH, Feed, News
from notification_service.ports import Feeds

ADA, BOB = UUID(int=7), UUID(int=8)
AT = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)


@pytest.fixture(params=["memory", "mongo"])
async def feeds(request: pytest.FixtureRequest) -> AsyncIterator[Feeds]:
    if request.param == "memory":
        yield InMemoryFeeds(MemoryStore(World()))
        return
    fresh = request.getfixturevalue("fresh_mongo")
    documents = Documents(fresh.url, fresh.database)
    await make_collections(documents)
    yield FeedDocuments(documents)
    await documents.close()


def news(number: str = "M-1", event_id: UUID | None = None) -> News:
    return News(event_id or uuid4(), "order_confirmed", AT, UUID(int=1), {"number": number, "total": 2500})


def numbers(feed: Feed) -> list[int]:
    return [each.seq for each in feed.items]


async def test_nobody_has_told_them_anything_yet(feeds: Feeds) -> None:
    assert await feeds.look(ADA) == Feed()


async def test_what_is_told_is_kept_word_for_word_and_numbered_from_one(feeds: Feeds) -> None:
    first, second = news("M-1"), news("$seq")  # what looks like an expression is a text

    assert await feeds.add(ADA, first)
    assert await feeds.add(ADA, second)

    feed = await feeds.look(ADA)
    assert [(each.seq, each.news) for each in feed.items] == [(1, first), (2, second)]
    assert (feed.newest, feed.read) == (2, 0)
    assert await feeds.look(BOB) == Feed()


async def test_a_redelivery_adds_nothing(feeds: Feeds) -> None:
    event = uuid4()
    assert await feeds.add(ADA, news(event_id=event))
    assert await feeds.add(ADA, news())

    assert not await feeds.add(ADA, news("changed", event_id=event))

    feed = await feeds.look(ADA)
    assert numbers(feed) == [1, 2]
    assert feed.newest == 2
    assert feed.items[0].news.facts["number"] == "M-1"


async def test_one_more_than_it_holds_drops_the_first(feeds: Feeds) -> None:
    for n in range(LENGTH + 1):
        await feeds.add(ADA, news(f"M-{n + 1}"))

    feed = await feeds.look(ADA)

    assert numbers(feed) == list(range(2, LENGTH + 2))
    assert feed.newest == LENGTH + 1
    assert [each.news.facts["number"] for each in feed.items] == [f"M-{each.seq}" for each in feed.items]


async def test_only_what_came_later_is_looked_at(feeds: Feeds) -> None:
    for _ in range(5):
        await feeds.add(ADA, news())

    later = await feeds.look(ADA, after=3)

    assert (numbers(later), later.newest) == ([4, 5], 5)
    assert numbers(await feeds.look(ADA, after=5)) == []
    assert numbers(await feeds.look(ADA, after=99)) == []


async def test_of_many_who_write_at_once_each_gets_its_own_number_and_none_is_left_out(feeds: Feeds) -> None:
    told = [news(f"M-{n}") for n in range(40)]

    # The first of them meet where there is no feed yet; every event is heard twice.
    added = await asyncio.gather(*(feeds.add(ADA, each) for each in (*told, *told)))

    feed = await feeds.look(ADA)
    assert sum(added) == 40
    assert numbers(feed) == list(range(1, 41))
    assert {each.news.event_id for each in feed.items} == {each.event_id for each in told}


async def test_two_who_begin_a_feed_at_once_both_stand_in_it(feeds: Feeds) -> None:
    for n in range(100):
        both = await asyncio.gather(*(feeds.add(UUID(int=n + 100), news()) for _ in range(4)))

        assert all(both)
        assert numbers(await feeds.look(UUID(int=n + 100))) == [1, 2, 3, 4]


async def test_nobody_sees_a_number_before_the_ones_below_it(feeds: Feeds) -> None:
    seen = 0
    writing = asyncio.gather(*(feeds.add(ADA, news()) for _ in range(60)))

    while seen < 60:
        await asyncio.sleep(0)  # the twin in memory never makes anybody wait
        found = numbers(await feeds.look(ADA, after=seen))
        assert found == list(range(seen + 1, seen + 1 + len(found)))
        seen += len(found)

    await writing


async def test_what_was_read_only_moves_forward_and_never_ahead(feeds: Feeds) -> None:
    for _ in range(3):
        await feeds.add(ADA, news())

    reads = []
    for up_to in (2, 1, 99, 0):
        await feeds.read(ADA, up_to=up_to)
        reads.append((await feeds.look(ADA)).read)
    await feeds.read(BOB, up_to=5)

    assert reads == [2, 2, 3, 3]
    assert await feeds.look(BOB) == Feed()


async def test_changes_begin_with_anybodys_and_then_tell_whose(feeds: Feeds) -> None:
    async with asyncio.timeout(10), aclosing(feeds.changes()) as changes:
        assert await anext(changes) is None
        await feeds.add(ADA, news())
        assert await anext(changes) == ADA
        await feeds.add(BOB, news())
        assert await anext(changes) == BOB


async def test_everybody_who_listens_hears_of_a_change(feeds: Feeds) -> None:
    async with asyncio.timeout(10), aclosing(feeds.changes()) as one, aclosing(feeds.changes()) as other:
        assert (await anext(one), await anext(other)) == (None, None)
        await feeds.add(ADA, news())
        assert (await anext(one), await anext(other)) == (ADA, ADA)


async def test_facts_tell_every_number_and_its_event(feeds: Feeds) -> None:
    event = uuid4()
    await feeds.add(ADA, news(event_id=event))

    [fact] = [fact async for fact in feeds.facts()]

    assert fact == {
        "kind": "feed",
        "user_id": str(ADA),
        "newest": 1,
        "read": 0,
        "items": [{"seq": 1, "event_id": str(event), "type": "order_confirmed"}],
    }
