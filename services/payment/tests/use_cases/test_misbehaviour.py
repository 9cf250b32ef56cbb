"""The provider at its worst, its webhooks at our door: afterwards its books are ours, and every order is right."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any
from uuid import UUID

import httpx2
import pytest
from simulators.psp import Fault, Kind, Operation, Psp
from testkit.verify.facts import Facts
from testkit.verify.invariants import (
    cancelled_means_nothing_is_kept,
    confirmed_means_paid_once,
    the_books_balance,
    the_provider_agrees,
)

ORDER = UUID("0190a000-0000-7000-8000-00000000000f")
DOOR = "/api/v1/webhooks/psp"
HANG_SECONDS = 30.0
CALLS = [Operation.CREATE, Operation.CONFIRM, Operation.CAPTURE, Operation.REFUND, Operation.RETRIEVE, Operation.CANCEL]
ANSWERS = [Kind.TIMEOUT_BEFORE, Kind.TIMEOUT_AFTER, Kind.ERROR_BEFORE, Kind.ERROR_AFTER, Kind.LOCK_TIMEOUT]
WEBHOOKS = [Kind.DUPLICATE_WEBHOOKS, Kind.LATE_WEBHOOKS, Kind.REORDERED_WEBHOOKS, Kind.NO_WEBHOOKS]


class Post:
    """The provider's webhooks on their way to our door, which opens once the service is up."""

    def __init__(self) -> None:
        self.door: httpx2.AsyncClient | None = None
        self.statuses: list[int] = []

    async def deliver(self, body: bytes, signature: str) -> int:
        if self.door is None:
            raise ConnectionError("nobody is there yet")
        headers = {"Content-Type": "application/json", "Stripe-Signature": signature}
        answer = await self.door.post(DOOR, content=body, headers=headers)
        self.statuses.append(answer.status_code)
        return answer.status_code


@pytest.fixture
def post() -> Post:
    return Post()


@pytest.fixture
async def psp(post: Post, clock, patience) -> AsyncGenerator[Psp]:
    """The provider; its webhooks come at once."""
    psp = Psp(
        webhook_secret="whsec_now",
        deliver=post.deliver,
        api_key="sk_test_key",
        hang_seconds=HANG_SECONDS,
        now=lambda: clock.now().timestamp(),
        sleep=patience.sleep,
    )
    await psp.start()
    yield psp
    await psp.stop()


@pytest.fixture
async def open_door(post: Post, client: httpx2.AsyncClient) -> None:
    post.door = client


pytestmark = pytest.mark.usefixtures("open_door")


async def delivered(psp: Psp) -> None:
    """Every webhook has been taken."""
    async with asyncio.timeout(10):
        while psp.pending_webhooks():
            await asyncio.sleep(0.001)


async def violations(shop, state: str) -> list[str]:
    """I4, I5, I6 and I8 over our books, the provider's, and the order as it ended."""
    facts = Facts()
    facts.add("payment", [each async for each in shop.service.facts()])
    facts.add("psp", shop.psp.facts())
    order: dict[str, Any] = {"kind": "order", "id": str(ORDER), "number": "M-1", "state": state}
    said = [each.data for each in await shop.ground.announced() if each.type.startswith("PaymentRefunded")]
    order["refunded"] = sum(each["amount"] for each in said)
    facts.add("order", [{**order, "total": 3558, "currency": "EUR"}])
    checks = (confirmed_means_paid_once, the_provider_agrees, the_books_balance, cancelled_means_nothing_is_kept)
    return [each for check in checks for each in check(facts)]


async def buy(shop) -> None:
    await shop.authorize(method=await shop.save_card())
    await shop.settle_all()
    await shop.capture()
    await shop.settle_all()


async def finish(shop) -> None:
    await delivered(shop.psp)
    await shop.settle_all()


