"""The provider's answer and its webhook say the same at the same moment: it is true once."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import pytest
from contracts.payment import AuthorizePayment, CapturePayment
from simulators.psp import Fault, Kind
from testkit.evidence import Evidence
from testkit.verify.facts import Facts

from tests.scars.buyers import Buyer
from tests.scars.houses import Houses
from tests.scars.opening import Stores, open_houses
from tests.scars.size import PATIENCE_SECONDS, PAUSE_SECONDS, TIMES

FOR_EVER = 1_000_000
AT_ONCE = 8
TAKEN_OR_BUSY = {200, 503}
"""How a webhook may be answered: whoever is too busy is called again."""


@pytest.fixture
async def till(stores: Stores) -> AsyncIterator[Houses]:
    """Payment alone is at work; every webhook comes twice, while its own call is still being answered."""
    async with open_houses(stores, at_work=["payment"]) as houses:
        houses.provider.psp.misbehave(Fault(Kind.DUPLICATE_WEBHOOKS, times=FOR_EVER))
        yield houses


async def all_are(houses: Houses, state: str) -> Facts:
    """Once every payment is in this state, and there is nothing more to be said about any."""
    payments = houses.payment.authorize_payment.payments
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            facts = await houses.facts()
            unheard, unsettled = houses.provider.psp.pending_webhooks(), await payments.unsettled()
            if not unheard + unsettled and {each["state"] for each in facts["payment"]} == {state}:
                return await houses.facts()
            await asyncio.sleep(PAUSE_SECONDS)


async def test_a_capture_and_its_webhook_at_once_take_the_money_once(till: Houses, evidence: Evidence) -> None:
    """S4, medusa#13301: confirmation and webhook both captured, in about one of twenty orders."""
    evidence("S4", trials=TIMES, unit="captures")
    user = uuid4()
    card = (await till.payment.add_payment_method(user, provider_token="pm_card_visa")).id
    orders: dict[UUID, UUID] = {uuid4(): uuid4() for _ in range(TIMES)}
    for order, payment in orders.items():
        till.tell(
            "payment",
            AuthorizePayment(
                order_id=order, payment_id=payment, user_id=user, method_id=card, amount=3558, currency="EUR"
            ),
        )
    await all_are(till, "AUTHORIZED")

    for order, payment in orders.items():
        till.tell("payment", CapturePayment(order_id=order, payment_id=payment))
    facts = await all_are(till, "CAPTURED")

    once = dict.fromkeys(map(str, orders), 1)
    said = Counter((each["type"], each["aggregate_id"]) for each in facts["outbox"])
    assert set(till.provider.webhooks) <= TAKEN_OR_BUSY
    assert till.provider.captures() == once
    assert {order: said["PaymentCaptured.v1", order] for order in once} == once
    assert Counter(each["ref"] for each in facts["ledger_tx"]) == {f"capture:{each}": 1 for each in orders.values()}


async def test_a_checkout_that_is_sent_and_announced_again_and_again_has_one_intent(
    houses: Houses, evidence: Evidence
) -> None:
    """S5, saleor#19220 and #12652: a webhook beside checkoutComplete made a second PaymentIntent, and the checkout
    was gone in the middle."""
    evidence("S5", trials=TIMES, unit="checkouts")
    houses.provider.psp.misbehave(Fault(Kind.DUPLICATE_WEBHOOKS, times=FOR_EVER))
    await houses.put_on_shelf("PLENTY", TIMES)
    buyers = [await Buyer.of(houses) for _ in range(TIMES)]
    few, statuses = asyncio.Semaphore(AT_ONCE), Counter[int]()

    async def checkout(buyer: Buyer) -> str:
        async with few, asyncio.timeout(PATIENCE_SECONDS):
            choice, key = await buyer.choose("PLENTY"), f"a-key-for-{uuid4()}"
            while True:
                answers = await asyncio.gather(*(buyer.order(choice, key=key) for _ in range(3)))
                [order_id] = {each.json()["id"] for each in answers}
                seen = await buyer.look(order_id)
                statuses.update(each.status_code for each in (*answers, seen))
                assert houses.provider.intents()[order_id] <= 1
                if seen.json()["state"] == "CONFIRMED":
                    return order_id
                houses.tell("payment", await authorization_of(order_id, houses))
                await asyncio.sleep(0.1)  # a customer who cannot wait

    async with asyncio.TaskGroup() as group:
        checkouts = [group.create_task(checkout(buyer)) for buyer in buyers]
    await houses.at_rest()

    assert set(statuses) == {200, 202}
    assert set(houses.provider.webhooks) <= TAKEN_OR_BUSY
    assert houses.provider.intents() == {each.result(): 1 for each in checkouts}


async def authorization_of(order_id: str, houses: Houses) -> AuthorizePayment:
    """What the order service has said about it, to be said once more."""
    order = await houses.order.place_order.orders.any(UUID(order_id))
    assert order is not None
    return AuthorizePayment(
        order_id=order.id,
        payment_id=order.payment_id,
        user_id=order.user_id,
        method_id=order.method_id,
        amount=order.total,
        currency=order.currency,
    )
