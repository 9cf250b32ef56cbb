"""Paying on the provider's page: approved, declined and tried again, closed, expired, voided in between."""

from datetime import datetime, timedelta
from uuid import UUID

import httpx2
import pytest
from simulators.psp import Kind, Operation

PAYMENT = UUID("0190a000-0000-7000-8000-0000000000aa")
VISA, DECLINED, ASKS = "pm_card_visa", "pm_card_chargeDeclined", "pm_card_threeDSecure2Required"
LOST = [Kind.TIMEOUT_BEFORE, Kind.TIMEOUT_AFTER, Kind.ERROR_BEFORE, Kind.ERROR_AFTER, Kind.LOCK_TIMEOUT]
A_MINUTE = 61


class Died(BaseException):
    """The process ended here."""


async def shown(shop) -> None:
    """A payment whose page the customer was told of."""
    await shop.authorize_on_page()
    await shop.settle()
    assert await shop.said() == ["PaymentActionRequired"]


async def look_again(shop) -> None:
    """So much time passes that the worker looks by itself."""
    await shop.later(seconds=A_MINUTE)
    await shop.settle()


async def test_the_customer_is_told_of_a_page_that_ends_after_31_minutes(shop, clock, wire) -> None:
    began = clock.now()

    await shop.authorize_on_page()
    before = list(wire.requests)
    await shop.settle()

    assert before == []
    assert await shop.said() == ["PaymentActionRequired"]
    said = await shop.last()
    assert said["url"].startswith("http://127.0.0.1:9001/pay/cs_test_")
    assert datetime.fromisoformat(said["expires_at"]) == began + timedelta(minutes=31)
    assert await shop.state() == "REQUIRES_ACTION"
    assert (await shop.payment())["intent_id"] is None
    assert wire.sent("/checkout/sessions") == [f"{PAYMENT}:create:0"]
    assert shop.truth("authorization") == []


async def test_an_approved_card_authorises_when_the_intent_says_so(shop, psp) -> None:
    await shown(shop)

    back = await shop.press(VISA)
    await look_again(shop)

    assert back == "http://shop.example/orders/1?tab=pay&payment=done"
    assert (await shop.said())[1:] == ["PaymentAuthorized"]
    assert await shop.state() == "AUTHORIZED"
    assert shop.truth("authorization") == [3558]
    [authorization] = psp.facts()
    assert authorization["payment_id"] == str(PAYMENT)
    await shop.capture()
    await shop.settle()
    assert (await shop.said())[2:] == ["PaymentCaptured"]
    assert len(await shop.facts("ledger_tx")) == 1


async def test_a_declined_card_releases_nothing_and_the_next_one_pays(shop) -> None:
    await shown(shop)

    again = await shop.press(DECLINED)
    await look_again(shop)
    after_the_first = (await shop.said(), await shop.state())
    await shop.press(VISA)
    await look_again(shop)

    assert again == await shop.page()
    assert after_the_first == (["PaymentActionRequired"], "REQUIRES_ACTION")
    assert (await shop.said())[1:] == ["PaymentAuthorized"]


async def test_a_bank_that_asks_is_answered_on_the_page(shop) -> None:
    await shown(shop)

    question = await shop.press(ASKS)
    await look_again(shop)
    waiting = await shop.state()
    await shop.press("approve", page=question)
    await look_again(shop)

    assert waiting == "REQUIRES_ACTION"
    assert await shop.state() == "AUTHORIZED"


async def test_a_page_that_nobody_used_expires_and_declines(shop) -> None:
    await shown(shop)

    await shop.later(seconds=31 * 60)
    await shop.settle()

    assert (await shop.said())[1:] == ["PaymentDeclined"]
    assert (await shop.last())["reason"] == "session_expired"
    assert await shop.state() == "FAILED"


async def test_a_page_that_expires_after_a_declined_card_declines_when_its_intent_is_cancelled(shop, psp) -> None:
    await shown(shop)
    await shop.press(DECLINED)

    await shop.later(seconds=31 * 60)
    await shop.settle_all()

    assert (await shop.said())[1:] == ["PaymentDeclined"]
    assert (await shop.last())["reason"] == "session_expired"
    assert [each.status for each in psp._store.intents.values()] == ["canceled"]


async def test_a_repeated_command_shows_the_page_again_and_makes_us_look(shop) -> None:
    await shown(shop)
    await shop.press(VISA)

    await shop.authorize_on_page()
    await shop.settle()

    said = await shop.ground.announced()
    assert [each.type.removesuffix(".v1") for each in said] == [
        "PaymentActionRequired",
        "PaymentActionRequired",
        "PaymentAuthorized",
    ]
    assert said[1].data == said[0].data


