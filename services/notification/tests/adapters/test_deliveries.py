"""One suite for the twin in memory and for MongoDB."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from chassis.documents import Documents
from chassis.memory import MemoryStore
from chassis.world import World
from notification_service.adapters.delivery_documents import ContactDocuments, DeliveryDocuments
from notification_service.adapters.document_shapes import make_collections
from notification_service.adapters.in_memory import InMemoryContacts, InMemoryDeliveries
from notification_service.ports import Contact, Contacts, Deliveries, Delivery, DeliveryState, delivery_id

MINUTE = timedelta(minutes=1)
ROUNDS = 100


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture(params=["memory", "mongo"])
async def stores(request: pytest.FixtureRequest) -> AsyncIterator[tuple[Contacts, Deliveries]]:
    if request.param == "memory":
        store = MemoryStore(World())
        yield InMemoryContacts(store), InMemoryDeliveries(store)
        return
    fresh = request.getfixturevalue("fresh_mongo")
    documents = Documents(fresh.url, fresh.database)
    assert await documents.faults() == []
    await make_collections(documents)
    yield ContactDocuments(documents), DeliveryDocuments(documents)
    await documents.close()


def a_delivery(
    user_id: UUID, *, state: DeliveryState = DeliveryState.QUEUED, due_at: datetime | None = None
) -> Delivery:
    event = uuid4()
    return Delivery(
        id=delivery_id(event, "email", user_id),
        event_id=event,
        kind="order_confirmed",
        user_id=user_id,
        order_id=uuid4(),
        facts={"number": "M-1"},
        state=state,
        attempts=0,
        due_at=due_at or now() - MINUTE,
    )


def a_contact(seq: int, email: str = "ada@example.org") -> Contact:
    phone = "+4930123456" if seq > 2 else None
    return Contact(UUID(int=7), email, "Ada", "en", verified=seq > 1, seq=seq, phone=phone)


async def test_a_contact_only_moves_forward(stores) -> None:
    contacts, _ = stores

    assert await contacts.put(a_contact(2, "new@example.org"))
    assert not await contacts.put(a_contact(1, "old@example.org"))
    assert not await contacts.put(a_contact(2, "same@example.org"))

    assert await contacts.get(UUID(int=7)) == a_contact(2, "new@example.org")
    assert await contacts.get(UUID(int=8)) is None
    assert await contacts.put(a_contact(3))
    assert await contacts.get(UUID(int=7)) == a_contact(3)


async def test_the_same_delivery_is_added_once(stores) -> None:
    _, deliveries = stores
    owed = a_delivery(uuid4())

    assert await deliveries.add(owed)
    assert not await deliveries.add(replace(owed, facts={"number": "other"}))

    claimed = await deliveries.claim(lease=uuid4(), lasting=MINUTE)
    assert claimed is not None
    assert claimed.facts == {"number": "M-1"}


async def test_a_claimed_delivery_is_nobody_elses_until_its_lease_ends(stores) -> None:
    _, deliveries = stores
    await deliveries.add(a_delivery(uuid4()))
    await deliveries.add(a_delivery(uuid4()))

    held = await deliveries.claim(lease=uuid4(), lasting=MINUTE)
    ended = await deliveries.claim(lease=uuid4(), lasting=-MINUTE)
    again = await deliveries.claim(lease=uuid4(), lasting=MINUTE)

    assert await deliveries.claim(lease=uuid4(), lasting=MINUTE) is None
    assert held.id != ended.id
    assert again.id == ended.id


async def test_whoever_lost_the_lease_writes_nothing(stores) -> None:
    _, deliveries = stores
    owed = a_delivery(uuid4())
    await deliveries.add(owed)
    mine, theirs = uuid4(), uuid4()
    await deliveries.claim(lease=mine, lasting=-MINUTE)
    await deliveries.claim(lease=theirs, lasting=MINUTE)

    done = {"state": DeliveryState.ACCEPTED, "pause": MINUTE, "message_id": "<m@x>"}
    assert not await deliveries.settle(owed.id, lease=mine, **done)
    assert await deliveries.settle(owed.id, lease=theirs, **done)

    [fact] = [fact async for fact in deliveries.facts()]
    assert fact["state"] == "ACCEPTED"
    assert fact["attempts"] == 1
    assert fact["message_id"] == "<m@x>"


@pytest.mark.parametrize(("pause", "due"), [(MINUTE, False), (-MINUTE, True)])
async def test_a_delivery_that_failed_is_due_again_after_its_pause(stores, pause, due) -> None:
    _, deliveries = stores
    owed, lease = a_delivery(uuid4()), uuid4()
    await deliveries.add(owed)
    await deliveries.claim(lease=lease, lasting=MINUTE)
    await deliveries.settle(owed.id, lease=lease, state=DeliveryState.QUEUED, pause=pause, message_id="<m@x>")

    again = await deliveries.claim(lease=uuid4(), lasting=MINUTE)

    assert (again is not None) is due


async def test_the_most_urgent_is_claimed_first_and_the_future_not_at_all(stores) -> None:
    _, deliveries = stores
    later, sooner, future = (a_delivery(uuid4(), due_at=now() - n * MINUTE) for n in (1, 2, -5))
    for owed in (later, sooner, future):
        await deliveries.add(owed)

    claims = [await deliveries.claim(lease=uuid4(), lasting=MINUTE) for _ in range(3)]

    assert [each and each.id for each in claims] == [sooner.id, later.id, None]


async def test_only_the_waiting_ones_of_this_person_are_queued(stores) -> None:
    _, deliveries = stores
    ada, bob = uuid4(), uuid4()
    waiting = a_delivery(ada, state=DeliveryState.WAITING_FOR_CONTACT, due_at=now() + MINUTE)
    others = [a_delivery(bob, state=DeliveryState.WAITING_FOR_CONTACT), a_delivery(ada, state=DeliveryState.SUPPRESSED)]
    for owed in (waiting, *others):
        await deliveries.add(owed)

    await deliveries.contact_known(ada)

    claims = [await deliveries.claim(lease=uuid4(), lasting=MINUTE) for _ in range(2)]
    assert [each and each.id for each in claims] == [waiting.id, None]


async def test_of_many_who_claim_at_once_each_gets_another_delivery(stores) -> None:
    _, deliveries = stores
    owed = [a_delivery(uuid4()) for _ in range(5)]
    for each in owed:
        await deliveries.add(each)

    claims = await asyncio.gather(*(deliveries.claim(lease=uuid4(), lasting=MINUTE) for _ in range(20)))

    assert sorted(each.id for each in claims if each) == sorted(each.id for each in owed)


async def test_of_many_who_add_the_same_delivery_one_does(stores) -> None:
    _, deliveries = stores
    owed = a_delivery(uuid4())

    added = await asyncio.gather(*(deliveries.add(owed) for _ in range(10)))

    assert sorted(added) == [False] * 9 + [True]


async def test_of_many_states_of_a_contact_at_once_the_newest_stays(stores) -> None:
    contacts, _ = stores
    people = [uuid4() for _ in range(ROUNDS)]

    for person in people:
        states = [replace(a_contact(seq, f"{seq}@example.org"), user_id=person) for seq in (3, 1, 5, 2, 4)]
        await asyncio.gather(*(contacts.put(each) for each in states))

    assert [found.seq for person in people if (found := await contacts.get(person))] == [5] * ROUNDS


@pytest.mark.parametrize(
    ("state", "kept"),
    [
        (DeliveryState.ACCEPTED, {}),
        (DeliveryState.SUPPRESSED, {}),
        (DeliveryState.QUEUED, {"number": "M-1"}),
    ],
)
async def test_what_will_never_be_sent_again_is_forgotten(stores, state, kept) -> None:
    _, deliveries = stores
    owed, lease = a_delivery(uuid4()), uuid4()
    await deliveries.add(owed)
    await deliveries.claim(lease=lease, lasting=MINUTE)
    await deliveries.settle(owed.id, lease=lease, state=state, pause=MINUTE, message_id="<m@x>")

    assert await facts_kept(deliveries, owed.id) == kept


async def facts_kept(deliveries: Any, delivery_id: str) -> Any:
    """Behind the port's back: what is still stored of what a template showed."""
    if isinstance(deliveries, InMemoryDeliveries):
        return deliveries._rows.get(delivery_id).facts
    return (await deliveries._deliveries.find_one({"_id": delivery_id}))["facts"]


async def test_what_is_owed_because_of_an_order_is_told_with_what_became_of_it(stores) -> None:
    _, deliveries = stores
    owed, other = a_delivery(uuid4()), a_delivery(uuid4())
    await deliveries.add(owed)
    await deliveries.add(other)
    [waiting] = await deliveries.of_order(owed.order_id)
    assert (waiting.id, waiting.state, waiting.attempts, waiting.tried_at) == (owed.id, DeliveryState.QUEUED, 0, None)

    lease = uuid4()
    held = await deliveries.claim(lease=lease, lasting=MINUTE)
    done = {"state": DeliveryState.ACCEPTED, "pause": MINUTE, "message_id": "<m@x>"}
    assert await deliveries.settle(held.id, lease=lease, **done)

    [told] = await deliveries.of_order(held.order_id)
    assert (told.id, told.state, told.attempts, told.message_id) == (held.id, DeliveryState.ACCEPTED, 1, "<m@x>")
    assert abs(told.tried_at - now()) < MINUTE
    assert await deliveries.of_order(uuid4()) == []
