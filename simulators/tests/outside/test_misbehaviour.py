"""What a provider does on a bad day, seen by the official SDK."""

import asyncio
from collections.abc import Awaitable, Callable

import httpx2
import pytest
import stripe
from simulators.psp import Asked, Fault, Kind, Operation, Psp
from stripe import StripeClient

from outside.conftest import Connect, Eventually, Shop

type Buy = Callable[..., Awaitable[stripe.PaymentIntent]]


@pytest.fixture
def hasty(url: str, connect: Connect) -> StripeClient:
    """A client that does not wait long."""
    return connect(url, timeout=0.2)


def kinds(psp: Psp) -> list[str]:
    return [each["kind"] for each in psp.facts()]


async def test_a_time_out_before_success_has_done_nothing(
    psp: Psp, client: StripeClient, hasty: StripeClient, buy: Buy
) -> None:
    intent = await buy()
    psp.misbehave(Fault(Kind.TIMEOUT_BEFORE, Operation.CONFIRM))

    with pytest.raises(stripe.APIConnectionError):
        await hasty.v1.payment_intents.confirm_async(intent.id, options={"idempotency_key": "k"})

    assert (await client.v1.payment_intents.retrieve_async(intent.id)).status == "requires_confirmation"
    assert kinds(psp) == []
    again = await client.v1.payment_intents.confirm_async(intent.id, options={"idempotency_key": "k"})
    assert again.status == "requires_capture"


async def test_a_time_out_after_success_has_done_everything(
    psp: Psp, client: StripeClient, hasty: StripeClient, buy: Buy
) -> None:
    intent = await buy()
    psp.misbehave(Fault(Kind.TIMEOUT_AFTER, Operation.CONFIRM))

    with pytest.raises(stripe.APIConnectionError):
        await hasty.v1.payment_intents.confirm_async(intent.id, options={"idempotency_key": "k"})

    assert (await client.v1.payment_intents.retrieve_async(intent.id)).status == "requires_capture"
    again = await client.v1.payment_intents.confirm_async(intent.id, options={"idempotency_key": "k"})
    assert again.last_response.headers["Idempotent-Replayed"] == "true"
    assert kinds(psp) == ["authorization"]


async def test_a_500_after_success_is_all_that_the_key_will_ever_say(psp: Psp, client: StripeClient, buy: Buy) -> None:
    intent = await buy()
    psp.misbehave(Fault(Kind.ERROR_AFTER, Operation.CONFIRM))

    for _ in range(2):
        with pytest.raises(stripe.APIError) as broken:
            await client.v1.payment_intents.confirm_async(intent.id, options={"idempotency_key": "k"})
        assert broken.value.http_status == 500

    assert (await client.v1.payment_intents.retrieve_async(intent.id)).status == "requires_capture"
    assert kinds(psp) == ["authorization"]


async def test_a_500_before_has_done_nothing_and_leaves_the_key_free(psp: Psp, client: StripeClient, buy: Buy) -> None:
    intent = await buy()
    psp.misbehave(Fault(Kind.ERROR_BEFORE, Operation.CONFIRM))

    with pytest.raises(stripe.APIError):
        await client.v1.payment_intents.confirm_async(intent.id, options={"idempotency_key": "k"})
    assert kinds(psp) == []

    again = await client.v1.payment_intents.confirm_async(intent.id, options={"idempotency_key": "k"})
    assert again.status == "requires_capture"


async def test_a_lock_time_out_says_try_again(psp: Psp, client: StripeClient, buy: Buy) -> None:
    psp.misbehave(Fault(Kind.LOCK_TIMEOUT, Operation.CREATE))

    with pytest.raises(stripe.RateLimitError):
        await buy()

    assert (await buy()).status == "requires_confirmation"


async def test_a_slow_call_lands_although_its_client_has_left(
    psp: Psp, hasty: StripeClient, buy: Buy, eventually: Eventually
) -> None:
    intent = await buy()
    psp.misbehave(Fault(Kind.SLOW, Operation.CONFIRM, seconds=0.5))

    with pytest.raises(stripe.APIConnectionError):
        await hasty.v1.payment_intents.confirm_async(intent.id)
    assert kinds(psp) == []

    await eventually(lambda: kinds(psp) == ["authorization"])


async def test_an_event_may_come_before_the_answer_to_its_own_call(
    psp: Psp, shop: Shop, client: StripeClient, buy: Buy
) -> None:
    intent = await buy()
    psp.misbehave(Fault(Kind.LATE_ANSWER, Operation.CONFIRM, seconds=0.3))

    confirming = asyncio.create_task(client.v1.payment_intents.confirm_async(intent.id))
    async with asyncio.timeout(10):
        while shop.types[-1:] != ["payment_intent.amount_capturable_updated"]:
            await asyncio.sleep(0.005)

    assert not confirming.done()
    assert (await confirming).status == "requires_capture"


async def test_an_answer_may_tell_of_another_amount_than_what_is_held(psp: Psp, client: StripeClient, buy: Buy) -> None:
    intent = await buy()
    psp.misbehave(Fault(Kind.OTHER_AMOUNT, Operation.CONFIRM))

    told = await client.v1.payment_intents.confirm_async(intent.id)

    assert told.amount == intent.amount + 1
    assert (await client.v1.payment_intents.retrieve_async(intent.id)).amount == intent.amount
    assert [each["amount"] for each in psp.facts()] == [intent.amount]


