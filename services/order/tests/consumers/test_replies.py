"""The side door: each reply means its one thing, however often and in whatever order it comes."""

import random
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from chassis.broker import Verdict
from chassis.consuming import Dispatcher
from chassis.faults import StoreUnavailable
from chassis.messages import Contract, seal
from chassis.world import World
from contracts.payment import (
    PaymentActionRequired,
    PaymentAuthorized,
    PaymentCaptured,
    PaymentCaptureFailed,
    PaymentDeclined,
    PaymentRefunded,
    PaymentVoided,
    RefundFailed,
)
from contracts.product import (
    MissingStock,
    StockCommitRejected,
    StockCommitted,
    StockReleased,
    StockReservationRejected,
    StockReserved,
)
from contracts.topology import LISTENERS
from order_service.consumers import listeners
from order_service.domain.order import Order

PAGE = "https://pay.example/cs_1"
Hear = Callable[[Contract], Awaitable[Verdict]]


@pytest.fixture
def hear(service) -> Hear:
    """A message arrives, as the broker would deliver it."""
    dispatch = Dispatcher(*listeners(service), observe=service.metrics.heard)

    async def hear(message: Contract) -> Verdict:
        return await dispatch(seal(message, world=World()).body)

    return hear


def about(order: Order, kind: type[Any], **changes: Any) -> Any:
    """A reply of this kind about this order."""
    facts: dict[str, Any] = {
        "order_id": order.id,
        "payment_id": order.payment_id,
        "refund_id": order.cancel_refund_id,
        "amount": order.total,
        "currency": order.currency,
        "reason": "card_declined",
        "url": PAGE,
        "expires_at": datetime(2026, 11, 1, 12, 31, tzinfo=UTC),
        "missing": (MissingStock(sku="TEA-1", wanted=2, available=0),),
    }
    return kind(**{**facts, **changes})


def test_all_that_is_addressed_to_order_is_heard(service) -> None:
    assert {each.contract for each in listeners(service)} == set(LISTENERS["order"])


@pytest.mark.parametrize(
    ("state", "kind", "after"),
    [
        ("PENDING", StockReserved, "RESERVED"),
        ("PENDING", StockReservationRejected, "CANCELLED"),
        ("RESERVED", PaymentAuthorized, "AUTHORIZED"),
        ("RESERVED", PaymentDeclined, "CANCELLING"),
        ("RESERVED", PaymentActionRequired, "AWAITING_CUSTOMER"),
        ("AWAITING_CUSTOMER", PaymentAuthorized, "AUTHORIZED"),
        ("AWAITING_CUSTOMER", PaymentDeclined, "CANCELLING"),
        ("AUTHORIZED", StockCommitted, "COMMITTED"),
        ("AUTHORIZED", StockCommitRejected, "CANCELLING"),
        ("COMMITTED", PaymentCaptured, "CONFIRMED"),
        ("COMMITTED", PaymentCaptureFailed, "CANCELLING"),
    ],
)
async def test_each_reply_means_its_one_thing_and_a_repeat_nothing(till, hear, state, kind, after) -> None:
    order = await till.order_in(state)
    reply = about(order, kind)

    assert await hear(reply) is Verdict.DONE

    moved = await till.look(order)
    assert (moved.state, moved.history[-1].trigger) == (after, kind.__name__)
    said = till.said()
    assert await hear(reply) is Verdict.DONE
    assert await till.look(order) == moved
    assert till.said() == said


async def test_the_first_page_stays_however_often_payment_says_where_it_is(till, hear) -> None:
    order = await till.order_in("RESERVED")

    await hear(about(order, PaymentActionRequired))
    await hear(about(order, PaymentActionRequired, url="https://pay.example/another"))

    order = await till.look(order)
    assert (order.state, order.payment_url) == ("AWAITING_CUSTOMER", PAGE)
    assert order.payment_page.expires_at == datetime(2026, 11, 1, 12, 31, tzinfo=UTC)
    await hear(about(order, PaymentAuthorized))
    assert (await till.look(order)).payment_url is None


async def test_a_refund_ends_with_its_own_reply_and_no_others(till, hear) -> None:
    order = await till.refund(await till.order_in("CONFIRMED"), amount=100)

    for stranger in (order.cancel_refund_id, uuid4()):
        await hear(about(order, PaymentRefunded, refund_id=stranger, amount=100))
        await hear(about(order, RefundFailed, refund_id=stranger))
    assert (await till.look(order)).state == "REFUNDING"

    await hear(about(order, PaymentRefunded, refund_id=order.refunds[0].id, amount=100))
    await hear(about(order, PaymentRefunded, refund_id=order.refunds[0].id, amount=100))
    assert ((await till.look(order)).state, (await till.look(order)).refunded) == ("CONFIRMED", 100)
    assert till.said()[-2:] == ["RefundPayment", "OrderRefunded"]


