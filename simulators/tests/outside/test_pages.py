"""The page to pay on, as a browser walks it, and what the shop sees of it through the official SDK."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable

import httpx2
import pytest
import stripe
from simulators.psp import Fault, Kind, Operation, Psp
from stripe import StripeClient

from .conftest import SECRET, Connect, Eventually, Serve, Shop

SHOP = "http://shop.example/orders/1?from='b'"
DONE, CLOSED = f"{SHOP}&done", f"{SHOP}&closed"
VISA, DECLINED, ASKS = "pm_card_visa", "pm_card_chargeDeclined", "pm_card_threeDSecure2Required"

type Open = Callable[..., Awaitable[stripe.checkout.Session]]


class Clock:
    """The provider's time, which the test can move."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def now(self) -> float:
        return time.time() + self.ahead


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def psp(shop: Shop, clock: Clock) -> AsyncIterator[Psp]:
    provider = Psp(webhook_secret=SECRET, deliver=shop.deliver, public_url="http://psp.example/dev/psp", now=clock.now)
    await provider.start()
    yield provider
    await provider.stop()


@pytest.fixture
def open_page(client: StripeClient) -> Open:
    """A page over 25.00, as the shop opens it."""

    async def create(**others: object) -> stripe.checkout.Session:
        ids = {"order_id": "o-1", "payment_id": "pay-o-1"}
        price = {"currency": "eur", "unit_amount": 1250, "product_data": {"name": "Your order"}}
        plain = {
            "mode": "payment",
            "line_items": [{"quantity": 2, "price_data": price}],
            "payment_intent_data": {"capture_method": "manual", "metadata": ids},
            "metadata": ids,
            "success_url": DONE,
            "cancel_url": CLOSED,
        }
        return await client.v1.checkout.sessions.create_async({**plain, **others})  # type: ignore[typeddict-item]

    return create


@pytest.fixture
async def browser(psp: Psp, serve: Serve) -> AsyncIterator[httpx2.AsyncClient]:
    """Follows nothing by itself. The public address of the pages is mapped to where they are served."""
    async with httpx2.AsyncClient(base_url=await serve(psp.app)) as browser:
        yield browser


def path(url: str | None) -> str:
    assert url is not None
    assert url.startswith("http://psp.example/dev/psp/")
    return url.removeprefix("http://psp.example/dev/psp")


async def pay(browser: httpx2.AsyncClient, page: stripe.checkout.Session, card: str) -> str:
    """Press one of the page's buttons; where the browser is sent."""
    answer = await browser.post(path(page.url), data={"card": card})
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


async def looked_at(client: StripeClient, page: stripe.checkout.Session) -> stripe.checkout.Session:
    return await client.v1.checkout.sessions.retrieve_async(page.id, {"expand": ["payment_intent"]})


async def test_a_page_is_open_and_has_no_intent_before_anybody_confirms(client, open_page: Open, psp: Psp) -> None:
    page = await open_page()

    assert (page.status, page.amount_total, page.currency, page.payment_intent) == ("open", 2500, "eur", None)
    assert (await client.v1.payment_intents.list_async()).data == []
    assert psp.facts() == []


async def test_the_page_shows_the_amount_and_what_can_be_done_without_a_script(browser, open_page: Open) -> None:
    page = await open_page()

    answer = await browser.get(path(page.url))

    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "25.00 EUR" in answer.text
    assert "<script" not in answer.text
    for card in (VISA, DECLINED, ASKS, "close"):
        assert f'value="{card}"' in answer.text


async def test_a_good_card_authorises_and_leads_back_to_the_shop(
    client, browser, open_page: Open, psp: Psp, shop: Shop, eventually: Eventually
) -> None:
    page = await open_page()

    assert await pay(browser, page, VISA) == DONE

    seen = await looked_at(client, page)
    assert (seen.status, seen.payment_status, seen.url) == ("complete", "unpaid", None)
    assert (seen.payment_intent.status, seen.payment_intent.amount) == ("requires_capture", 2500)
    assert seen.payment_intent.metadata.to_dict() == {"order_id": "o-1", "payment_id": "pay-o-1"}
    assert [(each["kind"], each["order_id"], each["open"]) for each in psp.facts()] == [("authorization", "o-1", True)]
    await eventually(lambda: len(shop.taken) == 3)
    assert shop.types == [
        "payment_intent.created",
        "payment_intent.amount_capturable_updated",
        "checkout.session.completed",
    ]
    taken = await client.v1.payment_intents.capture_async(seen.payment_intent.id)
    assert (taken.status, (await looked_at(client, page)).payment_status) == ("succeeded", "paid")


