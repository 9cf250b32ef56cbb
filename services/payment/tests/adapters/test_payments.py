"""One contract for payments and refunds, on the twin in memory and on PostgreSQL."""

import asyncio
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from chassis.world import World
from contracts.payment import PaymentVoided
from payment_service.domain.commands import Answer, State
from payment_service.domain.payment import Payment
from payment_service.domain.refund import Refund, RefundState
from payment_service.domain.webhook import PspEvent
from payment_service.ports import AnotherPaymentLives, Payments, Work

WORLD = World()
LONG = 60.0


def new_id() -> UUID:
    return WORLD.ids.uuid7()


def a_payment(**others: Any) -> Payment:
    plain = {"id": new_id(), "order_id": new_id(), "amount": 3558, "currency": "EUR", "state": State.CREATED}
    return Payment(**{**plain, "customer": "cus_1", "method": "pm_1", **others})


async def added(payments: Payments, payment: Payment | None = None) -> Payment:
    payment = payment or a_payment()
    async with payments.transaction() as tx:
        assert await tx.add(payment)
    return payment


async def captured(payments: Payments) -> Payment:
    payment = await added(payments)
    taken = replace(payment, state=State.CAPTURED, intent_id=f"pi_{payment.id}", captured=3558)
    async with payments.transaction() as tx:
        await tx.save(taken)
    return taken


async def asked_back(payments: Payments, **others: Any) -> Refund:
    refund = Refund(**{"id": new_id(), "payment_id": (await captured(payments)).id, "amount": 100, **others})
    async with payments.transaction() as tx:
        await tx.add_refund(refund)
    return refund


async def stored(payments: Payments, payment_id: UUID) -> Payment | None:
    async with payments.transaction() as tx:
        return await tx.lock(payment_id)


async def stored_refund(payments: Payments, refund_id: UUID) -> Refund | None:
    async with payments.transaction() as tx:
        return await tx.lock_refund(refund_id)


async def facts(payments: Payments, kind: str) -> list[dict[str, Any]]:
    return [fact async for fact in payments.facts() if fact["kind"] == kind]


async def test_a_payment_is_read_back_as_it_was_added(payments: Payments) -> None:
    payment = await added(payments)

    assert await stored(payments, payment.id) == payment
    assert await stored(payments, new_id()) is None


async def test_a_payment_on_the_providers_page_is_read_back_as_it_was_added(payments: Payments) -> None:
    until = datetime(2026, 11, 24, 12, 31, tzinfo=UTC)
    hosted = await added(
        payments, a_payment(customer=None, method=None, return_url="https://shop.example/orders/1", act_until=until)
    )

    assert await stored(payments, hosted.id) == hosted


async def test_a_failed_payment_and_a_tombstone_are_read_back_as_they_were_added(payments: Payments) -> None:
    failed = await added(payments, a_payment(state=State.FAILED, reason="unknown_payment_method", method=None))
    tombstone = await added(
        payments, a_payment(state=State.VOIDED, amount=0, currency=None, customer=None, method=None)
    )

    assert await stored(payments, failed.id) == failed
    assert await stored(payments, tombstone.id) == tombstone


async def test_a_changed_payment_is_read_back_changed_in_every_field(payments: Payments) -> None:
    payment = await added(payments)
    changed = replace(
        payment,
        state=State.VOIDING,
        session_id="cs_1",
        intent_id="pi_1",
        page_url="https://pay.example/cs_1",
        act_until=datetime(2026, 11, 24, 12, 31, tzinfo=UTC),
        void_requested=True,
        unknown=True,
        ending=Answer.CAPTURE_FAILED,
        reason="expired",
        captured=3558,
        refunded=58,
        key_number=3,
        attempts=7,
        lease=None,
    )

    async with payments.transaction() as tx:
        await tx.save(changed)

    assert await stored(payments, payment.id) == changed


async def test_a_payment_is_added_once(payments: Payments) -> None:
    payment = await added(payments)

    async with payments.transaction() as tx:
        assert not await tx.add(replace(payment, amount=1))

    assert await stored(payments, payment.id) == payment


async def test_of_many_who_add_the_same_payment_at_once_one_does(payments: Payments) -> None:
    for _ in range(50):  # what they meet first, their own id or their order's live payment, is a matter of luck
        payment = a_payment()

        async def add(payment: Payment = payment) -> bool:
            async with payments.transaction() as tx:
                return await tx.add(payment)

        assert sorted(await asyncio.gather(*(add() for _ in range(8)))) == [False] * 7 + [True]


async def test_an_order_has_one_live_payment_at_a_time(payments: Payments) -> None:
    first = await added(payments)
    second = a_payment(order_id=first.order_id)

    with pytest.raises(AnotherPaymentLives):
        await added(payments, second)
    assert await stored(payments, second.id) is None

    async with payments.transaction() as tx:
        await tx.save(replace(first, state=State.FAILED))
    await added(payments, second)


