"""One suite for the twins in memory and for MongoDB: what people want, and what text messages have cost."""

import asyncio
from collections.abc import AsyncIterator
from datetime import date
from uuid import UUID

import pytest
from chassis.documents import Documents
from chassis.memory import MemoryStore
from chassis.world import World
from notification_service.adapters.document_shapes import make_collections
from notification_service.adapters.memory_preferences import InMemoryPreferences, InMemorySmsBudget
from notification_service.adapters.preference_documents import PreferenceDocuments, SmsBudgetDocuments
from notification_service.domain.preferences import Preferences, Wish
from notification_service.domain.sms import SmsLimits
from notification_service.ports import SmsBudget, WantedByPerson

ADA, BOB = UUID(int=7), UUID(int=8)
TODAY, TOMORROW = date(2026, 11, 1), date(2026, 11, 2)
LIMITS = SmsLimits(prefixes=("+49",), per_person_a_day=5, price_of_segment=9, spent_a_day=100)

Kept = tuple[WantedByPerson, SmsBudget]


@pytest.fixture(params=["memory", "mongo"])
async def kept(request: pytest.FixtureRequest) -> AsyncIterator[Kept]:
    if request.param == "memory":
        store = MemoryStore(World())
        yield InMemoryPreferences(store), InMemorySmsBudget(store, LIMITS)
        return
    fresh = request.getfixturevalue("fresh_mongo")
    documents = Documents(fresh.url, fresh.database)
    await make_collections(documents)
    yield PreferenceDocuments(documents), SmsBudgetDocuments(documents, LIMITS)
    await documents.close()


async def test_what_somebody_chose_is_kept_until_they_choose_again(kept: Kept) -> None:
    wanted, _ = kept
    first = Preferences({"order_shipped": Wish(email=False, sms=True), "security_alert": Wish(email=True, sms=False)})
    second = Preferences({"order_confirmed": Wish(email=True, sms=True)})

    assert await wanted.get(ADA) == Preferences({})
    await wanted.put(ADA, first)
    assert await wanted.get(ADA) == first
    await wanted.put(ADA, second)
    assert await wanted.get(ADA) == second
    assert await wanted.get(BOB) == Preferences({})


async def test_five_a_day_for_each_person(kept: Kept) -> None:
    _, budget = kept

    taken = [await budget.take(ADA, day=TODAY, cost=1) for _ in range(6)]

    assert taken == [True] * 5 + [False]
    assert await budget.take(BOB, day=TODAY, cost=1)
    assert await budget.take(ADA, day=TOMORROW, cost=1)


async def test_no_more_than_the_day_may_cost_and_who_is_refused_has_used_nothing(kept: Kept) -> None:
    _, budget = kept

    assert not await budget.take(ADA, day=TODAY, cost=101)
    assert await budget.take(ADA, day=TODAY, cost=60)
    for _ in range(9):
        assert not await budget.take(ADA, day=TODAY, cost=60)
    assert await budget.take(ADA, day=TODAY, cost=40)
    assert not await budget.take(BOB, day=TODAY, cost=1)
    assert await budget.take(BOB, day=TOMORROW, cost=100)


async def test_what_was_not_sent_is_given_back(kept: Kept) -> None:
    _, budget = kept
    for _ in range(5):
        await budget.take(ADA, day=TODAY, cost=20)

    await budget.give_back(ADA, day=TODAY, cost=20)

    assert await budget.take(ADA, day=TODAY, cost=20)
    assert not await budget.take(BOB, day=TODAY, cost=1)


async def test_of_many_at_once_only_as_many_as_may(kept: Kept) -> None:
    _, budget = kept

    one = await asyncio.gather(*(budget.take(ADA, day=TODAY, cost=1) for _ in range(20)))
    all_ = await asyncio.gather(*(budget.take(UUID(int=n), day=TOMORROW, cost=10) for n in range(20)))

    assert (sum(one), sum(all_)) == (5, 10)