async def test_a_declined_card_may_be_followed_by_another_on_the_same_intent(client, browser, open_page: Open) -> None:
    page = await open_page()

    assert path(await pay(browser, page, DECLINED)) == path(page.url)
    declined = await looked_at(client, page)
    assert "Your card was declined." in (await browser.get(path(page.url))).text
    assert await pay(browser, page, VISA) == DONE

    accepted = await looked_at(client, page)
    assert (declined.status, declined.payment_intent.status) == ("open", "requires_payment_method")
    assert (accepted.status, accepted.payment_intent.status) == ("complete", "requires_capture")
    assert accepted.payment_intent.id == declined.payment_intent.id


async def test_a_bank_that_asks_is_answered_on_a_page_of_its_own(client, browser, open_page: Open) -> None:
    page = await open_page()

    question = path(await pay(browser, page, ASKS))
    waiting = await looked_at(client, page)
    asked = await browser.get(question)
    answered = await browser.post(question, data={"answer": "approve"})

    assert (waiting.status, waiting.payment_intent.status) == ("open", "requires_action")
    assert 'value="approve"' in asked.text
    assert (answered.status_code, answered.headers["location"]) == (303, DONE)
    assert (await looked_at(client, page)).payment_intent.status == "requires_capture"


async def test_a_refused_question_leads_back_to_the_page(client, browser, open_page: Open) -> None:
    page = await open_page()
    question = path(await pay(browser, page, ASKS))

    refused = await browser.post(question, data={"answer": "refuse"})

    assert path(refused.headers["location"]) == path(page.url)
    assert "failed authentication" in (await browser.get(path(page.url))).text
    seen = await looked_at(client, page)
    assert (seen.status, seen.payment_intent.status) == ("open", "requires_payment_method")
    assert await pay(browser, page, VISA) == DONE


async def test_a_proven_customer_may_still_be_declined(client, browser, open_page: Open) -> None:
    page = await open_page()
    question = path(await pay(browser, page, "pm_card_threeDSecureRequiredChargeDeclined"))

    answered = await browser.post(question, data={"answer": "approve"})

    assert path(answered.headers["location"]) == path(page.url)
    assert (await looked_at(client, page)).payment_intent.last_payment_error.decline_code == "generic_decline"


async def test_closing_leads_back_and_leaves_the_page_open(client, browser, open_page: Open, psp: Psp) -> None:
    page = await open_page()

    assert await pay(browser, page, "close") == CLOSED

    assert (await looked_at(client, page)).status == "open"
    assert psp.facts() == []


async def test_an_expired_page_takes_no_card_and_cancels_its_intent(
    client, browser, open_page: Open, psp: Psp, shop: Shop, eventually: Eventually
) -> None:
    page = await open_page()
    await pay(browser, page, DECLINED)

    expired = await client.v1.checkout.sessions.expire_async(page.id, {"expand": ["payment_intent"]})

    assert (expired.status, expired.payment_intent.status) == ("expired", "canceled")
    assert path(await pay(browser, page, VISA)) == path(page.url)
    shown = await browser.get(path(page.url))
    assert (shown.status_code, "Nothing was charged" in shown.text) == (410, True)
    assert [each for each in psp.facts() if each["kind"] == "authorization"] == []
    await eventually(lambda: len(shop.taken) == 4)
    assert shop.types[2:] == ["payment_intent.canceled", "checkout.session.expired"]


async def test_a_page_expires_by_itself(client, browser, open_page: Open, clock: Clock) -> None:
    page = await open_page(expires_at=int(clock.now()) + 31 * 60)
    question = path(await pay(browser, page, ASKS))

    clock.ahead = 31 * 60

    answered = await browser.post(question, data={"answer": "approve"})
    assert path(answered.headers["location"]) == path(page.url)
    seen = await looked_at(client, page)
    assert (seen.status, seen.payment_intent.status) == ("expired", "canceled")


async def test_the_hand_behind_the_curtain_lets_a_pages_time_run_out(
    client, browser, open_page: Open, psp: Psp, shop: Shop, eventually: Eventually
) -> None:
    page = await open_page()
    question = path(await pay(browser, page, ASKS))

    assert (await browser.post(f"/control/sessions/{page.id}/expire")).json()["status"] == "expired"

    seen = await looked_at(client, page)
    assert (seen.status, seen.payment_intent.status) == ("expired", "canceled")
    answered = await browser.post(question, data={"answer": "approve"})
    assert path(answered.headers["location"]) == path(page.url)
    assert [each for each in psp.facts() if each["kind"] == "authorization"] == []
    await eventually(lambda: shop.types[-2:] == ["payment_intent.canceled", "checkout.session.expired"])
    assert (await browser.post(f"/control/sessions/{page.id}/expire")).status_code == 400
    assert (await browser.post("/control/sessions/cs_test_none/expire")).status_code == 404


