"""Who is let in to the checkout."""

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from chassis.rate_limits import MemoryLimiter, Rule
from order_service.use_cases.checkout_gate import CheckoutGate, ShopIsFull, TooManyCheckouts
from order_service.wiring import in_memory

ADA, BOB = UUID(int=1), UUID(int=2)


@dataclass
class Backlog:
    """So many orders have messages that have not left."""

    waiting: int = 0
    asked: list[int] = field(default_factory=list)

    async def count_unsent(self, *, limit: int) -> int:
        self.asked.append(limit)
        return min(limit, self.waiting)


@pytest.fixture
def backlog() -> Backlog:
    return Backlog()


@pytest.fixture
def gate(backlog, world) -> CheckoutGate:
    each = Rule("checkouts", 10, timedelta(minutes=1))
    orders: Any = backlog
    return CheckoutGate(orders, MemoryLimiter(world), each, at_once=3, full_at=100, world=world)


async def passed(gate: CheckoutGate, who: UUID = ADA) -> None:
    async with gate.admit(who):
        pass


async def test_ten_in_a_minute_are_let_in_and_the_next_when_the_minute_has_moved_on(gate, clock) -> None:
    for _ in range(10):
        await passed(gate)
        clock.move(seconds=1)

    with pytest.raises(TooManyCheckouts) as refused:
        await passed(gate)

    assert refused.value.retry_after == 50
    await passed(gate, BOB)
    clock.move(seconds=50)
    await passed(gate)


async def test_three_at_once_are_let_in_and_the_next_when_one_has_left(gate) -> None:
    inside, leave = asyncio.Semaphore(0), asyncio.Event()

    async def shop() -> None:
        async with gate.admit(ADA):
            inside.release()
            await leave.wait()

    shopping = [asyncio.create_task(shop()) for _ in range(3)]
    for _ in shopping:
        await inside.acquire()

    with pytest.raises(TooManyCheckouts) as refused:
        await passed(gate)
    await passed(gate, BOB)
    leave.set()
    await asyncio.gather(*shopping)

    assert refused.value.retry_after == 1
    await passed(gate)


async def test_who_is_refused_or_fails_does_not_stay_inside(gate) -> None:
    for _ in range(5):
        with pytest.raises(ValueError, match="no such cart"):
            async with gate.admit(ADA):
                raise ValueError("no such cart")

    await passed(gate)
    assert gate._inside == {}


async def test_too_much_that_has_not_left_closes_the_shop_until_it_has(gate, backlog, clock) -> None:
    backlog.waiting = 101
    with pytest.raises(ShopIsFull) as refused:
        await passed(gate)
    assert 1 <= refused.value.retry_after <= 5

    backlog.waiting = 100
    with pytest.raises(ShopIsFull):
        await passed(gate)
    clock.move(seconds=5)
    await passed(gate)


async def test_the_backlog_is_looked_at_every_five_seconds_and_not_counted_to_the_end(gate, backlog, clock) -> None:
    for _ in range(8):
        await passed(gate)
        clock.move(seconds=1)

    assert backlog.asked == [101, 101]


async def test_a_full_shop_still_answers_those_who_have_bought(till, world, transport, settings, clock) -> None:
    service = in_memory(settings.model_copy(update={"full_at": 1}), world, transport=transport)
    till.service = service
    wish = await till.wish()
    first = await service.place_order(wish)
    await till.placed()
    clock.move(seconds=5)

    with pytest.raises(ShopIsFull):
        await till.placed()

    again = await service.place_order(wish)
    assert (again.order.id, again.replayed) == (first.order.id, True)
    await till.deliver()
    clock.move(seconds=5)
    assert (await till.placed()).state == "PENDING"