async def test_a_tombstone_beside_a_live_payment_is_no_second_one(payments: Payments) -> None:
    live = await added(payments)

    await added(payments, a_payment(order_id=live.order_id, state=State.VOIDED))


async def test_of_many_payments_of_one_order_at_once_one_lives(payments: Payments) -> None:
    order = new_id()

    async def add() -> bool:
        try:
            await added(payments, a_payment(order_id=order))
        except AnotherPaymentLives:
            return False
        return True

    assert sorted(await asyncio.gather(*(add() for _ in range(8)))) == [False] * 7 + [True]


async def test_nothing_is_kept_of_a_transaction_that_failed(payments: Payments) -> None:
    payment = a_payment()

    async def fail_after_writing() -> None:
        async with payments.transaction() as tx:
            await tx.add(payment)
            await tx.announce(PaymentVoided(order_id=payment.order_id, payment_id=payment.id))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail_after_writing()

    assert await stored(payments, payment.id) is None
    assert await facts(payments, "outbox") == []


async def test_what_is_announced_waits_in_the_outbox_as_often_as_it_was_said(payments: Payments) -> None:
    payment = await added(payments)
    message = PaymentVoided(order_id=payment.order_id, payment_id=payment.id)

    for _ in range(2):
        async with payments.transaction() as tx:
            await tx.announce(message)

    waiting = await facts(payments, "outbox")
    assert [(each["type"], each["aggregate_id"], each["published"]) for each in waiting] == [
        ("PaymentVoided.v1", str(payment.order_id), False)
    ] * 2
    assert len({each["id"] for each in waiting}) == 2


async def test_a_new_payment_is_claimed_once_until_its_lease_ends(payments: Payments) -> None:
    payment = await added(payments)
    lease = new_id()

    claimed = await payments.claim(lease, seconds=LONG)

    assert claimed == replace(payment, lease=lease)
    assert await payments.claim(new_id(), seconds=LONG) is None
    assert await stored(payments, payment.id) == claimed


async def test_two_workers_claim_fifty_payments_and_none_twice(payments: Payments) -> None:
    ids = {(await added(payments)).id for _ in range(50)}

    async def worker() -> list[UUID]:
        mine: list[UUID] = []
        while claimed := await payments.claim(new_id(), seconds=LONG):
            mine.append(claimed.id)
            await asyncio.sleep(0)
        return mine

    shares = await asyncio.gather(worker(), worker())

    assert Counter(id_ for share in shares for id_ in share) == dict.fromkeys(ids, 1)
    assert all(shares)


async def test_what_a_dead_workers_call_did_is_unknown(payments: Payments) -> None:
    payment = await added(payments)
    first = await payments.claim(new_id(), seconds=0)
    lease = new_id()

    second = await payments.claim(lease, seconds=LONG)

    assert first is not None
    assert not first.unknown
    assert second == replace(payment, lease=lease, unknown=True)


async def test_a_lease_that_was_given_back_leaves_nothing_unknown(payments: Payments) -> None:
    payment = await added(payments)
    await payments.claim(new_id(), seconds=LONG)
    async with payments.transaction() as tx:
        await tx.save(payment)

    again = await payments.claim(new_id(), seconds=LONG)

    assert again is not None
    assert not again.unknown


async def test_a_command_leaves_the_lease_where_it_is(payments: Payments) -> None:
    payment = await added(payments)
    claimed = await payments.claim(new_id(), seconds=LONG)

    async with payments.transaction() as tx:
        held = await tx.lock(payment.id)
        assert held is not None
        await tx.save(held.request_void())

    assert await payments.claim(new_id(), seconds=LONG) is None
    assert await stored(payments, payment.id) == (claimed and claimed.request_void())


async def test_what_is_put_off_is_not_due_yet(payments: Payments) -> None:
    payment = await added(payments)

    async with payments.transaction() as tx:
        await tx.save(payment.later(), after=LONG)

    assert await payments.claim(new_id(), seconds=LONG) is None
    assert await payments.unsettled() == 1


@pytest.mark.parametrize(
    ("state", "due"),
    [(each, each not in {State.AUTHORIZED, State.CAPTURED, State.VOIDED, State.FAILED}) for each in State],
)
async def test_only_what_waits_for_the_provider_is_claimed(payments: Payments, state: State, due: bool) -> None:
    payment = await added(payments)
    async with payments.transaction() as tx:
        await tx.save(replace(payment, state=state))

    claimed = await payments.claim(new_id(), seconds=LONG)

    assert (claimed is not None) is due
    # Whoever waits for a customer does not wait for the provider.
    assert await payments.unsettled() == int(due and state is not State.REQUIRES_ACTION)