@pytest.mark.parametrize("operation", CALLS)
@pytest.mark.parametrize("kind", [*ANSWERS, *WEBHOOKS])
async def test_a_purchase_ends_with_one_capture_whatever_goes_wrong_once(shop, kind, operation) -> None:
    method = await shop.save_card()
    shop.misbehave(kind, operation)
    await shop.authorize(method=method)
    await shop.settle_all()
    await shop.capture()
    await shop.settle_all()
    await finish(shop)

    assert await shop.said() == ["PaymentAuthorized", "PaymentCaptured"]
    assert shop.truth("capture") == [3558]
    assert await violations(shop, "CONFIRMED") == []


@pytest.mark.parametrize("kind", [*ANSWERS, *WEBHOOKS])
async def test_a_refund_ends_with_one_return_whatever_goes_wrong_once(shop, kind) -> None:
    await buy(shop)
    shop.misbehave(kind, Operation.REFUND)
    await shop.refund()
    await shop.settle_all()
    await finish(shop)

    assert (await shop.said())[2:] == ["PaymentRefunded"]
    assert shop.truth("refund") == [3558]
    assert await violations(shop, "CANCELLED") == []


@pytest.mark.parametrize("kind", [*ANSWERS, *WEBHOOKS])
@pytest.mark.parametrize("operation", [Operation.CONFIRM, Operation.CANCEL])
async def test_a_cancelled_order_holds_nothing_whatever_goes_wrong_once(shop, kind, operation) -> None:
    method = await shop.save_card()
    shop.misbehave(kind, operation)
    await shop.authorize(method=method)
    await shop.settle()
    await shop.void()
    await shop.settle_all()
    await finish(shop)

    assert (await shop.said())[-1] == "PaymentVoided"
    assert await violations(shop, "CANCELLED") == []


@pytest.mark.parametrize("kind", [*ANSWERS, *WEBHOOKS])
async def test_a_declined_card_takes_nothing_whatever_goes_wrong_once(shop, kind) -> None:
    method = await shop.save_card("pm_card_chargeDeclinedInsufficientFunds")
    shop.misbehave(kind, Operation.CONFIRM)
    await shop.authorize(method=method)
    await shop.settle_all()
    await finish(shop)

    assert await shop.said() == ["PaymentDeclined"]
    assert (await shop.last())["reason"] == "insufficient_funds"
    assert await violations(shop, "CANCELLED") == []


async def test_a_webhook_that_is_a_day_late_is_taken_and_changes_nothing(shop, patience, post) -> None:
    method = await shop.save_card()
    patience.free.clear()
    shop.misbehave(Kind.LATE_WEBHOOKS, Operation.ANY, times=10)
    await shop.authorize(method=method)
    await shop.settle_all()
    await shop.capture()
    await shop.settle_all()
    assert post.statuses == []
    said = await shop.said()

    await shop.later(seconds=24 * 3600)
    patience.free.set()
    await finish(shop)

    # Signed afresh, so it is accepted; what it tells has long been known.
    assert post.statuses == [200] * 3
    assert await shop.said() == said == ["PaymentAuthorized", "PaymentCaptured"]
    assert await violations(shop, "CONFIRMED") == []


async def test_a_webhook_that_comes_before_the_answer_to_its_own_call_is_taken(shop, post, wire, psp) -> None:
    async def wait_for_the_webhook(request: httpx2.Request) -> None:
        if request.method == "POST" and "/payment_intents" in request.url.path:
            await delivered(psp)
            await shop.settle()

    wire.after = wait_for_the_webhook
    await buy(shop)

    assert post.statuses == [200] * 3
    assert await shop.said() == ["PaymentAuthorized", "PaymentCaptured"]
    assert await violations(shop, "CONFIRMED") == []


