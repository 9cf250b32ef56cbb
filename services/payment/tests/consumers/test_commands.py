"""The saga's commands through the side door, on both grounds."""

from uuid import UUID, uuid4

import pytest
from chassis.broker import Verdict
from chassis.consuming import Dispatcher
from chassis.messages import seal
from chassis.world import World
from contracts.payment import AuthorizePayment, CapturePayment, RefundPayment, VoidPayment
from payment_service.consumers import listeners
from payment_service.domain.commands import State
from payment_service.domain.refund import Refund, RefundState

ADA = UUID("0190a000-0000-7000-8000-000000000001")
ORDER = UUID("0190a000-0000-7000-8000-00000000000f")
PAYMENT = UUID("0190a000-0000-7000-8000-0000000000aa")
REFUND = UUID("0190a000-0000-7000-8000-0000000000bb")

AUTHORIZE = AuthorizePayment(
    order_id=ORDER, payment_id=PAYMENT, user_id=ADA, method_id=uuid4(), amount=3558, currency="EUR"
)
CAPTURE = CapturePayment(order_id=ORDER, payment_id=PAYMENT)
VOID = VoidPayment(order_id=ORDER, payment_id=PAYMENT)
REFUND_ALL = RefundPayment(order_id=ORDER, payment_id=PAYMENT, refund_id=REFUND)


async def test_an_authorisation_of_an_unknown_payment_begins_it(shop, hear) -> None:
    method = await shop.save_card()

    assert await hear(AUTHORIZE.model_copy(update={"method_id": method})) is Verdict.DONE

    assert await shop.said() == []
    assert await shop.state() == "CREATED"


async def test_a_void_of_an_unknown_payment_leaves_a_tombstone_that_an_authorisation_finds(shop, hear, wire) -> None:
    method = await shop.save_card()
    wire.requests.clear()

    for command in (VOID, VOID, AUTHORIZE.model_copy(update={"method_id": method}), CAPTURE):
        assert await hear(command) is Verdict.DONE
    await shop.settle_all()

    assert await shop.said() == ["PaymentVoided", "PaymentVoided", "PaymentVoided", "PaymentCaptureFailed"]
    assert await shop.state() == "VOIDED"
    assert wire.requests == []


@pytest.mark.parametrize("command", [CAPTURE, REFUND_ALL])
async def test_a_capture_or_refund_of_an_unknown_payment_may_come_again(shop, hear, command) -> None:
    assert await hear(command) is Verdict.RETRY

    assert await shop.facts("payment") == []
    assert await shop.said() == []


async def test_a_second_live_payment_of_an_order_may_come_again(shop, hear, given) -> None:
    await given(State.AUTHORIZED)

    assert await hear(AUTHORIZE.model_copy(update={"payment_id": uuid4()})) is Verdict.DONE
    method = await shop.save_card()
    rival = AUTHORIZE.model_copy(update={"payment_id": uuid4(), "method_id": method})
    assert await hear(rival) is Verdict.RETRY

    # The first of the two had no card that it could use, and was declined at once.
    assert await shop.said() == ["PaymentDeclined"]
    assert await shop.state() == "AUTHORIZED"


async def test_a_repeated_refund_waits_for_the_first_and_then_answers_again(shop, hear) -> None:
    await shop.captured()
    for _ in range(3):
        assert await hear(REFUND_ALL) is Verdict.DONE
    assert len(await shop.facts("refund")) == 1

    await shop.settle()
    await hear(REFUND_ALL)
    await hear(REFUND_ALL.model_copy(update={"amount": 1}))

    assert (await shop.said())[2:] == ["PaymentRefunded"] * 3
    assert (await shop.last())["amount"] == 3558
    assert shop.truth("refund") == [3558]


async def test_more_than_is_left_may_come_again_and_takes_nothing(shop, hear, another) -> None:
    await shop.captured()
    part = RefundPayment(order_id=ORDER, payment_id=PAYMENT, refund_id=another(), amount=3000)
    rest = RefundPayment(order_id=ORDER, payment_id=PAYMENT, refund_id=another(), amount=559)

    assert await hear(part) is Verdict.DONE
    assert await hear(rest) is Verdict.RETRY
    assert await hear(rest.model_copy(update={"amount": 558})) is Verdict.DONE
    await shop.settle_all()

    assert sorted(shop.truth("refund")) == [558, 3000]
    assert (await shop.payment())["refunded"] == 3558


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"nonsense",
        b"{}",
        seal(CAPTURE, world=World()).body.replace(str(PAYMENT).encode(), b"no id"),
        seal(CAPTURE, world=World()).body.replace(b"CapturePayment.v1", b"CapturePayment.v2"),
        seal(AUTHORIZE, world=World()).body.replace(b"3558", b"-1"),
    ],
)
async def test_what_is_no_command_is_dead_and_changes_nothing(shop, service, body) -> None:
    assert await Dispatcher(*listeners(service))(body) is Verdict.DEAD

    assert await shop.facts("payment") == []


async def test_a_refund_that_the_provider_has_failed_is_tried_again_under_the_next_key(shop, hear, service) -> None:
    await shop.captured()
    async with service.refund_payment.payments.transaction() as tx:
        await tx.lock(PAYMENT)
        await tx.add_refund(Refund(REFUND, PAYMENT, 3558))
        await tx.save_refund(Refund(REFUND, PAYMENT, 3558, state=RefundState.FAILED, reason="lost_card"))

    assert await hear(REFUND_ALL) is Verdict.DONE

    async with service.refund_payment.payments.transaction() as tx:
        refund = await tx.lock_refund(REFUND)
    assert refund is not None
    assert (refund.state, refund.key) == (RefundState.REQUESTED, f"{REFUND}:1")
