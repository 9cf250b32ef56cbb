"""The provider's webhooks at our door."""

import asyncio
import hmac
import json
from dataclasses import replace
from hashlib import sha256
from uuid import UUID

import httpx2
import pytest
from simulators.psp import Kind, Operation

PAYMENT = UUID("0190a000-0000-7000-8000-0000000000aa")
SECRET, SECRET_BEFORE = "whsec_now", "whsec_before"
DOOR = "/api/v1/webhooks/psp"
JSON = "application/json; charset=utf-8"


def slug(answer: httpx2.Response) -> str:
    return answer.json()["type"].removeprefix("urn:mercato:problem:")


@pytest.fixture
def send(client, clock):
    """Sign as the provider does, and deliver."""

    async def send(
        event: dict | bytes, *, secret: str = SECRET, age: int = 0, signature: str | None = None, kind: str = JSON
    ) -> httpx2.Response:
        body = event if isinstance(event, bytes) else json.dumps(event).encode()
        at = int(clock.now().timestamp()) - age
        mac = hmac.new(secret.encode(), b"%d." % at + body, sha256).hexdigest()
        given = f"t={at},v1={mac}" if signature is None else signature
        return await client.post(DOOR, content=body, headers={"Content-Type": kind, "Stripe-Signature": given})

    return send


@pytest.fixture
def event(wire):
    """An event about the intent that was made last."""

    def event(type_: str, *, id_: str | None = None, intent: str | None = None, **metadata: str) -> dict:
        made = [part for each in wire.requests for part in each.url.path.split("/") if part.startswith("pi_")]
        about = {"id": intent or made[-1], "object": "payment_intent", "metadata": metadata}
        return {"id": id_ or f"evt_{type_}", "object": "event", "type": type_, "data": {"object": about}}

    return event


async def at_the_provider(wire, operation: str) -> None:
    """Somebody at the provider's own dashboard."""
    [intent] = {part for each in wire.requests for part in each.url.path.split("/") if part.startswith("pi_")}
    async with httpx2.AsyncClient(transport=wire.inner, base_url="http://psp") as dashboard:
        answer = await dashboard.post(
            f"/v1/payment_intents/{intent}/{operation}", headers={"Authorization": "Bearer sk_test_key"}
        )
    assert answer.status_code == 200
    wire.requests.clear()


@pytest.fixture
async def authorized(shop) -> None:
    await shop.authorize()
    await shop.settle()


async def test_news_is_taken_at_once_and_asked_about_later(shop, authorized, send, event, wire) -> None:
    news = event("payment_intent.canceled")
    await at_the_provider(wire, "cancel")

    answer = await send(news)

    assert (answer.status_code, answer.json()) == (200, {"received": True})
    assert wire.requests == []
    assert await shop.state() == "AUTHORIZED"
    await shop.settle_all()
    assert await shop.state() == "FAILED"
    assert await shop.said() == ["PaymentAuthorized", "PaymentDeclined"]


async def test_a_webhook_is_never_believed_only_looked_into(shop, authorized, send, event, wire) -> None:
    wire.requests.clear()
    lie = event("payment_intent.succeeded", intent=(await _intent(shop)))

    assert (await send(lie)).status_code == 200
    await shop.settle_all()

    assert [each.method for each in wire.requests] == ["GET"]
    assert await shop.state() == "AUTHORIZED"
    assert await shop.facts("ledger_tx") == []


async def test_a_webhook_makes_a_waiting_payment_faster(shop, send, event, wire) -> None:
    shop.misbehave(Kind.TIMEOUT_AFTER, Operation.CONFIRM)
    await shop.authorize()
    await shop.settle()
    assert await shop.state() == "AUTHORIZING"

    await send(event("payment_intent.amount_capturable_updated"))
    await shop.settle()

    assert await shop.state() == "AUTHORIZED"


async def test_both_secrets_are_good_while_both_are_in_use(authorized, send, event) -> None:
    old = await send(event("payment_intent.created", id_="evt_1"), secret=SECRET_BEFORE)
    new = await send(event("payment_intent.created", id_="evt_2"), secret=SECRET)

    assert (old.status_code, new.status_code) == (200, 200)


@pytest.mark.parametrize("age", [-301, 301, 24 * 3600])
async def test_an_old_or_early_signature_is_refused(authorized, send, event, shop, age, wire) -> None:
    news = event("payment_intent.canceled")
    await at_the_provider(wire, "cancel")

    answer = await send(news, age=age)

    assert (answer.status_code, slug(answer)) == (400, "webhook_refused")
    await shop.settle_all()
    assert wire.requests == []