async def test_an_amount_that_is_not_ours_is_never_captured(shop, psp) -> None:
    await shop.authorize(method=await shop.save_card())
    await shop.settle()
    [intent] = psp._store.intents.values()
    intent.amount = 1
    psp.misbehave(Fault(Kind.ERROR_BEFORE, Operation.CAPTURE))

    await shop.capture()
    await shop.settle()
    await shop.later(seconds=61)
    await shop.settle()

    assert shop.truth("capture") == []
    assert shop.count("shop_payment_surprises_total") == 1
    assert await shop.said() == ["PaymentAuthorized"]


@pytest.mark.parametrize("operation", [Operation.CREATE, Operation.CONFIRM, Operation.CAPTURE, Operation.REFUND])
async def test_a_call_that_lands_when_everybody_has_given_up_on_it_lands_once(shop, patience, wire, operation) -> None:
    method = await shop.save_card()
    patience.free.clear()
    shop.misbehave(Kind.SLOW, operation, seconds=HANG_SECONDS + 1)

    async def step(command) -> None:
        await command()
        for _ in range(4):
            await shop.settle()
            await shop.later(seconds=61)
        patience.free.set()
        await shop.settle_all()

    await step(lambda: shop.authorize(method=method))
    await step(shop.capture)
    await step(shop.refund)
    await finish(shop)

    assert await shop.said() == ["PaymentAuthorized", "PaymentCaptured", "PaymentRefunded"]
    assert (shop.truth("capture"), shop.truth("refund")) == ([3558], [3558])
    assert await violations(shop, "CANCELLED") == []


async def void_while_a_confirmation_is_under_way(shop, patience) -> None:
    method = await shop.save_card()
    patience.free.clear()
    shop.misbehave(Kind.SLOW, Operation.CONFIRM, seconds=HANG_SECONDS + 1)
    await shop.authorize(method=method)
    await shop.settle()
    await shop.void()
    await shop.settle_all()
    assert await shop.said() == ["PaymentVoided"]

    await patience.let_go()
    await finish(shop)


async def test_a_confirmation_that_lands_after_the_void_finds_nothing_to_authorise(shop, patience) -> None:
    await void_while_a_confirmation_is_under_way(shop, patience)

    assert shop.truth("authorization") == []
    assert await shop.said() == ["PaymentVoided"]
    assert await violations(shop, "CANCELLED") == []


async def test_a_void_is_announced_only_when_the_cancellation_has_been_heard_of(shop, patience) -> None:
    """The cancellation got lost, too: unconfirmed is not the same as cancelled."""
    shop.misbehave(Kind.ERROR_BEFORE, Operation.CANCEL)

    await void_while_a_confirmation_is_under_way(shop, patience)

    assert shop.truth("authorization") == []
    assert await violations(shop, "CANCELLED") == []


async def test_a_cancellation_that_was_refused_while_the_bank_decided_is_sent_again(shop, patience, wire) -> None:
    """The provider remembers a refusal under its key, so the same key would be refused for a day."""

    async def somebody_confirms_just_before(request: httpx2.Request) -> None:
        if request.url.path.endswith("/cancel"):
            wire.before = None
            confirm = request.url.copy_with(path=request.url.path.replace("/cancel", "/confirm"))
            headers = {"Authorization": "Bearer sk_test_key"}
            answer = await wire.inner.handle_async_request(httpx2.Request("POST", confirm, headers=headers))
            assert answer.status_code == 200

    method = await shop.save_card()
    await shop.authorize(method=method)
    shop.misbehave(Kind.ERROR_BEFORE, Operation.CONFIRM)
    shop.misbehave(Kind.STAYS_PROCESSING, Operation.CONFIRM)
    await shop.settle()
    wire.before = somebody_confirms_just_before
    patience.free.clear()
    await shop.void()
    for _ in range(2):
        await shop.settle()
        await shop.later(seconds=61)
    assert wire.before is None
    assert await shop.state() == "VOIDING"

    patience.free.set()
    await shop.settle_all()
    await finish(shop)

    assert await shop.said() == ["PaymentVoided"]
    assert shop.truth("authorization") == []
    assert await violations(shop, "CANCELLED") == []
