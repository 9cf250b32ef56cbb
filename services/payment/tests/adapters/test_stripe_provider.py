"""The adapter of the official SDK, against the simulated provider on a real socket and against odd answers."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import httpx2
import pytest
import uvicorn
from chassis.world import SystemClock
from payment_service.adapters import stripe_sdk
from payment_service.adapters.stripe_provider import StripeProvider
from payment_service.domain.intent import IntentStatus
from payment_service.domain.refund import RefundState
from payment_service.domain.session import SessionStatus
from payment_service.ports import Declined, OutcomeUnknown, Refused, TryAgainLater
from simulators.psp import Fault, Kind, Operation, Psp

METADATA = {"order_id": "o-1", "payment_id": "p-1"}
Calls = list[tuple[str, str]]


@pytest.fixture
async def remote() -> AsyncGenerator[Psp]:
    """A provider whose slow calls take longer than `impatient` waits."""
    psp = Psp(webhook_secret="whsec", api_key="sk_test_key", hang_seconds=1.0)
    yield psp
    await psp.stop()


@pytest.fixture
async def url(remote: Psp) -> AsyncGenerator[str]:
    config = uvicorn.Config(
        remote.app, port=0, lifespan="off", ws="none", log_level="error", timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server._serve())
    async with asyncio.timeout(10):
        while not server.started:
            await asyncio.sleep(0.005)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    await serving


@pytest.fixture
def calls() -> Calls:
    """What the adapter counted: operation and outcome."""
    return []


@pytest.fixture
async def provider(url: str, calls: Calls) -> AsyncGenerator[StripeProvider]:
    async with connected(url, calls) as provider:
        yield provider


@asynccontextmanager
async def connected(
    url: str, calls: Calls, *, key: str = "sk_test_key", transport: httpx2.AsyncBaseTransport | None = None
) -> AsyncGenerator[StripeProvider]:
    def called(operation: str, outcome: str, _seconds: float) -> None:
        calls.append((operation, outcome))

    provider = StripeProvider(key, base_url=url, called=called, clock=SystemClock(), transport=transport)
    yield provider
    await provider.close()


@pytest.fixture
def buy(provider: StripeProvider) -> Callable[..., Awaitable[str]]:
    """An unconfirmed intent; its id."""

    async def buy(token: str = "pm_card_visa") -> str:
        customer = await provider.create_customer(uuid4(), key=f"{uuid4()}:customer:0")
        card = await provider.attach(token, customer=customer)
        made = await provider.create_intent(
            amount=3558,
            currency="EUR",
            customer=customer,
            method=card.provider_method_id,
            metadata=METADATA,
            key=f"{uuid4()}:create:0",
        )
        assert made.status is IntentStatus.REQUIRES_CONFIRMATION
        return made.id

    return buy


async def test_a_purchase_and_its_refund_over_the_wire(provider, buy, remote, calls) -> None:
    intent = await buy()

    confirmed = await provider.confirm(intent, return_url=None, key="confirm:0")
    taken = await provider.capture(intent, key="capture:0")
    refund = await provider.refund(intent, amount=558, metadata={"refund_id": "r-1", "attempt": "0"}, key="r-1:0")

    assert (confirmed.status, confirmed.amount, confirmed.currency) == (IntentStatus.REQUIRES_CAPTURE, 3558, "EUR")
    assert (taken.status, taken.received) == (IntentStatus.SUCCEEDED, 3558)
    assert (refund.state, refund.amount, refund.currency) == (RefundState.DONE, 558, "EUR")
    assert (refund.refund_id, refund.attempt) == ("r-1", "0")
    assert await provider.find_refunds(intent) == [refund]
    assert await provider.retrieve(intent) == taken
    assert [each["kind"] for each in remote.facts()] == ["authorization", "capture", "refund"]
    assert ("capture", "ok") in calls


async def test_an_intent_is_created_unconfirmed_for_manual_capture(buy, remote) -> None:
    await buy()

    [intent] = remote._store.intents.values()
    assert (intent.capture_method, intent.status) == ("manual", "requires_confirmation")
    assert intent.metadata == METADATA
    assert remote.facts() == []


@pytest.mark.parametrize(
    ("token", "reason"),
    [
        ("pm_card_chargeDeclined", "generic_decline"),
        ("pm_card_chargeDeclinedInsufficientFunds", "insufficient_funds"),
        ("pm_card_chargeDeclinedExpiredCard", "expired_card"),
    ],
)
async def test_a_decline_carries_the_banks_own_word(provider, buy, calls, token: str, reason: str) -> None:
    intent = await buy(token)

    with pytest.raises(Declined) as declined:
        await provider.confirm(intent, return_url=None, key="confirm:0")

    assert declined.value.reason == reason
    looked = await provider.retrieve(intent)
    assert (looked.status, looked.decline) == (IntentStatus.REQUIRES_PAYMENT_METHOD, reason)
    assert calls[-2:] == [("confirm", "Declined"), ("retrieve", "ok")]


@pytest.mark.parametrize("kind", [Kind.TIMEOUT_BEFORE, Kind.TIMEOUT_AFTER])
async def test_an_answer_that_takes_too_long_is_unknown(provider, buy, remote, kind, monkeypatch) -> None:
    intent = await buy()
    remote.misbehave(Fault(kind, Operation.CONFIRM))
    monkeypatch.setattr(stripe_sdk, "TOTAL_SECONDS", 0.2)

    with pytest.raises(OutcomeUnknown) as unknown:
        await provider.confirm(intent, return_url=None, key="confirm:0")

    assert not unknown.value.replayed
    monkeypatch.undo()
    status = (await provider.retrieve(intent)).status
    assert status == ("requires_capture" if kind is Kind.TIMEOUT_AFTER else "requires_confirmation")


async def test_a_500_is_unknown_and_its_repetition_says_so(provider, buy, remote) -> None:
    intent = await buy()
    remote.misbehave(Fault(Kind.ERROR_AFTER, Operation.CONFIRM))

    with pytest.raises(OutcomeUnknown) as first:
        await provider.confirm(intent, return_url=None, key="confirm:0")
    with pytest.raises(OutcomeUnknown) as second:
        await provider.confirm(intent, return_url=None, key="confirm:0")

    assert (first.value.replayed, second.value.replayed) == (False, True)


async def test_a_lock_timeout_is_try_again(provider, buy, remote) -> None:
    intent = await buy()
    remote.misbehave(Fault(Kind.LOCK_TIMEOUT, Operation.CAPTURE))

    with pytest.raises(TryAgainLater):
        await provider.capture(intent, key="capture:0")


async def test_a_key_in_use_is_try_again(provider, buy, remote) -> None:
    intent = await buy()
    remote.misbehave(Fault(Kind.SLOW, Operation.CONFIRM, seconds=0.5))

    both = await asyncio.gather(
        provider.confirm(intent, return_url=None, key="confirm:0"),
        provider.confirm(intent, return_url=None, key="confirm:0"),
        return_exceptions=True,
    )

    assert {type(each).__name__ for each in both} == {"Intent", "TryAgainLater"}


async def test_what_is_in_no_state_for_it_is_refused(provider, buy) -> None:
    intent = await buy()

    with pytest.raises(Refused) as refused:
        await provider.capture(intent, key="capture:0")
    assert refused.value.reason == "payment_intent_unexpected_state"

    with pytest.raises(Refused):
        await provider.retrieve("pi_of_nobody")
    with pytest.raises(Refused):
        await provider.attach("pm_card_unheard_of", customer="cus_of_nobody")


async def test_a_wrong_key_of_ours_is_nobodys_decline(url, calls) -> None:
    async with connected(url, calls, key="sk_test_wrong") as stranger:
        with pytest.raises(TryAgainLater):
            await stranger.retrieve("pi_1")

    assert calls == [("retrieve", "TryAgainLater")]


async def test_nobody_there_is_unknown(calls) -> None:
    async with connected("http://127.0.0.1:1", calls) as provider:
        with pytest.raises(OutcomeUnknown):
            await provider.retrieve("pi_1")


@pytest.mark.parametrize(
    ("status", "body", "means"),
    [
        (200, b"no json", OutcomeUnknown),
        (200, b"", OutcomeUnknown),
        (302, b"{}", OutcomeUnknown),
        (400, b"{}", OutcomeUnknown),
        (404, b"<html>no such page, says some gateway</html>", OutcomeUnknown),
        (400, b'{"error": {"type": "invalid_request_error", "message": "no"}}', Refused),
        (401, b'{"error": {"type": "invalid_request_error", "message": "no"}}', TryAgainLater),
        (402, b'{"error": {"type": "card_error", "code": "card_declined", "message": "no"}}', Declined),
        (403, b'{"error": {"type": "invalid_request_error", "message": "no"}}', TryAgainLater),
        (404, b'{"error": {"type": "invalid_request_error", "message": "no"}}', Refused),
        (409, b'{"error": {"type": "idempotency_error", "message": "busy"}}', TryAgainLater),
        (429, b'{"error": {"type": "invalid_request_error", "code": "lock_timeout", "message": "no"}}', TryAgainLater),
        (500, b'{"error": {"type": "api_error", "message": "no"}}', OutcomeUnknown),
        (502, b"<html>bad gateway</html>", OutcomeUnknown),
        (503, b'{"error": {"type": "api_error", "message": "no"}}', OutcomeUnknown),
    ],
)
async def test_what_an_answer_means(calls, status: int, body: bytes, means: type[Exception]) -> None:
    transport = httpx2.MockTransport(lambda _request: httpx2.Response(status, content=body))

    async with connected("http://psp", calls, transport=transport) as provider:
        with pytest.raises(means):
            await provider.retrieve("pi_1")

    assert calls == [("retrieve", means.__name__)]


async def test_nothing_is_sent_twice_by_the_sdk_itself(calls) -> None:
    asked: list[str] = []

    def down(request: httpx2.Request) -> httpx2.Response:
        asked.append(request.url.path)
        raise httpx2.ConnectError("refused", request=request)

    async with connected("http://psp", calls, transport=httpx2.MockTransport(down)) as provider:
        with pytest.raises(OutcomeUnknown):
            await provider.capture("pi_1", key="capture:0")

    assert asked == ["/v1/payment_intents/pi_1/capture"]


SHOP = "http://shop.example/orders/1?tab=pay#top"
PAGE = {"amount": 3558, "currency": "EUR", "metadata": METADATA, "return_url": SHOP}


def until(minutes: int = 31) -> datetime:
    return datetime.now(UTC).replace(microsecond=0) + timedelta(minutes=minutes)


@pytest.fixture
async def browser(url: str) -> AsyncGenerator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(base_url=url) as browser:
        yield browser


async def test_a_page_is_opened_paid_on_and_looked_at_over_the_wire(provider, remote, browser, calls) -> None:
    end = until()
    opened = await provider.create_session(**PAGE, expires_at=end, key="p-1:create:0")

    await browser.post(f"/pay/{opened.id}", data={"card": "pm_card_chargeDeclined"})
    declined = await provider.retrieve_session(opened.id)
    paid = await browser.post(f"/pay/{opened.id}", data={"card": "pm_card_visa"})
    complete = await provider.retrieve_session(opened.id)

    assert (opened.status, opened.amount, opened.currency) == (SessionStatus.OPEN, 3558, "EUR")
    assert (opened.expires_at, opened.intent) == (end, None)
    assert opened.url.endswith(f"/pay/{opened.id}")
    assert (declined.status, declined.intent.decline) == (SessionStatus.OPEN, "generic_decline")
    assert paid.headers["location"] == "http://shop.example/orders/1?tab=pay&payment=done#top"
    assert (complete.status, complete.url) == (SessionStatus.COMPLETE, None)
    assert complete.intent.status is IntentStatus.REQUIRES_CAPTURE
    assert [(each["payment_id"], each["order_id"]) for each in remote.facts()] == [("p-1", "o-1")]
    assert calls == [("create_session", "ok"), ("retrieve_session", "ok"), ("retrieve_session", "ok")]


async def test_the_same_key_opens_the_same_page(provider, remote) -> None:
    end = until()

    first = await provider.create_session(**PAGE, expires_at=end, key="p-1:create:0")
    again = await provider.create_session(**PAGE, expires_at=end, key="p-1:create:0")

    assert again == first
    assert len(remote._store.sessions) == 1
    with pytest.raises(Refused):
        await provider.create_session(**PAGE, expires_at=end + timedelta(minutes=1), key="p-1:create:0")


async def test_a_page_is_expired_once(provider) -> None:
    page = await provider.create_session(**PAGE, expires_at=until(), key="p-1:create:0")

    expired = await provider.expire_session(page.id, key="p-1:expire:0")

    assert (expired.status, expired.intent) == (SessionStatus.EXPIRED, None)
    with pytest.raises(Refused):
        await provider.expire_session(page.id, key="p-1:expire:1")


async def test_a_page_for_less_than_half_an_hour_is_refused(provider) -> None:
    with pytest.raises(Refused):
        await provider.create_session(**PAGE, expires_at=until(29), key="p-1:create:0")


async def test_a_card_that_asks_is_declined_unless_there_is_a_way_back(provider, buy) -> None:
    card = "pm_card_threeDSecure2Required"
    asked = await provider.confirm(await buy(card), return_url=SHOP, key="confirm:0")

    assert (asked.status, asked.action_url.rpartition("/")[0][-4:]) == (IntentStatus.REQUIRES_ACTION, "/act")
    with pytest.raises(Declined) as declined:
        await provider.confirm(await buy(card), return_url=None, key="confirm:1")
    assert declined.value.reason == "authentication_required"
