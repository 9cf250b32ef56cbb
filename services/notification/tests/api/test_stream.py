"""The live stream: nothing twice, nothing left out, nobody else's, and never longer than it may last."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from datetime import timedelta
from uuid import UUID

import pytest
from chassis import bounds
from chassis.faults import StoreUnavailable
from jsonschema import Draft202012Validator
from notification_service.domain.feed import LENGTH, Feed

from .conftest import ADA, BOB, STREAM, Door


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.01)


async def test_what_is_told_comes_at_once_in_order_and_with_its_number(door: Door) -> None:
    async with door.stream(door.people.token(ADA)) as stream:
        for number in ("M-1", "M-2", "M-3"):
            await door.tell(ADA, number)
        events = [await stream.next() for _ in range(3)]

    assert [(each.name, each.id, each.data["facts"]["number"]) for each in events] == [
        ("notification", "1", "M-1"),
        ("notification", "2", "M-2"),
        ("notification", "3", "M-3"),
    ]
    assert events[0].data == (await door.get("/api/v1/notifications", door.people.token(ADA))).json()["items"][-1]


def test_what_the_document_says_of_an_event_is_what_is_sent(door: Door) -> None:
    document = door.app.openapi()
    content = document["paths"][STREAM]["get"]["responses"]["200"]["content"]["text/event-stream"]
    event = Draft202012Validator({**document, **content["itemSchema"]})

    assert event.is_valid({"event": "open", "data": '{"id": 5}', "id": "5", "retry": 1000})
    assert not event.is_valid({"event": "closed", "data": '{"id": 5}', "id": "5"})
    assert not event.is_valid({"event": "reset", "data": '{"id": 5}'})
    told, placed = (each["properties"]["data"]["contentSchema"] for each in content["itemSchema"]["oneOf"])
    assert told == {"$ref": "#/components/schemas/NotificationView"}
    assert placed["required"] == ["id"]


async def test_nobody_on_the_way_may_keep_or_hold_back_what_is_sent(door: Door) -> None:
    async with door.stream(door.people.token(ADA)) as stream:
        headers = stream.answer.headers

    assert headers["content-type"].startswith("text/event-stream")
    assert headers["cache-control"] == "no-store, no-transform"
    assert headers["x-accel-buffering"] == "no"


async def test_a_new_stream_begins_now_and_says_where_that_is(door: Door) -> None:
    await door.tell(ADA, "before")

    async with door.stream(door.people.token(ADA), opened=False) as stream:
        opened = await stream.next()
        await door.tell(ADA, "after")
        told = await stream.next()

    assert (opened.name, opened.id) == ("open", "1")
    assert (told.id, told.data["facts"]["number"]) == ("2", "after")


async def test_after_a_break_it_goes_on_with_the_next_one(door: Door) -> None:
    ada = door.people.token(ADA)
    async with door.stream(ada) as stream:
        await door.tell(ADA)
        await door.tell(ADA)
        assert await stream.take(1) == ["1"]
    for _ in range(3):
        await door.tell(ADA)

    async with door.stream(ada, after=1) as stream:
        assert await stream.take(4) == ["2", "3", "4", "5"]


@pytest.mark.parametrize(("after", "names"), [(0, ["reset"]), (4, ["reset"]), (5, ["notification"] * 3)])
async def test_what_is_not_kept_any_more_is_told_by_a_reset(door: Door, after: int, names: list[str]) -> None:
    for _ in range(LENGTH + 5):
        await door.tell(ADA)

    async with door.stream(door.people.token(ADA), after=after) as stream:
        events = [await stream.next() for _ in names]
        assert [each.name for each in events] == names
        if names == ["reset"]:
            assert events[0].data == {"id": LENGTH + 5}
            await door.tell(ADA)
            assert await stream.take(1) == [str(LENGTH + 6)]


async def test_a_number_from_a_feed_that_was_set_back_is_answered_with_a_reset(door: Door) -> None:
    await door.tell(ADA)

    async with door.stream(door.people.token(ADA), after=7) as stream:
        event = await stream.next()

    assert (event.name, event.data) == ("reset", {"id": 1})


@pytest.mark.parametrize("last", ["-1", "one", "1.5", str(2**63)])
async def test_a_last_event_id_that_is_none_is_refused(door: Door, last: str) -> None:
    headers = {"Authorization": f"Bearer {door.people.token(ADA)}", "Last-Event-ID": last}

    assert (await door.client.get(STREAM, headers=headers)).status_code == 422


async def test_nobody_hears_what_somebody_else_is_told(door: Door) -> None:
    async with door.stream(door.people.token(ADA)) as ada, door.stream(door.people.token(BOB)) as bob:
        await door.tell(ADA, "for Ada")
        await door.tell(BOB, "for Bob")

        assert (await ada.next()).data["facts"]["number"] == "for Ada"
        assert (await bob.next()).data["facts"]["number"] == "for Bob"


async def test_all_streams_of_a_person_hear_everything(door: Door) -> None:
    ada = door.people.token(ADA)
    async with door.stream(ada) as one, door.stream(ada) as two:
        await door.tell(ADA)

        assert (await one.take(1), await two.take(1)) == (["1"], ["1"])


async def test_three_streams_and_no_fourth_until_one_has_ended(door: Door) -> None:
    ada = door.people.token(ADA)
    async with AsyncExitStack() as stack:
        for _ in range(2):
            await stack.enter_async_context(door.stream(ada))
        async with door.stream(ada):
            fourth = await door.get(STREAM, ada)
            async with door.stream(door.people.token(BOB)):
                pass
        await until(lambda: door.service.live_feeds.open == 2)
        await stack.enter_async_context(door.stream(ada))

    assert (fourth.status_code, fourth.json()["type"]) == (429, "urn:mercato:problem:too_many_streams")
    assert fourth.headers["retry-after"] == "5"


async def test_a_quiet_stream_is_kept_open_by_pings(door: Door) -> None:
    async with door.stream(door.people.token(ADA)) as stream:
        waiting = asyncio.create_task(stream.next())
        await until(lambda: stream.pings >= 2)
        await door.tell(ADA)

        assert (await waiting).id == "1"


async def test_a_stream_ends_with_the_life_of_its_token(door: Door) -> None:
    async with door.stream(door.people.token(ADA, lasting=timedelta(seconds=0.3))) as stream:
        assert await stream.next() is None

    assert door.service.live_feeds.open == 0


async def test_a_stream_ends_when_its_session_is_revoked_and_the_others_stay(door: Door) -> None:
    ended, stays = door.people.token(ADA), door.people.token(ADA)
    async with door.stream(ended) as one, door.stream(stays) as two:
        session = door.people.known[ended].session_id
        await door.service.revoked.note([session], revoked_at=door.health.world.clock.now())
        await door.service.revoked.read()

        assert await one.next() is None
        await door.tell(ADA)
        assert await two.take(1) == ["1"]


async def test_when_the_process_leaves_its_streams_end_at_once_and_no_new_one_begins(door: Door) -> None:
    ada = door.people.token(ADA)
    async with door.stream(ada) as stream:
        door.health.leave()
        assert await stream.next() is None

    refused = await door.get(STREAM, ada)
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
    assert (await door.get("/api/v1/notifications", ada)).status_code == 200


async def test_who_does_not_take_what_is_sent_is_cut_off(door: Door) -> None:
    live = door.service.live_feeds
    async with door.stream(door.people.token(ADA)):
        # The client reads no more: what the sockets hold fills up, and then nothing leaves any more.
        for n in range(20_000):
            await door.tell(ADA, f"M-{n}" * 100)
            await asyncio.sleep(0)
            if not live.open:
                break

        await until(lambda: live.open == 0)


async def test_streams_have_places_of_their_own_and_leave_the_requests_theirs(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounds, "STREAMS", 0.01)  # of 200: two
    async with door.stream(door.people.token(ADA)), door.stream(door.people.token(ADA)):
        refused = await door.get(STREAM, door.people.token(BOB))
        served = await door.get("/api/v1/notifications", door.people.token(BOB))

    assert (refused.status_code, refused.json()["type"]) == (503, "urn:mercato:problem:overloaded")
    assert served.status_code == 200


class Away:
    """Feeds whose store is away now and then."""

    def __init__(self, inner: object) -> None:
        self.inner = inner
        self.away = False
        self.silent = False

    async def look(self, user_id: UUID, *, after: int = 0) -> Feed:
        if self.away:
            raise StoreUnavailable("MongoDB")
        return await self.inner.look(user_id, after=after)

    async def changes(self) -> AsyncIterator[UUID | None]:
        if self.silent:
            raise StoreUnavailable("MongoDB")
        async for each in self.inner.changes():
            if self.away or self.silent:
                raise StoreUnavailable("MongoDB")
            yield each


@pytest.fixture
def away(door: Door) -> Away:
    live = door.service.live_feeds
    live._feeds = Away(live._feeds)
    return live._feeds


async def test_a_store_that_is_away_is_told_before_the_stream_begins(door: Door, away: Away) -> None:
    away.away = True

    assert (await door.get(STREAM, door.people.token(ADA))).status_code == 503
    assert door.service.live_feeds.open == 0


async def test_a_stream_outlives_a_store_that_goes_away_and_misses_nothing(door: Door, away: Away) -> None:
    async with door.stream(door.people.token(ADA)) as stream:
        await door.tell(ADA)
        assert await stream.take(1) == ["1"]
        away.away = True
        await door.tell(ADA)
        await door.tell(ADA)
        away.away = False

        assert await stream.take(2) == ["2", "3"]


async def test_when_changes_cannot_be_heard_everybody_looks_again_and_again(door: Door, away: Away) -> None:
    away.silent = True
    door.service.live_feeds._ping = 60  # or they would look once a second anyway
    async with door.stream(door.people.token(ADA)) as stream:
        await door.tell(ADA)
        assert await stream.take(1) == ["1"]
        await door.tell(ADA)
        assert await stream.take(1) == ["2"]


async def test_a_process_whose_last_stream_has_ended_listens_no_more(door: Door) -> None:
    feeds = door.service.show.feeds
    async with door.stream(door.people.token(ADA)):
        await until(lambda: len(feeds._listeners) == 1)
        async with door.stream(door.people.token(BOB)):
            assert len(feeds._listeners) == 1

    await until(lambda: not feeds._listeners)
