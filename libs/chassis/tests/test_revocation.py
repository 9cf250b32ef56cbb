"""Revoked sessions: one contract for all three stores, and what a process makes of them."""

import asyncio
from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from chassis.faults import StoreUnavailable
from chassis.memory import MemoryStore
from chassis.revocation import KEPT, InMemoryRevocations, Revocations, RevokedSessions
from chassis.world import World

TABLE = (Path(__file__).parents[1] / "src/chassis/revocation_table.py").read_text().split("```")[1].removeprefix("sql")
NOON = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture(params=["memory", "postgres", "mongo"])
async def revocations(request: pytest.FixtureRequest) -> AsyncIterator[Revocations]:
    if request.param == "memory":
        yield InMemoryRevocations(MemoryStore(World()))
    elif request.param == "postgres":
        from chassis.database import Database
        from chassis.revocation_table import RevocationTable

        fresh = await request.getfixturevalue("fresh_database")("chassis_revocation", migrate=make_table)
        database = Database(fresh.url)
        yield RevocationTable(database)
        await database.close()
    else:
        from chassis.documents import Documents
        from chassis.revocation_documents import RevocationDocuments, make_revocations

        fresh = request.getfixturevalue("fresh_mongo")
        documents = Documents(fresh.url, fresh.database)
        await make_revocations(documents)
        await make_revocations(documents)
        yield RevocationDocuments(documents)
        await documents.close()


async def make_table(fresh: Any) -> None:
    owner = await asyncpg.connect(fresh.owner_url.replace("+asyncpg", ""))
    await owner.execute(TABLE)
    await owner.close()


def in_seconds() -> datetime:
    """Now, as all three stores keep it."""
    return datetime.now(UTC).replace(microsecond=0)


async def test_what_was_added_is_known_until_its_time(revocations: Revocations) -> None:
    now = in_seconds()
    first, second, third = uuid4(), uuid4(), uuid4()

    await revocations.add([first, second], until=now + 6 * MINUTE)
    await revocations.add([third], until=now + 2 * MINUTE)

    assert await revocations.all(now=now) == {first, second, third}
    assert await revocations.all(now=now + 2 * MINUTE) == {first, second}
    assert await revocations.all(now=now + 6 * MINUTE) == frozenset()


async def test_added_again_it_is_known_until_the_later_time(revocations: Revocations) -> None:
    now = in_seconds()
    longer, shorter = uuid4(), uuid4()

    for until in (now + MINUTE, now + 3 * MINUTE):
        await revocations.add([longer], until=until)
    for until in (now + 3 * MINUTE, now + MINUTE):
        await revocations.add([shorter, shorter], until=until)

    assert await revocations.all(now=now + 2 * MINUTE) == {longer, shorter}


async def test_none_are_none(revocations: Revocations) -> None:
    now = in_seconds()
    await revocations.add([], until=now + MINUTE)

    assert await revocations.all(now=now) == frozenset()


async def test_many_at_once_in_any_order_are_all_kept(revocations: Revocations) -> None:
    now = in_seconds()
    sessions = [uuid4() for _ in range(100)]

    await asyncio.gather(
        *(revocations.add(sessions[n:] + sessions[:n], until=now + 6 * MINUTE) for n in range(0, 100, 20)),
    )

    assert await revocations.all(now=now) == set(sessions)


async def test_what_is_over_is_deleted_by_whoever_adds(request: pytest.FixtureRequest) -> None:
    from chassis.database import Database
    from chassis.revocation_table import RevocationTable

    fresh = await request.getfixturevalue("fresh_database")("chassis_revocation", migrate=make_table)
    database = Database(fresh.url)
    table = RevocationTable(database)
    await table.add([uuid4(), uuid4()], until=datetime.now(UTC) - MINUTE)

    await table.add([uuid4()], until=datetime.now(UTC) + MINUTE)

    inside = await asyncpg.connect(fresh.url.replace("+asyncpg", ""))
    assert await inside.fetchval("SELECT count(*) FROM revoked_session") == 1
    await inside.close()
    await database.close()


async def test_mongodb_deletes_what_is_over_by_itself(fresh_mongo) -> None:
    from chassis.documents import Documents
    from chassis.revocation_documents import COLLECTION, make_revocations

    documents = Documents(fresh_mongo.url, fresh_mongo.database)
    await make_revocations(documents)
    indexes = await documents.database[COLLECTION].index_information()
    await documents.close()

    assert indexes["until"]["expireAfterSeconds"] == 0


@dataclass
class Clock:
    time: datetime = NOON

    def now(self) -> datetime:
        return self.time

    def monotonic(self) -> float:
        return self.time.timestamp()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(0)


@dataclass
class Shelf:
    """A store that can be taken away, or made to hang."""

    sessions: set[UUID] = field(default_factory=set)
    down: bool = False
    hangs: bool = False
    added: list[tuple[frozenset[UUID], datetime]] = field(default_factory=list)

    async def add(self, session_ids: Collection[UUID], *, until: datetime) -> None:
        self.added.append((frozenset(session_ids), until))

    async def all(self, *, now: datetime) -> frozenset[UUID]:
        if self.down:
            raise StoreUnavailable("the shelf")
        if self.hangs:
            await asyncio.Event().wait()
        return frozenset(self.sessions)


async def test_a_process_knows_nobody_before_it_has_looked_and_says_so() -> None:
    session = uuid4()
    shelf = Shelf({session}, down=True)
    revoked = RevokedSessions(shelf, World(clock=Clock()))

    assert await revoked.loaded() == ["the shelf is unavailable"]
    assert session not in revoked
    shelf.down = False
    assert await revoked.loaded() == []
    assert session in revoked


async def test_a_store_that_is_down_or_hangs_leaves_the_last_list() -> None:
    session = uuid4()
    shelf = Shelf({session})
    revoked = RevokedSessions(shelf, World(clock=Clock()))
    await revoked.read()

    shelf.down = True
    with pytest.raises(StoreUnavailable):
        await revoked.read()
    shelf.down, shelf.hangs = False, True
    with pytest.raises(StoreUnavailable, match="no answer"):
        await revoked.read()

    assert session in revoked
    assert await revoked.loaded() == []


async def test_what_is_heard_is_kept_for_as_long_as_a_token_may_live() -> None:
    shelf, session = Shelf(), uuid4()
    revoked = RevokedSessions(shelf, World(clock=Clock()))

    await revoked.note([session], revoked_at=NOON - MINUTE)

    assert shelf.added == [({session}, NOON + KEPT)]


async def test_what_is_heard_long_after_is_not_kept() -> None:
    shelf = Shelf()
    revoked = RevokedSessions(shelf, World(clock=Clock()))

    await revoked.note([uuid4()], revoked_at=NOON - timedelta(hours=1))

    assert shelf.added == []