async def test_a_forged_webhook_is_refused_and_leaves_nothing(authorized, send, event, shop, wire) -> None:
    news = event("payment_intent.canceled")
    await at_the_provider(wire, "cancel")

    answers = [
        await send(news, secret="whsec_guessed"),
        await send(news, signature=""),
        await send(news, signature="t=1,v1=00"),
        await send({**news, "id": "evt_other"}, signature=_signed(news)),
    ]

    assert [(each.status_code, slug(each)) for each in answers] == [(400, "webhook_refused")] * 4
    await shop.settle_all()
    assert wire.requests == []
    assert await shop.state() == "AUTHORIZED"


@pytest.mark.parametrize("body", [b"[]", b"nonsense", b'{"id": "evt_1", "type": "x", "data": {"object": []}}'])
async def test_a_signed_body_that_is_no_event_is_refused(send, body) -> None:
    answer = await send(body)

    assert (answer.status_code, slug(answer)) == (400, "webhook_refused")


async def test_too_large_is_413_before_anything_is_checked(send) -> None:
    limit = 256 * 1024

    over = await send(b" " * (limit + 1))
    way_over = await send(b" " * (1024 * 1024 + 1))
    just_fits = await send(b" " * limit)

    assert (over.status_code, slug(over)) == (413, "body_too_large")
    assert way_over.status_code == 413
    assert (just_fits.status_code, slug(just_fits)) == (400, "webhook_refused")


async def test_another_kind_of_body_is_415(send) -> None:
    assert (await send(b"{}", kind="text/plain")).status_code == 415


async def test_the_same_event_many_times_is_heeded_once(shop, authorized, send, event, wire) -> None:
    news = event("payment_intent.canceled")
    await at_the_provider(wire, "cancel")

    answers = await asyncio.gather(*(send(news) for _ in range(8)))
    await shop.settle_all()
    await send(news)
    await shop.settle_all()

    assert {each.status_code for each in answers} == {200}
    assert [each.method for each in wire.requests] == ["GET"]
    assert await shop.said() == ["PaymentAuthorized", "PaymentDeclined"]


async def test_late_and_reordered_webhooks_change_nothing(shop, send, event, wire) -> None:
    await shop.captured()
    story = [
        event("payment_intent.succeeded"),
        event("payment_intent.amount_capturable_updated"),
        event("payment_intent.created"),
    ]
    wire.requests.clear()
    said = await shop.said()

    await shop.later(seconds=24 * 3600)
    for each in story:
        assert (await send(each)).status_code == 200
    await shop.settle_all()

    assert wire.requests == []
    assert await shop.said() == said
    assert await shop.state() == "CAPTURED"


async def test_a_contradiction_of_the_end_is_looked_into_and_told_to_somebody(shop, send, event, wire) -> None:
    await shop.authorize()
    await shop.settle()
    await shop.void()
    await shop.settle()
    [intent] = shop.psp._store.intents.values()
    intent.status, intent.amount_received = "succeeded", intent.amount

    await send(event("payment_intent.succeeded"))
    await shop.settle()

    assert shop.count("shop_payment_surprises_total") == 1
    assert await shop.state() == "VOIDED"
    assert await shop.facts("ledger_tx") == []


async def test_a_webhook_of_an_unknown_payment_is_kept_for_a_day(shop, send, event, wire) -> None:
    await send(event("payment_intent.canceled", intent="pi_of_nobody_yet"))
    await shop.settle()

    await shop.authorize()
    await shop.settle()
    [intent] = shop.psp._store.intents.values()
    await at_the_provider(wire, "cancel")
    await shop.settle()
    assert await shop.state() == "AUTHORIZED"

    await _name(shop, intent.id, "pi_of_nobody_yet")
    await shop.later(seconds=61)
    await shop.settle()

    # It is ours now: looked into, and the provider knows no such intent.
    assert shop.count("shop_payment_surprises_total") == 1


async def test_a_webhook_that_stays_unknown_is_let_go_after_a_day(shop, send, event, wire) -> None:
    await send(event("payment_intent.canceled", intent="pi_of_nobody"))
    await shop.settle()
    await shop.later(seconds=24 * 3600 + 1)
    await shop.settle()

    await shop.authorize()
    await shop.settle()
    [intent] = shop.psp._store.intents.values()
    await _name(shop, intent.id, "pi_of_nobody")
    wire.requests.clear()
    await shop.later(seconds=61)
    await shop.settle()

    assert wire.requests == []


