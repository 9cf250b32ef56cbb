"""One key, one answer."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
import stripe
from simulators.psp import Fault, Kind, Operation, Psp
from stripe import StripeClient

type Buy = Callable[..., Awaitable[stripe.PaymentIntent]]


async def test_the_same_key_gets_the_same_answer_and_nothing_is_done_twice(client: StripeClient, buy: Buy) -> None:
    first = await buy(idempotency_key="p-1:create:1")

    again = await buy(idempotency_key="p-1:create:1")

    assert again.id == first.id
    assert again.last_response.headers["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first.last_response.headers
    assert [each.id for each in (await client.v1.payment_intents.list_async()).data] == [first.id]


async def test_the_same_key_with_other_parameters_is_refused(client: StripeClient, buy: Buy) -> None:
    await buy(idempotency_key="p-1:create:1")

    with pytest.raises(stripe.IdempotencyError):
        await buy(order="o-2", idempotency_key="p-1:create:1")

    assert len((await client.v1.payment_intents.list_async()).data) == 1


async def test_two_at_once_with_one_key_meet_in_a_conflict(psp: Psp, client: StripeClient, buy: Buy) -> None:
    psp.misbehave(Fault(Kind.SLOW, Operation.CREATE, seconds=0.3))

    answers = await asyncio.gather(
        buy(idempotency_key="p-1:create:1"), buy(idempotency_key="p-1:create:1"), return_exceptions=True
    )

    conflict = next(each for each in answers if isinstance(each, stripe.APIError))
    assert (conflict.http_status, conflict.error.code) == (409, "idempotency_key_in_use")
    assert len((await client.v1.payment_intents.list_async()).data) == 1


async def test_a_decline_is_repeated_and_the_bank_is_not_asked_again(client: StripeClient, buy: Buy) -> None:
    intent = await buy("pm_card_chargeDeclined")

    for _ in range(2):
        with pytest.raises(stripe.CardError):
            await client.v1.payment_intents.confirm_async(intent.id, options={"idempotency_key": "p-1:confirm:1"})

    failures = await client.v1.events.list_async({"type": "payment_intent.payment_failed"})
    assert len(failures.data) == 1


async def test_a_refused_parameter_does_not_use_up_the_key(client: StripeClient, buy: Buy) -> None:
    with pytest.raises(stripe.InvalidRequestError):
        await buy("pm_nobody", idempotency_key="p-1:create:1")

    intent = await buy(idempotency_key="p-1:create:1")

    assert intent.status == "requires_confirmation"


async def test_a_key_is_forgotten_after_a_day() -> None:
    from simulators.psp.errors import Answer
    from simulators.psp.idempotency import KEPT_SECONDS, Claim, Idempotency
    from simulators.psp.store import Store

    keys, claim = Idempotency(Store()), Claim.on("k", method="POST", path="/v1/refunds", fields={})
    keys.remember(claim, Answer(200, {"id": "re_1"}), request_id="req_1", now=1000)

    found = keys.find(claim, now=1000 + KEPT_SECONDS)
    assert found is not None
    assert found.body == {"id": "re_1"}
    assert keys.find(claim, now=1001 + KEPT_SECONDS) is None


async def test_a_wrong_api_key_is_refused_and_does_nothing(connect: Callable[..., StripeClient], serve) -> None:
    psp = Psp(webhook_secret="whsec", api_key="sk_test_right")
    url = await serve(psp.app)

    with pytest.raises(stripe.AuthenticationError):
        await connect(url, api_key="sk_test_wrong").v1.customers.create_async({})
    customer = await connect(url, api_key="sk_test_right").v1.customers.create_async({})

    assert customer.id.startswith("cus_")
    await psp.stop()