async def test_while_the_customer_thinks_we_look_less_and_less_often(shop, wire) -> None:
    await shown(shop)
    wire.requests.clear()

    for _ in range(30):
        await look_again(shop)

    assert await shop.state() == "REQUIRES_ACTION"
    assert 25 <= len(wire.requests) <= 31
    assert await shop.service.authorize_payment.payments.unsettled() == 0


async def test_a_capture_of_what_is_not_authorised_waits(shop) -> None:
    await shown(shop)

    await shop.capture()
    await shop.settle()

    assert await shop.said() == ["PaymentActionRequired"]
    assert await shop.state() == "REQUIRES_ACTION"


async def test_without_a_way_back_there_is_no_page(shop, wire) -> None:
    await shop.authorize_on_page(return_url=None)
    await shop.settle()

    assert await shop.said() == ["PaymentDeclined"]
    assert (await shop.last())["reason"] == "no_return_url"
    assert wire.requests == []


async def test_a_void_expires_the_page_before_it_is_announced(shop, wire, browser) -> None:
    await shown(shop)

    await shop.void()
    await shop.settle()

    assert (await shop.said())[1:] == ["PaymentVoided"]
    assert await shop.state() == "VOIDED"
    assert wire.sent("/expire") == [f"{PAYMENT}:expire:0"]
    assert (await browser.get(await shop.page())).status_code == 410


async def test_a_void_after_a_declined_card_leaves_no_intent_to_pay_with(shop, psp) -> None:
    await shown(shop)
    await shop.press(DECLINED)

    await shop.void()
    await shop.settle_all()

    assert (await shop.said())[1:] == ["PaymentVoided"]
    assert [each.status for each in psp._store.intents.values()] == ["canceled"]


async def test_a_void_that_comes_after_the_customer_has_paid_cancels_the_authorisation(shop, wire) -> None:
    await shown(shop)
    await shop.press(VISA)

    await shop.void()
    await shop.settle_all()

    assert (await shop.said())[1:] == ["PaymentVoided"]
    assert wire.sent("/cancel") != []
    assert shop.truth("authorization") == []


async def test_a_customer_who_pays_while_the_page_is_being_expired_gets_everything_back(shop, wire) -> None:
    await shown(shop)
    await shop.void()

    async def pay(request: httpx2.Request) -> None:
        if request.url.path.endswith("/expire"):
            wire.before = None
            await shop.press(VISA)

    wire.before = pay
    await shop.settle_all()

    assert (await shop.said())[1:] == ["PaymentVoided"]
    assert shop.truth("authorization") == []


async def test_a_void_that_arrives_while_we_look_wins(shop, wire) -> None:
    await shown(shop)
    await shop.press(VISA)

    async def void(_request: httpx2.Request) -> None:
        wire.after = None
        await shop.void()

    wire.after = void
    await look_again(shop)
    await shop.settle_all()

    assert (await shop.said())[1:] == ["PaymentVoided"]
    assert shop.truth("authorization") == []


async def test_a_void_before_the_page_is_opened_opens_none(shop, wire) -> None:
    await shop.authorize_on_page()
    await shop.void()
    await shop.settle()

    assert await shop.said() == ["PaymentVoided"]
    assert wire.requests == []


async def test_a_void_while_the_page_is_being_opened_shows_it_to_nobody(shop, wire, psp) -> None:
    await shop.authorize_on_page()

    async def void(_request: httpx2.Request) -> None:
        wire.after = None
        await shop.void()

    wire.after = void
    await shop.settle_all()

    assert await shop.said() == ["PaymentVoided"]
    assert [each.status for each in psp._store.sessions.values()] == ["expired"]


async def test_a_confirmation_under_way_is_waited_for_before_a_void_is_announced(shop, patience) -> None:
    await shown(shop)
    patience.free.clear()
    shop.misbehave(Kind.STAYS_PROCESSING, Operation.CONFIRM, seconds=5)
    await shop.press(VISA)

    await shop.void()
    for _ in range(3):
        await look_again(shop)
    meanwhile = (await shop.said(), await shop.state())
    patience.free.set()
    await shop.settle_all()

    assert meanwhile == (["PaymentActionRequired"], "VOIDING")
    assert (await shop.said())[1:] == ["PaymentVoided"]
    assert shop.truth("authorization") == []


