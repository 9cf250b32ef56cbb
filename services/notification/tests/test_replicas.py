"""T19: replicas are killed under their streams, and everybody hears everything once, in order, and nobody else's."""

import asyncio
import random
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from chassis.documents import Documents
from chassis.server import listen, make_server
from notification_service.adapters.document_shapes import make_collections
from notification_service.adapters.feed_documents import FeedDocuments
from notification_service.domain.feed import News

from .replicas import PATIENCE, Issuer, Replica, Watcher, replicas

CLIENTS, PEOPLE, EACH, KILLS = 50, 25, 60, 5
AT = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.fixture
async def feeds(fresh_mongo: Any) -> AsyncIterator[FeedDocuments]:
    documents = Documents(fresh_mongo.url, fresh_mongo.database)
    await make_collections(documents)
    yield FeedDocuments(documents)
    await documents.close()


@pytest.fixture
def issuer() -> Issuer:
    return Issuer()


@pytest.fixture
async def pair(fresh_mongo: Any, feeds: FeedDocuments, issuer: Issuer, tmp_path: Path) -> AsyncIterator[list[Replica]]:
    """Two replicas on one database."""
    socket = listen("127.0.0.1", 0)
    server = make_server(issuer.app())
    serving = asyncio.create_task(server._serve([socket]))
    settings = {
        "MONGO_URL": fresh_mongo.url,
        "MONGO_DATABASE": fresh_mongo.database,
        "BROKER_URL": "amqp://unused",
        "USER_URL": f"http://127.0.0.1:{socket.getsockname()[1]}",
        "SMTP_HOST": "unused",
        "SHOP_URL": "https://shop.example",
        "DRAIN_SECONDS": "0",
    }
    try:
        own = {f"NOTIFICATION_{name}": value for name, value in settings.items()}
        async with replicas(2, settings=own, folder=tmp_path) as both:
            yield both
    finally:
        server.should_exit = server.force_exit = True
        await serving


def news(user_id: UUID, n: int) -> News:
    return News(uuid4(), "order_confirmed", AT, None, {"number": f"{user_id}/{n}"})


def whose(event: dict[str, Any]) -> str:
    return event["facts"]["number"].partition("/")[0]


async def test_killing_replicas_under_their_streams_loses_and_repeats_nothing(
    pair: list[Replica], feeds: FeedDocuments, issuer: Issuer
) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    dice = random.Random(seed)
    people = [UUID(int=n + 1) for n in range(PEOPLE)]
    doors = [each.url for each in pair]
    # Two streams each, one that begins at each replica.
    watchers = [Watcher(issuer.token(people[n % PEOPLE]), doors[:: 1 if n < PEOPLE else -1]) for n in range(CLIENTS)]

    async def write(user_id: UUID) -> None:
        for n in range(EACH):
            await feeds.add(user_id, news(user_id, n))
            await asyncio.sleep(0.1 + dice.random() * 0.2)

    async def kill() -> None:
        for n in range(KILLS):
            await asyncio.sleep(0.5 + dice.random())
            await pair[n % 2].kill()
            await pair[n % 2].start()

    async with asyncio.timeout(3 * PATIENCE):
        watching = [asyncio.create_task(each.watch(lambda w: len(w.heard) >= EACH)) for each in watchers]
        await asyncio.gather(kill(), *(write(each) for each in people))
        await asyncio.gather(*watching)

    for n, watcher in enumerate(watchers):
        assert [each["id"] for each in watcher.heard] == list(range(1, EACH + 1))
        assert {whose(each) for each in watcher.heard} == {str(people[n % PEOPLE])}
        assert watcher.resets == 0
    assert sum(each.breaks for each in watchers) >= CLIENTS


async def test_a_replica_that_is_told_to_leave_ends_its_streams_at_once_and_goes(
    pair: list[Replica], feeds: FeedDocuments, issuer: Issuer
) -> None:
    ada = UUID(int=1)
    leaving, staying = pair
    watcher = Watcher(issuer.token(ada), [leaving.url, staying.url])
    watching = asyncio.create_task(watcher.watch(lambda w: len(w.heard) >= 2))
    async with asyncio.timeout(PATIENCE):
        await feeds.add(ada, news(ada, 1))
        while not watcher.heard:
            await asyncio.sleep(0.01)

        assert await leaving.stop() == 0
        await feeds.add(ada, news(ada, 2))
        await watching

    assert [each["id"] for each in watcher.heard] == [1, 2]
    assert watcher.breaks == 0  # it was ended, not broken off


async def test_a_stream_hears_what_another_process_writes_after_its_change_stream_was_lost(
    pair: list[Replica], feeds: FeedDocuments, issuer: Issuer, fresh_mongo: Any
) -> None:
    ada = UUID(int=1)
    watcher = Watcher(issuer.token(ada), [pair[0].url])
    watching = asyncio.create_task(watcher.watch(lambda w: len(w.heard) >= 3))
    async with asyncio.timeout(PATIENCE):
        await feeds.add(ada, news(ada, 1))
        while not watcher.heard:
            await asyncio.sleep(0.01)
        # The collection goes and comes back: change streams on it end for good, and nobody reconnects.
        documents = Documents(fresh_mongo.url, fresh_mongo.database)
        kept = await documents.database.feeds.find_one({"_id": ada})
        await documents.database.drop_collection("feeds")
        await make_collections(documents)
        await documents.database.feeds.insert_one(kept)
        await documents.close()
        await feeds.add(ada, news(ada, 2))
        await feeds.add(ada, news(ada, 3))
        await watching

    assert [each["id"] for each in watcher.heard] == [1, 2, 3]
    assert watcher.breaks == 0