async def test_a_customers_page_that_must_be_looked_at_counts_as_unsettled(payments: Payments) -> None:
    payment = await added(payments)
    async with payments.transaction() as tx:
        await tx.save(replace(payment, state=State.REQUIRES_ACTION, session_id="cs_1", unknown=True))

    assert await payments.unsettled() == 1


async def test_a_settled_payment_with_news_is_claimed_for_a_look(payments: Payments) -> None:
    payment = await added(payments)
    async with payments.transaction() as tx:
        await tx.save(replace(payment, state=State.AUTHORIZED, intent_id="pi_1", unknown=True))

    claimed = await payments.claim(new_id(), seconds=LONG)

    assert claimed is not None
    assert (claimed.state, claimed.unknown) == (State.AUTHORIZED, True)


async def test_a_refund_is_read_back_as_it_was_added_and_as_it_was_changed(payments: Payments) -> None:
    refund = await asked_back(payments)
    assert await stored_refund(payments, refund.id) == refund
    assert await stored_refund(payments, new_id()) is None
    claimed = await payments.claim_refund(new_id(), seconds=LONG)
    assert claimed is not None
    changed = replace(claimed, state=RefundState.FAILED, attempt=2, look=True, reason="lost_card", tries=4, lease=None)

    async with payments.transaction() as tx:
        await tx.save_refund(changed)
        assert await tx.refunds(refund.payment_id) == [replace(changed, claimed_at=None)]

    assert await stored_refund(payments, refund.id) == replace(changed, claimed_at=None)


async def test_the_refunds_of_a_payment_are_its_own(payments: Payments) -> None:
    mine, _others = await asked_back(payments), await asked_back(payments)

    async with payments.transaction() as tx:
        assert await tx.refunds(mine.payment_id) == [mine]
        assert await tx.refunds(new_id()) == []


async def test_claiming_a_refund_notes_when_its_key_was_first_used(payments: Payments) -> None:
    refund = await asked_back(payments)

    first = await payments.claim_refund(new_id(), seconds=0)
    second = await payments.claim_refund(new_id(), seconds=LONG)

    assert first is not None
    assert second is not None
    assert first.id == second.id == refund.id
    assert first.first_sent_at is not None
    assert first.first_sent_at == first.claimed_at == second.first_sent_at
    assert second.claimed_at is not None
    assert second.claimed_at > second.first_sent_at
    assert await payments.claim_refund(new_id(), seconds=LONG) is None


async def test_two_workers_claim_fifty_refunds_and_none_twice(payments: Payments) -> None:
    ids = {(await asked_back(payments)).id for _ in range(50)}

    async def worker() -> list[UUID]:
        mine: list[UUID] = []
        while claimed := await payments.claim_refund(new_id(), seconds=LONG):
            mine.append(claimed.id)
            await asyncio.sleep(0)
        return mine

    shares = await asyncio.gather(worker(), worker())

    assert Counter(id_ for share in shares for id_ in share) == dict.fromkeys(ids, 1)
    assert all(shares)


@pytest.mark.parametrize("state", [RefundState.DONE, RefundState.FAILED])
async def test_a_refund_that_is_over_is_not_claimed(payments: Payments, state: RefundState) -> None:
    refund = await asked_back(payments)
    async with payments.transaction() as tx:
        await tx.save_refund(replace(refund, state=state))

    assert await payments.claim_refund(new_id(), seconds=LONG) is None
    assert await payments.unsettled() == 0


async def test_payments_and_refunds_are_facts(payments: Payments) -> None:
    refund = await asked_back(payments)

    [payment] = await facts(payments, "payment")
    assert payment == {
        "kind": "payment",
        "id": str(refund.payment_id),
        "order_id": payment["order_id"],
        "state": "CAPTURED",
        "amount": 3558,
        "currency": "EUR",
        "session_id": None,
        "intent_id": f"pi_{payment['id']}",
        "captured": 3558,
        "refunded": 0,
    }
    assert await facts(payments, "refund") == [
        {
            "kind": "refund",
            "id": str(refund.id),
            "payment_id": str(refund.payment_id),
            "amount": 100,
            "state": "REQUESTED",
        }
    ]


async def test_hands_are_told_what_kinds_of_work_are_due(payments: Payments) -> None:
    assert list(await payments.due()) == []

    await added(payments)
    assert list(await payments.due()) == [Work.PAYMENT]

    await payments.claim(new_id(), seconds=LONG)
    await asked_back(payments)
    async with payments.transaction() as tx:
        await tx.add_event(PspEvent("evt_1", "payment_intent.succeeded", "pi_1", None, None))
    assert list(await payments.due()) == [Work.REFUND, Work.EVENT]

    await payments.claim_refund(new_id(), seconds=LONG)
    async with payments.transaction() as tx:
        await tx.put_off_event("evt_1", after=LONG)
    assert list(await payments.due()) == []
