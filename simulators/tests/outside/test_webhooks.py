"""Signed events at the shop's door."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
import stripe
from fastapi import FastAPI, Request, Response
from simulators.psp import Fault, Kind, Operation, Psp
from simulators.psp.faults import Faults
from simulators.psp.nature import Nature, Tasks
from simulators.psp.records import Event
from simulators.psp.webhooks import MAX_ATTEMPTS, Courier
from stripe import StripeClient

from outside.conftest import SECRET, Eventually, Serve, Shop

type Buy = Callable[..., Awaitable[stripe.PaymentIntent]]


async def test_a_purchase_and_its_refund_tell_their_story_in_order(
    psp: Psp, shop: Shop, client: StripeClient, buy: Buy, eventually: Eventually
) -> None:
    intent = await buy()
    await client.v1.payment_intents.confirm_async(intent.id)
    await client.v1.payment_intents.capture_async(intent.id)
    refund = await client.v1.refunds.create_async({"payment_intent": intent.id, "metadata": {"refund_id": "r-1"}})

    await eventually(lambda: len(shop.taken) == 5)

    assert shop.types == [
        "payment_intent.created",
        "payment_intent.amount_capturable_updated",
        "payment_intent.succeeded",
        "refund.created",
        "charge.refunded",
    ]
    assert [each.data.object.status for each in shop.events[:3]] == [
        "requires_confirmation",
        "requires_capture",
        "succeeded",
    ]
    told = shop.events[3].data.object
    assert (told.id, told.payment_intent, told.metadata["refund_id"]) == (refund.id, intent.id, "r-1")
    assert psp.pending_webhooks() == 0


async def test_declines_and_cancellations_are_told(
    shop: Shop, client: StripeClient, buy: Buy, eventually: Eventually
) -> None:
    intent = await buy("pm_card_chargeDeclined")
    with pytest.raises(stripe.CardError):
        await client.v1.payment_intents.confirm_async(intent.id)
    await client.v1.payment_intents.cancel_async(intent.id)

    await eventually(lambda: len(shop.taken) == 3)

    assert shop.types == ["payment_intent.created", "payment_intent.payment_failed", "payment_intent.canceled"]


async def test_a_forged_secret_does_not_verify(shop: Shop, buy: Buy, eventually: Eventually) -> None:
    await buy()
    await eventually(lambda: len(shop.taken) == 1)
    body, signature = shop.taken[0]

    with pytest.raises(stripe.SignatureVerificationError):
        stripe.Webhook.construct_event(body, signature, "whsec_other")
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.Webhook.construct_event(body.replace(b"2500", b"9900"), signature, SECRET)


async def test_events_can_be_listed_and_read_without_webhooks(client: StripeClient, buy: Buy) -> None:
    intent = await buy()
    await client.v1.payment_intents.confirm_async(intent.id)

    listed = await client.v1.events.list_async({"types": ["payment_intent.amount_capturable_updated"]})
    one = await client.v1.events.retrieve_async(listed.data[0].id)

    assert [each.type for each in listed.data] == ["payment_intent.amount_capturable_updated"]
    assert one.data.object["id"] == intent.id


async def test_a_refused_webhook_is_sent_again_and_signed_afresh(eventually: Eventually) -> None:
    shop, settled, slept = Shop(answers=[500, 503]), list[Event](), list[float]()
    time = 1_000

    async def sleep(seconds: float) -> None:
        nonlocal time
        slept.append(seconds)
        time += 60

    tasks = Tasks()
    nature = Nature(now=lambda: time, sleep=sleep, fraction=lambda: 1.0)
    courier = Courier(shop.deliver, secret=SECRET, faults=Faults(), nature=nature, tasks=tasks, settled=settled.append)
    event = an_event()

    tasks.spawn(courier.run())
    courier.post(event)
    await eventually(lambda: settled == [event])
    await tasks.stop()

    assert [signature.partition(",")[0] for _, signature in shop.taken] == ["t=1000", "t=1060", "t=1120"]
    assert len({body for body, _ in shop.taken}) == 1
    assert slept == [0.5, 1.0]


async def test_a_shop_that_never_answers_well_is_given_up(eventually: Eventually) -> None:
    calls, settled = list[bytes](), list[Event]()

    async def broken(body: bytes, _signature: str) -> int:
        calls.append(body)
        raise ConnectionError("nobody is there")

    async def sleep(_seconds: float) -> None: ...

    tasks = Tasks()
    courier = Courier(
        broken, secret=SECRET, faults=Faults(), nature=Nature(sleep=sleep), tasks=tasks, settled=settled.append
    )

    tasks.spawn(courier.run())
    courier.post(an_event())
    await eventually(lambda: len(settled) == 1)
    await tasks.stop()

    assert len(calls) == MAX_ATTEMPTS


async def test_webhooks_go_to_a_url_over_http(
    serve: Serve, connect: Callable[[str], StripeClient], eventually: Eventually
) -> None:
    shop = Shop()
    door = FastAPI()

    @door.post("/webhooks")
    async def take(request: Request) -> Response:
        await shop.deliver(await request.body(), request.headers["stripe-signature"])
        return Response(status_code=200)

    psp = Psp(webhook_secret=SECRET, webhook_url=await serve(door) + "/webhooks")
    await psp.start()
    await connect(await serve(psp.app)).v1.payment_intents.create_async({"amount": 100, "currency": "eur"})
    await eventually(lambda: psp.pending_webhooks() == 0)
    await psp.stop()

    assert shop.types == ["payment_intent.created"]


async def test_duplicate_webhooks_carry_the_same_event(psp: Psp, shop: Shop, buy: Buy, eventually: Eventually) -> None:
    psp.misbehave(Fault(Kind.DUPLICATE_WEBHOOKS))

    await buy()
    await eventually(lambda: len(shop.taken) == 2)

    assert shop.types == ["payment_intent.created", "payment_intent.created"]
    assert len({each.id for each in shop.events}) == 1


async def test_a_reordered_webhook_comes_after_its_successor(
    psp: Psp, shop: Shop, client: StripeClient, buy: Buy, eventually: Eventually
) -> None:
    psp.misbehave(Fault(Kind.REORDERED_WEBHOOKS, Operation.CREATE, seconds=60))

    intent = await buy()
    await client.v1.payment_intents.confirm_async(intent.id)
    await eventually(lambda: len(shop.taken) == 2)

    assert shop.types == ["payment_intent.amount_capturable_updated", "payment_intent.created"]


async def test_a_reordered_webhook_without_a_successor_comes_late(
    psp: Psp, shop: Shop, buy: Buy, eventually: Eventually
) -> None:
    psp.misbehave(Fault(Kind.REORDERED_WEBHOOKS, seconds=0.01))

    await buy()
    await eventually(lambda: len(shop.taken) == 1)

    assert psp.pending_webhooks() == 0


async def test_a_late_webhook_is_overtaken(
    psp: Psp, shop: Shop, client: StripeClient, buy: Buy, eventually: Eventually
) -> None:
    psp.misbehave(Fault(Kind.LATE_WEBHOOKS, Operation.CREATE, seconds=0.3))

    intent = await buy()
    await client.v1.payment_intents.cancel_async(intent.id)
    await eventually(lambda: len(shop.taken) == 2)

    assert shop.types == ["payment_intent.canceled", "payment_intent.created"]


async def test_a_webhook_that_is_lost_can_still_be_listed(
    psp: Psp, shop: Shop, client: StripeClient, buy: Buy, eventually: Eventually
) -> None:
    psp.misbehave(Fault(Kind.NO_WEBHOOKS, Operation.CREATE))

    intent = await buy()
    await client.v1.payment_intents.cancel_async(intent.id)
    await eventually(lambda: psp.pending_webhooks() == 0)

    assert shop.types == ["payment_intent.canceled"]
    listed = await client.v1.events.list_async()
    assert [each.type for each in listed.data] == ["payment_intent.canceled", "payment_intent.created"]


async def test_a_restart_keeps_the_books_the_keys_and_the_undelivered_events(
    tmp_path: Path, serve: Serve, connect: Callable[[str], StripeClient], eventually: Eventually
) -> None:
    journal = tmp_path / "psp.ndjson"
    before = Psp(webhook_secret=SECRET, deliver=Shop().deliver, journal=journal)
    client = connect(await serve(before.app))
    asked = {"amount": 700, "currency": "eur", "payment_method": "pm_card_visa", "confirm": True}
    first = await client.v1.payment_intents.create_async(asked, {"idempotency_key": "k"})
    await before.stop()
    with journal.open("a") as torn:
        torn.write('[{"kind": "refu')

    shop = Shop()
    after = Psp(webhook_secret=SECRET, deliver=shop.deliver, journal=journal)
    await after.start()
    again = await connect(await serve(after.app)).v1.payment_intents.create_async(asked, {"idempotency_key": "k"})
    await eventually(lambda: after.pending_webhooks() == 0)

    assert again.id == first.id
    assert after.facts() == before.facts()
    assert [(each["kind"], each["amount"]) for each in after.facts()] == [("authorization", 700), ("capture", 700)]
    assert shop.types == ["payment_intent.created", "payment_intent.succeeded"]
    await after.stop()


def an_event() -> Event:
    return Event(
        id="evt_1",
        created=1000,
        type="payment_intent.created",
        object={"id": "pi_1", "object": "payment_intent"},
        request_id=None,
        idempotency_key=None,
        operation="create",
        order_id="o-1",
    )