async def test_an_orphaned_intent_of_our_payment_is_none_of_our_business(shop, authorized, send, event, wire) -> None:
    orphan = event("payment_intent.canceled", intent="pi_orphan", payment_id=str(PAYMENT))
    wire.requests.clear()

    assert (await send(orphan)).status_code == 200
    await shop.settle_all()

    assert wire.requests == []
    assert await shop.state() == "AUTHORIZED"


async def test_a_refund_that_fails_after_all_is_told_to_somebody(shop, send, wire) -> None:
    await shop.captured()
    await shop.refund()
    await shop.settle()
    about = {
        "id": "re_1",
        "object": "refund",
        "payment_intent": await _intent(shop),
        "metadata": {"refund_id": "0190a000-0000-7000-8000-0000000000bb"},
    }
    wire.requests.clear()

    await send({"id": "evt_1", "type": "refund.created", "data": {"object": about}})
    await shop.settle()
    assert shop.count("shop_payment_surprises_total") == 0
    await send({"id": "evt_2", "type": "refund.failed", "data": {"object": about}})
    await shop.settle()

    assert shop.count("shop_payment_surprises_total") == 1
    assert (await shop.payment())["refunded"] == 3558
    assert wire.requests == []


async def test_a_webhook_makes_a_pending_refund_faster(shop, send, wire, patience) -> None:
    await shop.captured()
    patience.free.clear()
    shop.misbehave(Kind.REFUND_FAILS, Operation.REFUND)
    await shop.refund()
    await shop.settle()
    [refund] = shop.psp._store.refunds.values()
    refund.status = "succeeded"
    about = {
        "id": refund.id,
        "object": "refund",
        "payment_intent": refund.intent,
        "metadata": refund.metadata,
    }

    await send({"id": "evt_1", "type": "refund.updated", "data": {"object": about}})
    await shop.settle()

    assert (await shop.said())[2:] == ["PaymentRefunded"]
    assert shop.truth("refund") == [3558]


def _signed(event: dict) -> str:
    return "t=1,v1=" + hmac.new(SECRET.encode(), b"1." + json.dumps(event).encode(), sha256).hexdigest()


async def _intent(shop) -> str:
    [intent] = shop.psp._store.intents
    return intent


async def _name(shop, old: str, new: str) -> None:
    """Our row takes another intent's name, as if the id had come in only now."""
    async with shop.service.authorize_payment.payments.transaction() as tx:
        payment = await tx.lock(PAYMENT)
        await tx.save(replace(payment, intent_id=new))


def about_page(type_: str, *, intent: str | None = None) -> dict:
    """An event about the page of our payment."""
    about = {
        "id": "cs_1",
        "object": "checkout.session",
        "payment_intent": intent,
        "metadata": {"payment_id": str(PAYMENT)},
    }
    return {"id": f"evt_{type_}", "object": "event", "type": type_, "data": {"object": about}}


@pytest.mark.parametrize("intent", [None, "pi_not_known_to_us_yet"])
async def test_a_webhook_about_its_page_makes_a_hosted_payment_faster(shop, send, intent) -> None:
    await shop.authorize_on_page()
    await shop.settle()
    await shop.press("pm_card_visa")

    await send(about_page("checkout.session.completed", intent=intent))
    await shop.settle()

    assert await shop.said() == ["PaymentActionRequired", "PaymentAuthorized"]


async def test_a_webhook_about_the_intent_makes_a_hosted_payment_faster(shop, send, event) -> None:
    await shop.authorize_on_page()
    await shop.settle()
    await shop.press("pm_card_visa")

    news = event("payment_intent.amount_capturable_updated", intent="pi_of_the_page", payment_id=str(PAYMENT))
    await send(news)
    await shop.settle()

    assert await shop.state() == "AUTHORIZED"


async def test_a_page_said_to_have_expired_is_looked_at_and_not_believed(shop, send) -> None:
    await shop.authorize_on_page()
    await shop.settle()

    await send(about_page("checkout.session.expired"))
    await shop.settle()

    assert await shop.said() == ["PaymentActionRequired"]
    assert await shop.state() == "REQUIRES_ACTION"


async def test_a_page_of_a_payment_that_nobody_told_us_of_is_kept_until_we_know_it(shop, service, send) -> None:
    await send(about_page("checkout.session.completed"))
    await shop.settle()
    await shop.later(seconds=61)

    async with service.authorize_payment.payments.transaction() as tx:
        waiting = await tx.next_event()

    assert waiting is not None
    assert waiting.event.payment_id == PAYMENT
