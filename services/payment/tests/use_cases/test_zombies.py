"""A worker that was stopped and wakes up again when its work has been given to somebody else."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field
from uuid import UUID

import httpx2
import pytest

PAYMENT = UUID("0190a000-0000-7000-8000-0000000000aa")
REFUND = UUID("0190a000-0000-7000-8000-0000000000bb")


@dataclass
class Stop:
    """Where a worker is held."""

    reached: asyncio.Event = field(default_factory=asyncio.Event)
    go_on: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(self, _request: httpx2.Request) -> None:
        self.reached.set()
        await self.go_on.wait()


@pytest.fixture
async def hold(shop, wire) -> AsyncGenerator[Callable]:
    """Let a worker run until its call has been answered, and stop it there."""
    held: list[tuple[asyncio.Task, Stop]] = []

    async def hold() -> tuple[asyncio.Task, Stop]:
        stop = wire.after = Stop()
        worker = asyncio.create_task(shop.settle())
        held.append((worker, stop))
        async with asyncio.timeout(10):
            await stop.reached.wait()
        wire.after = None
        return worker, stop

    yield hold
    for worker, stop in held:
        stop.go_on.set()
        await worker


async def wake(worker: asyncio.Task, stop: Stop) -> None:
    stop.go_on.set()
    await worker


async def lease_of_payment(shop) -> UUID | None:
    async with shop.service.capture_payment.payments.transaction() as tx:
        return (await tx.lock(PAYMENT)).lease


async def lease_of_refund(shop) -> UUID | None:
    async with shop.service.refund_payment.payments.transaction() as tx:
        return (await tx.lock_refund(REFUND)).lease


async def test_a_zombie_takes_nobodys_lease_away(shop, hold) -> None:
    await shop.authorize()
    zombie = await hold()
    await shop.later(seconds=21)
    successor = await hold()
    lease = await lease_of_payment(shop)

    await wake(*zombie)

    assert lease is not None
    assert await lease_of_payment(shop) == lease
    await wake(*successor)
    await shop.settle_all()
    assert await shop.said() == ["PaymentAuthorized"]
    assert shop.truth("authorization") == [3558]


async def test_a_zombie_captures_nothing_a_second_time(shop, hold) -> None:
    await shop.authorize()
    await shop.settle()
    await shop.capture()
    zombie = await hold()
    await shop.later(seconds=21)
    successor = await hold()

    await wake(*zombie)
    await wake(*successor)
    await shop.settle_all()

    assert await shop.said() == ["PaymentAuthorized", "PaymentCaptured"]
    assert shop.truth("capture") == [3558]
    assert len(await shop.facts("ledger_tx")) == 1


async def test_a_zombie_returns_nothing_a_second_time(shop, hold, wire) -> None:
    await shop.captured()
    await shop.refund()
    zombie = await hold()
    await shop.later(seconds=21)
    successor = await hold()
    lease = await lease_of_refund(shop)

    await wake(*zombie)
    assert await lease_of_refund(shop) == lease
    await wake(*successor)
    await shop.settle_all()

    assert (await shop.said())[2:] == ["PaymentRefunded"]
    assert (await shop.payment())["refunded"] == 3558
    assert shop.truth("refund") == [3558]
    assert set(wire.sent("/refunds")) == {f"{REFUND}:0"}


async def test_a_zombie_that_wakes_when_all_is_done_says_nothing(shop, hold) -> None:
    await shop.captured()
    await shop.refund()
    zombie = await hold()
    await shop.later(seconds=21)
    await shop.settle_all()
    said = await shop.said()

    await wake(*zombie)

    assert await shop.said() == said
    assert (await shop.payment())["refunded"] == 3558