async def test_an_authorisation_may_expire_before_it_is_captured(psp: Psp, client: StripeClient, buy: Buy) -> None:
    intent = await buy()
    await client.v1.payment_intents.confirm_async(intent.id)
    psp.misbehave(Fault(Kind.AUTHORIZATION_EXPIRED, Operation.CAPTURE))

    with pytest.raises(stripe.InvalidRequestError) as refused:
        await client.v1.payment_intents.capture_async(intent.id)

    assert refused.value.code == "payment_intent_unexpected_state"
    assert (await client.v1.payment_intents.retrieve_async(intent.id)).status == "canceled"
    assert [(each["kind"], each["open"]) for each in psp.facts()] == [("authorization", False)]


async def test_what_was_asked_is_remembered_with_what_went_wrong(psp: Psp, client: StripeClient, buy: Buy) -> None:
    intent = await buy(order="o-1")
    psp.misbehave(Fault(Kind.ERROR_AFTER, Operation.CONFIRM))
    assert len(psp.waiting_faults()) == 1

    with pytest.raises(stripe.APIError):
        await client.v1.payment_intents.confirm_async(intent.id, options={"idempotency_key": "k"})
    await client.v1.payment_intents.retrieve_async(intent.id)

    create, confirm, retrieve = psp.asked("o-1")
    assert confirm == Asked(Operation.CONFIRM, "o-1", "k", Kind.ERROR_AFTER)
    assert (create.operation, retrieve.operation, retrieve.fault) == (Operation.CREATE, Operation.RETRIEVE, None)
    assert psp.waiting_faults() == psp.asked("o-2") == []


async def test_a_refund_may_fail_after_it_was_accepted(
    psp: Psp, shop: Shop, client: StripeClient, buy: Buy, eventually: Eventually
) -> None:
    intent = await buy()
    await client.v1.payment_intents.confirm_async(intent.id)
    await client.v1.payment_intents.capture_async(intent.id)
    psp.misbehave(Fault(Kind.REFUND_FAILS, Operation.REFUND, seconds=0))

    refund = await client.v1.refunds.create_async({"payment_intent": intent.id})
    assert refund.status == "pending"

    await eventually(lambda: shop.types[-2:] == ["refund.updated", "refund.failed"])
    assert (await client.v1.refunds.retrieve_async(refund.id)).status == "failed"
    assert (await client.v1.refunds.create_async({"payment_intent": intent.id})).status == "succeeded"
    assert [each["status"] for each in psp.facts() if each["kind"] == "refund"] == ["failed", "succeeded"]


@pytest.mark.parametrize(
    ("card", "status"),
    [("pm_card_visa", "requires_capture"), ("pm_card_chargeDeclined", "requires_payment_method")],
)
async def test_a_processing_intent_settles_later_and_cannot_be_cancelled_meanwhile(
    psp: Psp, shop: Shop, client: StripeClient, buy: Buy, eventually: Eventually, card: str, status: str
) -> None:
    intent = await buy(card)
    psp.misbehave(Fault(Kind.STAYS_PROCESSING, seconds=0.3))

    processing = await client.v1.payment_intents.confirm_async(intent.id)
    with pytest.raises(stripe.InvalidRequestError) as refused:
        await client.v1.payment_intents.cancel_async(intent.id)

    assert processing.status == "processing"
    assert refused.value.code == "payment_intent_unexpected_state"
    await eventually(lambda: len(shop.taken) == 2)
    assert (await client.v1.payment_intents.retrieve_async(intent.id)).status == status


async def test_a_fault_strikes_only_its_order_and_only_so_often(psp: Psp, buy: Buy) -> None:
    psp.misbehave(Fault(Kind.ERROR_BEFORE, Operation.CREATE, times=2, order_id="o-2"))

    assert (await buy(order="o-1")).status == "requires_confirmation"
    for _ in range(2):
        with pytest.raises(stripe.APIError):
            await buy(order="o-2")
    assert (await buy(order="o-2")).status == "requires_confirmation"


async def test_a_refund_is_recognised_by_the_order_of_its_intent(psp: Psp, client: StripeClient, buy: Buy) -> None:
    intent = await buy(order="o-7")
    psp.misbehave(Fault(Kind.ERROR_BEFORE, Operation.REFUND, order_id="o-7"))

    with pytest.raises(stripe.APIError):
        await client.v1.refunds.create_async({"payment_intent": intent.id})


async def test_faults_are_ordered_shown_and_forgotten_over_http(url: str, buy: Buy) -> None:
    fault = {"kind": "error_before", "operation": "create", "times": 3, "order_id": None, "seconds": 1.0}
    async with httpx2.AsyncClient(base_url=url) as control:
        ordered = await control.post("/control/faults", json=fault)
        assert (ordered.status_code, ordered.json()) == (201, fault)
        with pytest.raises(stripe.APIError):
            await buy()
        assert (await control.get("/control/faults")).json() == [{**fault, "times": 2}]
        assert (await control.delete("/control/faults")).status_code == 204

        assert (await buy()).status == "requires_confirmation"
        assert (await control.post("/control/faults", json={"kind": "earthquake"})).status_code == 422


async def test_the_truth_is_told_over_http(psp: Psp, url: str, client: StripeClient, buy: Buy) -> None:
    intent = await buy()
    await client.v1.payment_intents.confirm_async(intent.id)

    async with httpx2.AsyncClient(base_url=url) as control:
        lines = (await control.get("/control/facts")).text.splitlines()

    assert len(lines) == 1
    assert httpx2.Response(200, text=lines[0]).json() == psp.facts()[0]
