"""The sweeper's part of the contract: who may look at an order, and what is said again."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from order_service.domain.order import Order
from order_service.domain.saga_table import Trigger
from order_service.domain.states import Command, State

from .steps import added, brought, moved

SECOND = timedelta(seconds=1)


async def claim(books, *, seconds: float = 30) -> Any:
    now = books.clock.now()
    return await books.orders.claim_due(lease=uuid4(), until=now + seconds * SECOND, now=now)


async def test_the_longest_overdue_is_claimed_first_and_the_future_not_at_all(books, an_order) -> None:
    now = books.clock.now()
    late, later, future = [await added(books, an_order(next_action_at=now + n * SECOND)) for n in (-2, 0, 1)]
    await books.orders.add(an_order(State.CONFIRMED, next_action_at=None), [])

    claims = [await claim(books) for _ in range(3)]

    assert [each and each.order.id for each in claims] == [late.id, later.id, None]
    books.clock.move(seconds=1)
    assert (await claim(books)).order.id == future.id


async def test_sweepers_at_once_never_share_an_order(books, an_order) -> None:
    orders = [await added(books, an_order(next_action_at=books.clock.now())) for _ in range(6)]

    claims = await asyncio.gather(*(claim(books) for _ in range(20)))

    taken = [each.order.id for each in claims if each is not None]
    assert sorted(taken) == sorted(order.id for order in orders)


async def test_a_claim_ends_with_its_lease(books, an_order) -> None:
    order = await added(books, an_order(next_action_at=books.clock.now()))
    first = await claim(books, seconds=30)
    assert first.order == replace(order, next_action_at=books.clock.now() + 30 * SECOND)

    books.clock.move(seconds=29)
    assert await claim(books) is None
    books.clock.move(seconds=1)
    assert (await claim(books)).order.id == order.id


async def test_a_claim_tells_when_each_command_first_left(books, an_order) -> None:
    order = await brought(books, await added(books, an_order()), Trigger.STOCK_RESERVED)
    books.clock.move(seconds=5)
    assert (await claim(books, seconds=0)).first_sent == {}

    left = books.clock.now()
    await books.deliver()
    books.clock.move(seconds=10)
    assert (await claim(books, seconds=0)).first_sent == {Command.AUTHORIZE_PAYMENT: left}

    order = await brought(books, order, Trigger.AUTHORIZED)
    books.clock.move(seconds=10)
    assert (await claim(books)).first_sent == {}, "what is no longer waited for is nobody's business"


async def repeated(books, lease: UUID, order: Order, *commands: Command, **changes: Any) -> bool:
    later = replace(order, **{"tries": 1, "next_action_at": books.clock.now() + 10 * SECOND, **changes})
    return await books.orders.repeat(later, lease=lease, commands=commands)


@pytest.fixture
async def claimed(books, an_order):
    """An order whose command has left, in the sweeper's hands: the order and the lease."""
    await added(books, an_order())
    await books.deliver()
    books.clock.move(seconds=5)
    lease = uuid4()
    now = books.clock.now()
    due = await books.orders.claim_due(lease=lease, until=now + 30 * SECOND, now=now)
    return due.order, lease


async def test_what_is_repeated_is_the_same_message_and_nothing_grows(books, claimed) -> None:
    order, lease = claimed
    before = await books.facts("outbox")

    assert await repeated(books, lease, order, Command.RESERVE_STOCK, needs_review=True)

    found = await books.orders.any(order.id)
    assert (found.tries, found.needs_review, found.version) == (1, True, order.version)
    assert found.next_action_at == books.clock.now() + 10 * SECOND
    after = await books.facts("outbox")
    assert [(each["id"], each["type"]) for each in after] == [(each["id"], each["type"]) for each in before]
    assert await books.deliver() == ["ReserveStock"]
    assert await books.deliver() == []


async def test_the_first_time_a_command_left_is_written_once(books, claimed) -> None:
    order, lease = claimed
    first = books.clock.now() - 5 * SECOND
    await repeated(books, lease, order, Command.RESERVE_STOCK, next_action_at=books.clock.now())

    for _ in range(3):
        books.clock.move(seconds=60)
        await books.deliver()
        now, lease = books.clock.now(), uuid4()
        due = await books.orders.claim_due(lease=lease, until=now, now=now)
        assert due.first_sent == {Command.RESERVE_STOCK: first}
        await repeated(books, lease, due.order, Command.RESERVE_STOCK, next_action_at=now)


async def test_nothing_to_repeat_only_moves_the_plan(books, claimed) -> None:
    order, lease = claimed

    assert await repeated(books, lease, order)

    assert (await books.orders.any(order.id)).tries == 1
    assert await books.due() == []


async def test_without_the_lease_nothing_is_repeated(books, claimed) -> None:
    order, lease = claimed
    before = await books.orders.any(order.id)

    assert not await repeated(books, uuid4(), order, Command.RESERVE_STOCK)
    assert await books.orders.any(order.id) == before

    assert await repeated(books, lease, order)
    assert not await repeated(books, lease, order, Command.RESERVE_STOCK, tries=2)
    assert await books.due() == []


async def test_an_order_that_moved_on_is_not_asked_again(books, claimed) -> None:
    order, lease = claimed
    step = moved(order, Trigger.STOCK_RESERVED, books.clock)
    await books.orders.save(step.order, step.says)

    assert not await repeated(books, lease, order, Command.RESERVE_STOCK)
    assert not await repeated(books, lease, step.order, Command.AUTHORIZE_PAYMENT)

    assert await books.orders.any(order.id) == step.order
    assert await books.due() == ["AuthorizePayment"]


async def test_a_second_sweeper_takes_the_lease_away_from_the_first(books, claimed) -> None:
    order, first = claimed
    books.clock.move(seconds=30)
    now, second = books.clock.now(), uuid4()
    await books.orders.claim_due(lease=second, until=now + 30 * SECOND, now=now)

    assert not await repeated(books, first, order, Command.RESERVE_STOCK)
    assert await repeated(books, second, order, Command.RESERVE_STOCK)