@pytest.mark.parametrize("minutes", [29, 24 * 60 + 1])
async def test_a_page_for_too_short_or_too_long_is_refused(open_page: Open, clock: Clock, minutes: int) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        await open_page(expires_at=int(clock.now()) + minutes * 60)

    assert refused.value.param == "expires_at"


async def test_what_is_not_open_cannot_be_expired(client, browser, open_page: Open) -> None:
    page = await open_page()
    await pay(browser, page, VISA)

    with pytest.raises(stripe.InvalidRequestError):
        await client.v1.checkout.sessions.expire_async(page.id)

    assert (await looked_at(client, page)).status == "complete"


async def test_the_intent_of_an_open_page_is_not_cancelled_behind_its_back(client, browser, open_page: Open) -> None:
    page = await open_page()
    await pay(browser, page, DECLINED)
    intent = (await looked_at(client, page)).payment_intent

    with pytest.raises(stripe.InvalidRequestError):
        await client.v1.payment_intents.cancel_async(intent.id)
    await pay(browser, page, VISA)
    cancelled = await client.v1.payment_intents.cancel_async(intent.id)

    assert cancelled.status == "canceled"


async def test_a_confirmation_that_takes_its_time_completes_the_page_meanwhile(
    client, browser, open_page: Open, psp: Psp
) -> None:
    psp.misbehave(Fault(Kind.STAYS_PROCESSING, Operation.CONFIRM, seconds=3600, order_id="o-1"))
    page = await open_page()

    assert await pay(browser, page, VISA) == DONE

    seen = await looked_at(client, page)
    assert (seen.status, seen.payment_intent.status) == ("complete", "processing")


async def test_a_second_press_of_the_button_authorises_nothing_more(browser, open_page: Open, psp: Psp) -> None:
    page = await open_page()
    await pay(browser, page, VISA)

    assert path(await pay(browser, page, VISA)) == path(page.url)

    assert "Paid" in (await browser.get(path(page.url))).text
    assert len(psp.facts()) == 1


async def test_addresses_of_the_shop_are_shown_as_text_and_nothing_else(browser, open_page: Open) -> None:
    page = await open_page()
    await pay(browser, page, VISA)

    shown = (await browser.get(path(page.url))).text

    assert "from='b'" not in shown
    assert "from=&#x27;b&#x27;&amp;done" in shown


@pytest.mark.parametrize("nowhere", ["/pay/cs_test_none", "/act/pi_none"])
async def test_a_page_that_nobody_opened_is_not_there(browser, nowhere: str) -> None:
    assert (await browser.get(nowhere)).status_code == 404
    assert (await browser.post(nowhere, data={"card": VISA, "answer": "approve"})).status_code == 404


async def test_an_unknown_card_is_refused(browser, open_page: Open) -> None:
    page = await open_page()

    answer = await browser.post(path(page.url), data={"card": "pm_card_unheard_of"})

    assert answer.status_code == 404


async def test_a_card_that_asks_is_declined_when_nobody_is_there(client, buy) -> None:
    intent = await buy(ASKS)

    with pytest.raises(stripe.CardError) as declined:
        await client.v1.payment_intents.confirm_async(intent.id, {"off_session": True})

    assert declined.value.code == "authentication_required"


async def test_a_card_that_asks_sends_its_customer_to_the_bank_and_back(client, browser, buy) -> None:
    intent = await buy(ASKS)
    confirmed = await client.v1.payment_intents.confirm_async(intent.id, {"return_url": SHOP})

    question = path(confirmed.next_action.redirect_to_url.url)
    answered = await browser.post(question, data={"answer": "approve"})

    assert (confirmed.status, answered.headers["location"]) == ("requires_action", SHOP)
    seen = await client.v1.payment_intents.retrieve_async(intent.id)
    assert (seen.status, seen.next_action) == ("requires_capture", None)


async def test_pages_and_their_intents_survive_a_restart(tmp_path, serve: Serve, connect: Connect) -> None:
    journal = tmp_path / "psp.ndjson"
    before = Psp(webhook_secret=SECRET, journal=journal)
    made = await connect(await serve(before.app)).v1.checkout.sessions.create_async(
        {
            "mode": "payment",
            "line_items": [
                {
                    "quantity": 1,
                    "price_data": {"currency": "eur", "unit_amount": 100, "product_data": {"name": "Your order"}},
                }
            ],
            "success_url": DONE,
        }
    )
    await before.stop()

    after = Psp(webhook_secret=SECRET, journal=journal)
    found = await connect(await serve(after.app)).v1.checkout.sessions.retrieve_async(made.id)

    assert (found.status, found.amount_total) == ("open", 100)
    await after.stop()
