"""Many hands on one payment at the same moment, on PostgreSQL and with a provider: money moves once."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

import httpx2
import pytest
from chassis.faults import StoreUnavailable
from payment_service.domain.refund import RefundRefused
from simulators.psp import Kind, Operation, Psp

DOOR = "/api/v1/webhooks/psp"
HANDS = 6
SECRET = "whsec_now"


@pytest.fixture
def ground(table_ground: Any) -> Any:
    """What only a real database can show."""
    return table_ground


@pytest.fixture
async def psp(clock: Any, patience: Any, doors: list[httpx2.AsyncClient]) -> Any:
    """A provider whose webhooks come at once, as soon as there is a door."""

    async def deliver(body: bytes, signature: str) -> int:
        headers = {"Content-Type": "application/json", "Stripe-Signature": signature}
        return (await doors[0].post(DOOR, content=body, headers=headers)).status_code

    psp = Psp(
        webhook_secret=SECRET,
        deliver=deliver,
        api_key="sk_test_key",
        now=lambda: clock.now().timestamp(),
        sleep=patience.sleep,
    )
    await psp.start()
    yield psp
    await psp.stop()


@pytest.fixture
def doors() -> list[httpx2.AsyncClient]:
    return []


@pytest.fixture(autouse=True)
def _open(doors: list[httpx2.AsyncClient], client: httpx2.AsyncClient) -> None:
    doors.append(client)


async def heard(act: Callable[[], Awaitable[None]]) -> str:
    """As the broker would: what a busy store refuses is put back, and comes again."""
    while True:
        try:
            await act()
        except StoreUnavailable:
            continue
        except RefundRefused:
            return "refused"
        return "done"


async def at_once(shop: Any, *commands: Callable[[], Awaitable[None]]) -> Counter[str]:
    """All commands and all hands; the hands until nothing is left."""
    said, *_ = await asyncio.gather(
        asyncio.gather(*(heard(each) for each in commands)), *(heard(shop.settle) for _ in range(HANDS))
    )
    await shop.settle_all()
    return Counter(said)


async def test_a_capture_that_commands_webhooks_and_many_hands_race_for_is_made_once(shop: Any) -> None:
    await shop.authorize()
    await at_once(shop)
    shop.misbehave(Kind.DUPLICATE_WEBHOOKS, Operation.CAPTURE)

    await at_once(shop, *[shop.capture] * HANDS)

    assert shop.truth("capture") == [3558]
    assert [each["ref"].partition(":")[0] for each in await shop.facts("ledger_tx")] == ["capture"]
    assert set((await shop.said())[1:]) == {"PaymentCaptured"}


async def test_a_capture_and_a_void_at_once_are_one_or_the_other(shop: Any) -> None:
    await shop.authorize()
    await at_once(shop)

    await at_once(shop, shop.capture, shop.void, shop.capture, shop.void)

    taken, state = shop.truth("capture"), await shop.state()
    assert (taken, state) in (([3558], "CAPTURED"), ([], "VOIDED"))
    assert shop.truth("authorization") == []


async def test_refunds_at_once_return_no_more_than_was_taken(shop: Any, another: Callable[[], Any]) -> None:
    await shop.captured()

    said = await at_once(shop, *(lambda: shop.refund(refund=another(), amount=1000) for _ in range(8)))

    assert said == {"done": 3, "refused": 5}
    assert shop.truth("refund") == [1000] * 3
    assert (await shop.payment())["refunded"] == 3000


async def test_one_refund_asked_for_by_many_at_once_is_paid_once(shop: Any) -> None:
    await shop.captured()

    await at_once(shop, *[shop.refund] * HANDS)

    assert shop.truth("refund") == [3558]
    assert (await shop.payment())["refunded"] == 3558
    assert set((await shop.said())[2:]) == {"PaymentRefunded"}
