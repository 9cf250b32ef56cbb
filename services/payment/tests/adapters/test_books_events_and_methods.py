"""One contract for the ledger, the webhooks and the saved methods, on the twin in memory and on PostgreSQL."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from asyncpg.exceptions import IntegrityConstraintViolationError
from chassis.world import World
from payment_service.domain.commands import State
from payment_service.domain.ledger import Entry, Posting, capture_entry
from payment_service.domain.payment import Payment
from payment_service.domain.webhook import PspEvent
from payment_service.ports import Card, Method, Payments

WORLD = World()
ADA, BOB = WORLD.ids.uuid7(), WORLD.ids.uuid7()
REFUSED = (ValueError, IntegrityConstraintViolationError)
DEBIT = Posting("psp_clearing", "debit", 100, "EUR")
CREDIT = Posting("customer_receivable", "credit", 100, "EUR")


def an_event(id_: str = "evt_1", **others: Any) -> PspEvent:
    plain = {"type": "payment_intent.succeeded", "intent_id": "pi_1", "payment_id": None, "refund_id": None}
    return PspEvent(id=id_, **{**plain, **others})


def a_method(provider_method_id: str = "pm_1", *, user: UUID = ADA) -> Method:
    card = Card(provider_method_id, "visa", "4242", 12, 2034)
    return Method(WORLD.ids.uuid7(), user, f"cus_{user}", card)


async def added(payments: Payments, method: Method) -> Method:
    async with payments.transaction() as tx:
        await tx.add_customer(method.user_id, method.customer)
        return await tx.add_method(method)


async def ledger(payments: Payments) -> list[dict[str, Any]]:
    return [fact async for fact in payments.facts() if fact["kind"] == "ledger_tx"]


async def test_what_is_booked_is_read_back(payments: Payments) -> None:
    about = WORLD.ids.uuid7()

    async with payments.transaction() as tx:
        await tx.post(capture_entry(about, 3558, "EUR"))

    [found] = await ledger(payments)
    assert (found["entry"], found["ref"]) == ("capture", f"capture:{about}")
    assert found["postings"] == [
        {"account": "psp_clearing", "side": "debit", "amount": 3558, "currency": "EUR"},
        {"account": "customer_receivable", "side": "credit", "amount": 3558, "currency": "EUR"},
    ]


async def test_the_same_thing_is_booked_once(payments: Payments) -> None:
    entry = capture_entry(WORLD.ids.uuid7(), 3558, "EUR")
    async with payments.transaction() as tx:
        await tx.post(entry)

    with pytest.raises(REFUSED):
        async with payments.transaction() as tx:
            await tx.post(entry)

    assert len(await ledger(payments)) == 1


@pytest.mark.parametrize(
    "postings",
    [
        (),
        (DEBIT,),
        (DEBIT, DEBIT),
        (DEBIT, Posting("customer_receivable", "credit", 99, "EUR")),
        (DEBIT, Posting("customer_receivable", "credit", 100, "USD")),
        (DEBIT, CREDIT, Posting("fees", "debit", 1, "EUR")),
        (Posting("psp_clearing", "debit", 0, "EUR"), Posting("fees", "credit", 0, "EUR")),
        (Posting("psp_clearing", "debit", -5, "EUR"), Posting("fees", "credit", -5, "EUR")),
    ],
)
async def test_what_does_not_balance_is_not_booked(payments: Payments, postings: tuple[Posting, ...]) -> None:
    with pytest.raises(REFUSED):
        async with payments.transaction() as tx:
            await tx.post(Entry("capture", "capture:1", postings))

    assert await ledger(payments) == []


async def test_an_entry_may_have_many_postings_and_currencies(payments: Payments) -> None:
    dollars = (Posting("psp_clearing", "debit", 7, "USD"), Posting("fees", "credit", 7, "USD"))
    split = (Posting("revenue", "credit", 60, "EUR"), Posting("tax_payable", "credit", 40, "EUR"))

    async with payments.transaction() as tx:
        await tx.post(Entry("capture", "capture:1", (DEBIT, *split, *dollars)))

    [found] = await ledger(payments)
    assert len(found["postings"]) == 5


async def test_a_booking_is_lost_with_its_transaction(payments: Payments) -> None:
    async def fail_after_booking() -> None:
        async with payments.transaction() as tx:
            await tx.post(capture_entry(WORLD.ids.uuid7(), 3558, "EUR"))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail_after_booking()

    assert await ledger(payments) == []


async def test_the_payment_of_an_intent_is_found(payments: Payments) -> None:
    payment = Payment(WORLD.ids.uuid7(), WORLD.ids.uuid7(), 100, "EUR", State.CREATED)
    async with payments.transaction() as tx:
        await tx.add(payment)
        await tx.save(replace(payment, state=State.AUTHORIZING, intent_id="pi_1"))

    async with payments.transaction() as tx:
        assert await tx.by_intent("pi_1") == payment.id
        assert await tx.by_intent("pi_2") is None


async def test_an_event_is_stored_once_and_worked_on_until_it_is_finished(payments: Payments) -> None:
    event = an_event(payment_id=WORLD.ids.uuid7(), refund_id=WORLD.ids.uuid7())
    async with payments.transaction() as tx:
        assert await tx.add_event(event)
    async with payments.transaction() as tx:
        assert not await tx.add_event(event)

    async with payments.transaction() as tx:
        waiting = await tx.next_event()
        assert waiting is not None
        assert (waiting.event, waiting.tries) == (event, 0)
        assert waiting.received_at <= waiting.now
        await tx.finish_event(event.id)

    async with payments.transaction() as tx:
        assert await tx.next_event() is None
        assert not await tx.add_event(event)
        assert await tx.next_event() is None


async def test_an_event_that_is_put_off_comes_back_and_counts(payments: Payments) -> None:
    async with payments.transaction() as tx:
        await tx.add_event(an_event())
        await tx.put_off_event("evt_1", after=0)

    async with payments.transaction() as tx:
        waiting = await tx.next_event()
        assert waiting is not None
        assert waiting.tries == 1
        await tx.put_off_event("evt_1", after=60)

    async with payments.transaction() as tx:
        assert await tx.next_event() is None


async def test_an_event_is_not_lost_by_whoever_dies_over_it(payments: Payments) -> None:
    async with payments.transaction() as tx:
        await tx.add_event(an_event())

    async def die_over_it() -> None:
        async with payments.transaction() as tx:
            assert await tx.next_event() is not None
            await tx.finish_event("evt_1")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await die_over_it()

    async with payments.transaction() as tx:
        assert await tx.next_event() is not None


async def test_events_that_are_finished_are_forgotten_when_they_are_old(payments: Payments) -> None:
    async with payments.transaction() as tx:
        for name in ("evt_1", "evt_2"):
            await tx.add_event(an_event(name))
        await tx.finish_event("evt_1")

    assert await payments.forget_events(kept=timedelta(minutes=1)) == 0
    assert await payments.forget_events(kept=timedelta(0)) == 1
    assert await payments.forget_events(kept=timedelta(0)) == 0

    async with payments.transaction() as tx:
        assert await tx.add_event(an_event("evt_1"))
        assert not await tx.add_event(an_event("evt_2"))


async def test_two_workers_finish_thirty_events_and_none_twice(payments: Payments) -> None:
    async with payments.transaction() as tx:
        for number in range(30):
            await tx.add_event(an_event(f"evt_{number}"))

    async def worker() -> list[str]:
        mine: list[str] = []
        while True:
            async with payments.transaction() as tx:
                waiting = await tx.next_event()
                if waiting is None:
                    return mine
                await asyncio.sleep(0)
                await tx.finish_event(waiting.event.id)
                mine.append(waiting.event.id)

    shares = await asyncio.gather(worker(), worker())

    assert sorted(shares[0] + shares[1]) == sorted(f"evt_{number}" for number in range(30))


async def test_a_person_has_one_customer_at_the_provider(payments: Payments) -> None:
    async with payments.transaction() as tx:
        assert await tx.customer(ADA) is None
        await tx.add_customer(ADA, "cus_1")
        await tx.add_customer(ADA, "cus_2")

    async with payments.transaction() as tx:
        assert await tx.customer(ADA) == "cus_1"
        assert await tx.customer(BOB) is None


async def test_saved_methods_are_listed_oldest_first_for_their_owner_alone(payments: Payments) -> None:
    first, second = await added(payments, a_method()), await added(payments, a_method("pm_2"))
    bobs = await added(payments, a_method("pm_3", user=BOB))

    async with payments.transaction() as tx:
        assert await tx.methods(ADA) == [first, second]
        assert await tx.methods(BOB) == [bobs]
        assert await tx.method(first.id, owner=ADA) == first
        assert await tx.method(first.id, owner=BOB) is None
        assert await tx.method(WORLD.ids.uuid7(), owner=ADA) is None


async def test_the_same_card_of_the_provider_is_saved_once_per_person(payments: Payments) -> None:
    first = await added(payments, a_method())

    again = await added(payments, a_method())

    assert again == first
    async with payments.transaction() as tx:
        assert await tx.methods(ADA) == [first]


async def test_a_deleted_method_is_gone_and_nobody_deletes_anothers(payments: Payments) -> None:
    method, other = await added(payments, a_method()), await added(payments, a_method("pm_2"))

    async with payments.transaction() as tx:
        await tx.delete_method(method.id, owner=ADA)
        await tx.delete_method(other.id, owner=BOB)
        await tx.delete_method(WORLD.ids.uuid7(), owner=ADA)

    async with payments.transaction() as tx:
        assert await tx.methods(ADA) == [other]


async def test_books_in_order_break_no_invariant(payments: Payments) -> None:
    await captured_for(payments, booked=500)

    assert await payments.violations() == {"I5": 0, "I6": 0}


async def test_money_that_moved_and_was_not_booked_is_found(payments: Payments) -> None:
    await captured_for(payments, booked=None)
    await captured_for(payments, booked=499)

    assert await payments.violations() == {"I5": 2, "I6": 0}


async def captured_for(payments: Payments, *, booked: int | None) -> None:
    """A captured payment over 500, and what the ledger says of it."""
    payment = Payment(WORLD.ids.uuid7(), WORLD.ids.uuid7(), 500, "EUR", State.CREATED)
    async with payments.transaction() as tx:
        await tx.add(payment)
        await tx.save(replace(payment, state=State.CAPTURED, captured=500))
        if booked is not None:
            await tx.post(capture_entry(payment.id, booked, "EUR"))
