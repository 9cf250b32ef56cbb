"""Customers, their saved cards, and who may use them."""

import pytest
import stripe
from stripe import StripeClient


async def a_customer(client: StripeClient) -> stripe.Customer:
    return await client.v1.customers.create_async({"email": "ada@example.com", "metadata": {"user_id": "u-1"}})


async def test_a_customer_is_remembered(client: StripeClient) -> None:
    customer = await a_customer(client)

    again = await client.v1.customers.retrieve_async(customer.id)

    assert (again.id, again.email, again.metadata.to_dict()) == (customer.id, "ada@example.com", {"user_id": "u-1"})


@pytest.mark.parametrize(
    ("token", "brand", "last4"),
    [("pm_card_visa", "visa", "4242"), ("pm_card_mastercard", "mastercard", "4444"), ("pm_card_amex", "amex", "8431")],
)
async def test_attaching_a_test_token_makes_a_new_method_of_that_customer(
    client: StripeClient, token: str, brand: str, last4: str
) -> None:
    customer = await a_customer(client)

    method = await client.v1.payment_methods.attach_async(token, {"customer": customer.id})

    assert method.id != token
    assert (method.customer, method.card.brand, method.card.last4) == (customer.id, brand, last4)
    assert (method.card.exp_month, method.card.exp_year) == (12, 2034)
    listed = await client.v1.customers.payment_methods.list_async(customer.id)
    also = await client.v1.payment_methods.list_async({"customer": customer.id, "type": "card"})
    assert [each.id for each in listed.data] == [each.id for each in also.data] == [method.id]


async def test_an_attached_card_keeps_its_behaviour(client: StripeClient) -> None:
    customer = await a_customer(client)
    method = await client.v1.payment_methods.attach_async(
        "pm_card_chargeDeclinedInsufficientFunds", {"customer": customer.id}
    )
    intent = await client.v1.payment_intents.create_async(
        {"amount": 100, "currency": "eur", "customer": customer.id, "payment_method": method.id}
    )

    with pytest.raises(stripe.CardError) as declined:
        await client.v1.payment_intents.confirm_async(intent.id)

    assert declined.value.error.decline_code == "insufficient_funds"


async def test_nobody_pays_with_another_customers_card(client: StripeClient) -> None:
    ada, eve = await a_customer(client), await a_customer(client)
    method = await client.v1.payment_methods.attach_async("pm_card_visa", {"customer": ada.id})

    with pytest.raises(stripe.InvalidRequestError) as refused:
        await client.v1.payment_intents.create_async(
            {"amount": 100, "currency": "eur", "customer": eve.id, "payment_method": method.id}
        )
    with pytest.raises(stripe.InvalidRequestError):
        await client.v1.payment_methods.attach_async(method.id, {"customer": eve.id})

    assert refused.value.param == "payment_method"
    assert (await client.v1.payment_methods.retrieve_async(method.id)).customer == ada.id


async def test_a_detached_card_belongs_to_nobody_and_pays_for_nothing(client: StripeClient) -> None:
    customer = await a_customer(client)
    method = await client.v1.payment_methods.attach_async("pm_card_visa", {"customer": customer.id})

    detached = await client.v1.payment_methods.detach_async(method.id)

    assert detached.customer is None
    assert (await client.v1.customers.payment_methods.list_async(customer.id)).data == []
    with pytest.raises(stripe.InvalidRequestError):
        await client.v1.payment_intents.create_async({"amount": 100, "currency": "eur", "payment_method": method.id})
    with pytest.raises(stripe.InvalidRequestError):
        await client.v1.payment_methods.attach_async(method.id, {"customer": customer.id})
