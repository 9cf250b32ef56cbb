"""Money through the official SDK: authorise, capture, cancel, refund, and every no."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import stripe
from simulators.psp import Psp
from stripe import StripeClient

type Buy = Callable[..., Awaitable[stripe.PaymentIntent]]


async def captured(client: StripeClient, buy: Buy) -> stripe.PaymentIntent:
    intent = await buy()
    await client.v1.payment_intents.confirm_async(intent.id)
    return await client.v1.payment_intents.capture_async(intent.id)


async def test_an_intent_is_created_unconfirmed_and_moves_no_money(psp: Psp, buy: Buy) -> None:
    intent = await buy()

    assert intent.id.startswith("pi_")
    assert intent.status == "requires_confirmation"
    assert (intent.amount, intent.currency, intent.amount_capturable) == (2500, "eur", 0)
    assert intent.metadata.to_dict() == {"order_id": "o-1", "payment_id": "pay-o-1"}
    assert psp.facts() == []


async def test_an_approved_card_is_authorised_captured_and_refunded(psp: Psp, client: StripeClient, buy: Buy) -> None:
    intent = await buy()

    authorised = await client.v1.payment_intents.confirm_async(intent.id)
    assert (authorised.status, authorised.amount_capturable) == ("requires_capture", 2500)
    assert [(each["kind"], each["open"]) for each in psp.facts()] == [("authorization", True)]

    taken = await client.v1.payment_intents.capture_async(intent.id, {"amount_to_capture": 2500})
    assert (taken.status, taken.amount_received) == ("succeeded", 2500)

    refund = await client.v1.refunds.create_async(
        {"payment_intent": intent.id, "amount": 2500, "metadata": {"refund_id": "r-1"}}
    )
    assert (refund.status, refund.amount, refund.payment_intent) == ("succeeded", 2500, intent.id)
    line = {
        "order_id": "o-1",
        "payment_id": "pay-o-1",
        "intent_id": intent.id,
        "charge_id": refund.charge,
        "currency": "EUR",
        "amount": 2500,
    }
    told = psp.facts()
    times = [each.pop("at") for each in told]
    assert times == sorted(times)
    assert told == [
        {"kind": "authorization", **line, "open": False},
        {"kind": "capture", **line},
        {"kind": "refund", **line, "refund_id": "r-1", "provider_refund_id": refund.id, "status": "succeeded"},
    ]


@pytest.mark.parametrize(
    ("card", "code", "decline_code"),
    [
        ("pm_card_chargeDeclined", "card_declined", "generic_decline"),
        ("pm_card_visa_chargeDeclined", "card_declined", "generic_decline"),
        ("pm_card_chargeDeclinedInsufficientFunds", "card_declined", "insufficient_funds"),
        ("pm_card_visa_chargeDeclinedInsufficientFunds", "card_declined", "insufficient_funds"),
        ("pm_card_chargeDeclinedExpiredCard", "expired_card", "expired_card"),
    ],
)
async def test_a_declined_card_leaves_the_intent_without_a_method(
    psp: Psp, client: StripeClient, buy: Buy, card: str, code: str, decline_code: str
) -> None:
    intent = await buy(card)

    with pytest.raises(stripe.CardError) as declined:
        await client.v1.payment_intents.confirm_async(intent.id)

    assert declined.value.http_status == 402
    assert declined.value.code == code
    assert declined.value.error.decline_code == decline_code
    assert declined.value.error.payment_intent.id == intent.id
    now = await client.v1.payment_intents.retrieve_async(intent.id)
    assert (now.status, now.payment_method) == ("requires_payment_method", None)
    assert now.last_payment_error.decline_code == decline_code
    assert psp.facts() == []


async def test_a_declined_intent_may_be_confirmed_with_another_card(client: StripeClient, buy: Buy) -> None:
    intent = await buy("pm_card_chargeDeclined")
    with pytest.raises(stripe.CardError):
        await client.v1.payment_intents.confirm_async(intent.id)

    now = await client.v1.payment_intents.confirm_async(intent.id, {"payment_method": "pm_card_mastercard"})

    assert (now.status, now.last_payment_error) == ("requires_capture", None)


async def test_a_cancelled_authorisation_is_closed_and_can_no_longer_be_captured(
    psp: Psp, client: StripeClient, buy: Buy
) -> None:
    intent = await buy()
    await client.v1.payment_intents.confirm_async(intent.id)

    cancelled = await client.v1.payment_intents.cancel_async(intent.id, {"cancellation_reason": "abandoned"})

    assert (cancelled.status, cancelled.cancellation_reason) == ("canceled", "abandoned")
    with pytest.raises(stripe.InvalidRequestError) as refused:
        await client.v1.payment_intents.capture_async(intent.id)
    assert refused.value.code == "payment_intent_unexpected_state"
    assert refused.value.error.payment_intent.status == "canceled"
    assert [(each["kind"], each["open"]) for each in psp.facts()] == [("authorization", False)]


@pytest.mark.parametrize("verb", ["confirm_async", "cancel_async", "capture_async"])
async def test_a_captured_intent_refuses_every_transition(client: StripeClient, buy: Buy, verb: str) -> None:
    intent = await captured(client, buy)

    with pytest.raises(stripe.InvalidRequestError) as refused:
        await getattr(client.v1.payment_intents, verb)(intent.id)

    assert (refused.value.http_status, refused.value.code) == (400, "payment_intent_unexpected_state")
    assert refused.value.error.payment_intent.status == "succeeded"


async def test_nobody_captures_more_than_was_authorised(psp: Psp, client: StripeClient, buy: Buy) -> None:
    intent = await buy()
    await client.v1.payment_intents.confirm_async(intent.id)

    with pytest.raises(stripe.InvalidRequestError) as refused:
        await client.v1.payment_intents.capture_async(intent.id, {"amount_to_capture": 2501})

    assert (refused.value.code, refused.value.param) == ("amount_too_large", "amount_to_capture")
    assert [each["kind"] for each in psp.facts()] == ["authorization"]


async def test_partial_refunds_end_at_the_captured_amount(psp: Psp, client: StripeClient, buy: Buy) -> None:
    intent = await captured(client, buy)
    first = await client.v1.refunds.create_async({"payment_intent": intent.id, "amount": 1000})

    with pytest.raises(stripe.InvalidRequestError) as too_much:
        await client.v1.refunds.create_async({"payment_intent": intent.id, "amount": 1501})
    rest = await client.v1.refunds.create_async({"payment_intent": intent.id})
    with pytest.raises(stripe.InvalidRequestError) as nothing_left:
        await client.v1.refunds.create_async({"payment_intent": intent.id, "amount": 1})

    assert (too_much.value.code, too_much.value.param) == ("amount_too_large", "amount")
    assert rest.amount == 1500
    assert nothing_left.value.code == "charge_already_refunded"
    assert [each["amount"] for each in psp.facts() if each["kind"] == "refund"] == [1000, 1500]
    assert (await client.v1.refunds.retrieve_async(first.id)).amount == 1000


async def test_what_was_never_captured_cannot_be_refunded(psp: Psp, client: StripeClient, buy: Buy) -> None:
    intent = await buy()
    await client.v1.payment_intents.confirm_async(intent.id)

    with pytest.raises(stripe.InvalidRequestError) as refused:
        await client.v1.refunds.create_async({"payment_intent": intent.id})

    assert refused.value.code == "charge_not_refundable"
    assert [each["kind"] for each in psp.facts()] == ["authorization"]


async def test_refunds_are_listed_by_intent_newest_first_in_pages(client: StripeClient, buy: Buy) -> None:
    intent, other = await captured(client, buy), await captured(client, buy)
    made = [
        await client.v1.refunds.create_async({"payment_intent": intent.id, "amount": amount}) for amount in (1, 2, 3)
    ]
    await client.v1.refunds.create_async({"payment_intent": other.id, "amount": 4})

    first = await client.v1.refunds.list_async({"payment_intent": intent.id, "limit": 2})
    rest = await client.v1.refunds.list_async(
        {"payment_intent": intent.id, "limit": 2, "starting_after": first.data[-1].id}
    )

    assert [each.id for each in first.data] == [made[2].id, made[1].id]
    assert first.has_more is True
    assert [each.id for each in rest.data] == [made[0].id]
    assert rest.has_more is False
    assert [each.amount async for each in first.auto_paging_iter()] == [3, 2, 1]


async def test_intents_are_listed_by_time(client: StripeClient, buy: Buy) -> None:
    intent = await buy()

    since = await client.v1.payment_intents.list_async({"created": {"gte": intent.created}})
    later = await client.v1.payment_intents.list_async({"created": {"gt": intent.created}})

    assert [each.id for each in since.data] == [intent.id]
    assert later.data == []


async def test_an_intent_shows_its_charge_when_asked(client: StripeClient, buy: Buy) -> None:
    intent = await captured(client, buy)

    shown = await client.v1.payment_intents.retrieve_async(intent.id, {"expand": ["latest_charge"]})

    assert isinstance(shown.latest_charge, stripe.Charge)
    assert (shown.latest_charge.amount_captured, shown.latest_charge.paid) == (2500, True)


async def test_an_automatic_intent_confirmed_at_once_is_captured(psp: Psp, client: StripeClient) -> None:
    intent = await client.v1.payment_intents.create_async(
        {"amount": 300, "currency": "usd", "payment_method": "pm_card_amex", "confirm": True}
    )

    assert (intent.status, intent.amount_received) == ("succeeded", 300)
    assert [each["kind"] for each in psp.facts()] == ["authorization", "capture"]


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"amount": None}, "amount"),
        ({"amount": 0}, "amount"),
        ({"amount": "12.5"}, "amount"),
        ({"amount": 100_000_000}, "amount"),
        ({"currency": "EUR"}, "currency"),
        ({"capture_method": "sometimes"}, "capture_method"),
        ({"payment_method": "pm_nobody"}, "payment_method"),
        ({"customer": "cus_nobody"}, "customer"),
        ({"colour": "red"}, "colour"),
    ],
)
async def test_a_wrong_parameter_is_named_and_creates_nothing(
    client: StripeClient, change: dict[str, Any], param: str
) -> None:
    asked = {"amount": 100, "currency": "eur", "payment_method": "pm_card_visa", **change}

    with pytest.raises(stripe.InvalidRequestError) as refused:
        await client.v1.payment_intents.create_async(asked)

    assert refused.value.param == param
    assert (await client.v1.payment_intents.list_async()).data == []


async def test_an_unknown_intent_is_a_missing_resource(client: StripeClient) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        await client.v1.payment_intents.retrieve_async("pi_nobody")

    assert (refused.value.http_status, refused.value.code) == (404, "resource_missing")
    assert refused.value.request_id.startswith("req_")


async def test_an_unknown_url_is_refused_in_the_same_shape(client: StripeClient) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="Unrecognized request URL"):
        await client.v1.balance.retrieve_async()