async def test_a_refund_that_fails_leaves_the_order_as_it_was_and_somebody_should_know(till, hear) -> None:
    order = await till.refund(await till.ship(await till.order_in("CONFIRMED")), amount=100)

    await hear(about(order, RefundFailed, refund_id=order.refunds[0].id))

    order = await till.look(order)
    assert (order.state, order.refunded, order.refunds[0].outcome) == ("SHIPPED", 0, "FAILED")
    assert till.count("shop_saga_refunds_failed_total") == 1


async def test_a_cancellation_ends_with_its_two_legs(till, hear) -> None:
    order = await till.cancel(await till.order_in("CONFIRMED"))

    await hear(about(order, RefundFailed))
    await hear(about(order, StockReleased))
    await hear(about(order, PaymentRefunded))

    order = await till.look(order)
    assert [each.trigger for each in order.history[-3:]] == ["RefundFailed", "StockReleased", "PaymentRefunded"]
    assert (order.state, order.refunded) == ("CANCELLED", order.total)


async def test_an_authorisation_that_is_let_go_ends_the_other_kind(till, hear) -> None:
    order = await till.cancel(await till.order_in("AUTHORIZED"))

    await hear(about(order, PaymentVoided))
    await hear(about(order, StockReleased))

    assert (await till.look(order)).state == "CANCELLED"


@pytest.mark.parametrize(
    ("state", "kind"),
    [
        ("RESERVED", PaymentAuthorized),
        ("RESERVED", PaymentDeclined),
        ("RESERVED", PaymentActionRequired),
        ("COMMITTED", PaymentCaptured),
        ("COMMITTED", PaymentCaptureFailed),
    ],
)
async def test_a_reply_about_another_payment_is_heard_and_means_nothing(till, hear, state, kind) -> None:
    order = await till.order_in(state)

    assert await hear(about(order, kind, payment_id=uuid4())) is Verdict.DONE

    assert await till.look(order) == order
    assert till.count("shop_saga_unexpected_replies_total", state=state, trigger=kind.__name__) == 1


@pytest.mark.parametrize("kind", [PaymentRefunded, RefundFailed])
async def test_a_reply_about_another_refund_or_payment_is_heard_and_means_nothing(till, hear, kind) -> None:
    order = await till.cancel(await till.order_in("CONFIRMED"))

    await hear(about(order, kind, refund_id=uuid4()))
    await hear(about(order, kind, payment_id=uuid4()))

    assert await till.look(order) == order


EVERY_REPLY = sorted((each for each in LISTENERS["order"] if each.about == "order_id"), key=lambda kind: kind.__name__)


@pytest.mark.parametrize("state", ["CONFIRMED", "CANCELLED"])
async def test_a_settled_order_is_deaf(till, hear, state) -> None:
    order = await till.order_in(state)
    said = till.said()
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    replies = EVERY_REPLY * 2
    random.Random(seed).shuffle(replies)

    assert {await hear(about(order, kind)) for kind in replies} == {Verdict.DONE}

    assert await till.look(order) == order
    assert till.said() == said


async def test_replies_shuffled_and_doubled_end_where_they_should(till, hear) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    dice = random.Random(seed)
    answers = {
        "ReserveStock": StockReserved,
        "AuthorizePayment": PaymentAuthorized,
        "CommitStock": StockCommitted,
        "CapturePayment": PaymentCaptured,
    }
    orders = [await till.placed() for _ in range(10)]
    by_id = {str(order.id): order for order in orders}
    heard: list[Contract] = []
    while due := await till.deliver_messages():
        fresh = [about(by_id[each.aggregate_id], answers[name]) for name, each in due if name in answers]
        again = dice.sample(heard, k=min(len(heard), 20))
        mixed = fresh * 2 + again
        dice.shuffle(mixed)
        for message in mixed:
            await hear(message)
        heard += fresh

    assert [(await till.look(order)).state for order in orders] == ["CONFIRMED"] * 10
    assert sorted(till.said()) == sorted([*answers, "OrderConfirmed"] * 10)


async def test_a_reply_about_no_order_may_heal(till, hear) -> None:
    ghost = await till.placed()

    assert await hear(about(ghost, StockReserved, order_id=uuid4())) is Verdict.RETRY


async def test_garbage_is_dead_at_once(service) -> None:
    dispatch = Dispatcher(*listeners(service))

    for body in (b"", b"{", b"[]", b'{"type": "StockReserved.v2"}', b'{"type": "StockReserved.v1"}'):
        assert await dispatch(body) is Verdict.DEAD


async def test_a_store_that_is_down_is_not_the_messages_fault(till, hear, service, monkeypatch) -> None:
    order = await till.placed()

    async def down(_order_id: Any) -> Any:
        raise StoreUnavailable("MongoDB")

    with monkeypatch.context() as outage:
        outage.setattr(service.advance_order.orders, "any", down)
        assert await hear(about(order, StockReserved)) is Verdict.STORE_DOWN

    assert await hear(about(order, StockReserved)) is Verdict.DONE
    assert (await till.look(order)).state == "RESERVED"