@pytest.mark.parametrize("kind", LOST)
async def test_a_lost_answer_about_the_page_opens_no_second_one(shop, psp, kind) -> None:
    shop.misbehave(kind, Operation.CREATE)

    await shop.authorize_on_page()
    for _ in range(4):
        await shop.settle()
        await shop.later(seconds=10)
    await shop.settle()

    assert await shop.said() == ["PaymentActionRequired"]
    pages = list(psp._store.sessions.values())
    # What the provider would only repeat takes another key; the page that nobody heard of ends by itself.
    assert len(pages) == (2 if kind is Kind.ERROR_AFTER else 1)
    assert pages[-1].id in await shop.page()


async def test_a_page_that_could_not_be_opened_in_time_is_planned_anew_under_the_next_key(shop, wire, clock) -> None:
    shop.misbehave(Kind.ERROR_BEFORE, Operation.CREATE, times=3)
    await shop.authorize_on_page()
    await shop.settle()

    await shop.later(seconds=120)
    for _ in range(5):
        await look_again(shop)
    opened = clock.now()

    assert await shop.said() == ["PaymentActionRequired"]
    keys = wire.sent("/checkout/sessions")
    assert (keys[0], len(set(keys))) == (f"{PAYMENT}:create:0", len(set(keys)))
    assert len(set(keys)) > 1
    until = datetime.fromisoformat((await shop.last())["expires_at"])
    assert timedelta(minutes=20) < until - opened <= timedelta(minutes=31)
    bodies = {}
    for each in wire.requests:
        if each.url.path.endswith("/checkout/sessions"):
            bodies.setdefault(each.headers["Idempotency-Key"], set()).add(each.content)
    assert all(len(same) == 1 for same in bodies.values())


async def test_a_page_whose_creation_lands_late_is_the_one_that_is_shown(shop, psp, patience) -> None:
    patience.free.clear()
    shop.misbehave(Kind.TIMEOUT_AFTER, Operation.CREATE)
    await shop.authorize_on_page()
    await shop.settle()
    assert await shop.said() == []
    patience.free.set()

    await shop.later(seconds=10)
    await shop.settle()

    assert await shop.said() == ["PaymentActionRequired"]
    [page] = psp._store.sessions.values()
    assert (await shop.payment())["session_id"] == page.id


@pytest.mark.parametrize("kind", LOST)
async def test_a_lost_answer_to_the_expiry_ends_in_a_void_all_the_same(shop, kind) -> None:
    await shown(shop)
    shop.misbehave(kind, Operation.CANCEL)

    await shop.void()
    await shop.settle_all()

    assert (await shop.said())[1:] == ["PaymentVoided"]


async def test_a_lost_look_changes_nothing(shop) -> None:
    await shown(shop)
    await shop.press(VISA)
    shop.misbehave(Kind.TIMEOUT_BEFORE, Operation.RETRIEVE, times=2)

    for _ in range(4):
        await look_again(shop)

    assert (await shop.said())[1:] == ["PaymentAuthorized"]


@pytest.mark.parametrize("at", range(9))
async def test_a_death_at_any_moment_costs_nobody_anything(shop, wire, at) -> None:
    moments = iter(range(1000))

    async def moment(_request: httpx2.Request) -> None:
        if next(moments) == at:
            raise Died

    async def survive(step) -> None:
        while True:
            await step()
            try:
                await shop.settle_all()
            except Died:
                await shop.later(seconds=21)
            else:
                return

    wire.before = wire.after = moment
    await survive(shop.authorize_on_page)
    await shop.press(VISA)
    await survive(shop.authorize_on_page)
    await survive(shop.capture)

    assert shop.truth("capture") == [3558]
    assert shop.truth("authorization") == []
    assert await shop.state() == "CAPTURED"
    assert not {"PaymentDeclined", "PaymentVoided", "PaymentCaptureFailed"} & set(await shop.said())


@pytest.mark.parametrize("at", range(9))
async def test_a_death_at_any_moment_of_a_void_leaves_nothing_to_pay_on(shop, wire, psp, at) -> None:
    moments = iter(range(1000))

    async def moment(_request: httpx2.Request) -> None:
        if next(moments) == at:
            raise Died

    wire.before = wire.after = moment
    for step in (shop.authorize_on_page, shop.void):
        for _ in range(3):
            await step()
            try:
                await shop.settle_all()
            except Died:
                await shop.later(seconds=21)

    assert (await shop.said())[-1] == "PaymentVoided"
    assert await shop.state() == "VOIDED"
    assert [each.status for each in psp._store.sessions.values()] == ["expired"]
