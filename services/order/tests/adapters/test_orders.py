"""One contract, on the twin in memory and on MongoDB."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from order_service.domain import saga
from order_service.domain.order import Accepted, Command, Order, State
from order_service.domain.saga import Trigger
from order_service.ports import CartTaken, KeyTaken, NumberTaken

SECOND = timedelta(seconds=1)
RESERVE = [Command.RESERVE_STOCK]


def moved(order: Order, trigger: Trigger, clock: Any) -> saga.Step:
    step = saga.advance(order, trigger, now=clock.now(), refunded=order.total if trigger is Trigger.REFUNDED else 0)
    assert step is not None
    return step


async def added(books, order: Order) -> Order:
    await books.orders.add(order, RESERVE)
    return order


async def brought(books, order: Order, *triggers: Trigger) -> Order:
    for trigger in triggers:
        step = moved(order, trigger, books.clock)
        assert await books.orders.save(step.order, step.says)
        order = step.order
    return order


async def test_an_order_is_read_back_as_it_was_added(books, an_order) -> None:
    order = await added(books, an_order())

    assert await books.orders.get(order.id) == order
    assert await books.orders.by_key(order.user_id, order.idempotency_key) == order
    assert await books.orders.get(uuid4()) is None
    assert await books.orders.by_key(uuid4(), order.idempotency_key) is None
    assert await books.orders.by_key(order.user_id, "another") is None


async def test_a_key_buys_once_for_a_customer(books, an_order) -> None:
    order = await added(books, an_order())

    with pytest.raises(KeyTaken):
        await books.orders.add(an_order(idempotency_key=order.idempotency_key), RESERVE)
    await added(books, an_order(idempotency_key=order.idempotency_key, user_id=uuid4()))

    assert len(await books.facts("order")) == len(await books.facts("outbox")) == 2


async def test_a_cart_has_one_open_order(books, an_order) -> None:
    order = await added(books, an_order())

    with pytest.raises(CartTaken):
        await books.orders.add(an_order(cart_id=order.cart_id), RESERVE)
    assert await books.orders.open_orders([order.cart_id, uuid4()]) == {order.cart_id: order.id}

    await brought(books, order, Trigger.STOCK_REJECTED)
    assert await books.orders.open_orders([order.cart_id]) == {}
    await added(books, an_order(cart_id=order.cart_id))


@pytest.mark.parametrize("state", sorted(set(State) - {State.CANCELLED}))
async def test_only_a_cancelled_order_lets_go_of_its_cart(books, an_order, state) -> None:
    order = an_order(state)
    await books.orders.add(order, [])

    assert await books.orders.open_orders([order.cart_id]) == {order.cart_id: order.id}


async def test_a_number_is_given_once(books, an_order) -> None:
    order = await added(books, an_order())

    with pytest.raises(NumberTaken):
        await books.orders.add(an_order(id=order.id), RESERVE)


async def test_of_many_with_one_key_and_one_cart_at_once_one_is_added(books, an_order) -> None:
    key, cart = "the-same-key-of-all", uuid4()

    async def add() -> bool:
        try:
            await added(books, an_order(idempotency_key=key, cart_id=cart))
        except (KeyTaken, CartTaken):
            return False
        return True

    assert sorted(await asyncio.gather(*(add() for _ in range(20)))) == [False] * 19 + [True]
    assert len(await books.facts("order")) == len(await books.facts("outbox")) == 1


async def test_every_step_is_read_back_with_its_whole_story(books, an_order) -> None:
    order = await added(books, an_order())
    books.clock.move(microseconds=1_234_567)
    for trigger in (
        Trigger.STOCK_RESERVED,
        Trigger.AUTHORIZED,
        Trigger.STOCK_COMMITTED,
        Trigger.CAPTURED,
        Trigger.CANCEL,
        Trigger.REFUND_FAILED,
        Trigger.REFUNDED,
        Trigger.STOCK_RELEASED,
    ):
        order = await brought(books, order, trigger)
        assert await books.orders.get(order.id) == order

    [fact] = await books.facts("order")
    assert [each["to"] for each in fact["history"]] == [each.after for each in order.history]
    assert (fact["state"], fact["open"], fact["refunded"]) == ("CANCELLED", False, order.total)
    assert len(await books.facts("outbox")) == 8


async def test_flags_and_keys_of_any_spelling_are_kept(books, an_order) -> None:
    order = await added(books, an_order())
    keys = {"$where": Accepted("a" * 64, 2), "a.b.c": Accepted("b" * 64, 2), "__proto__": Accepted("c" * 64, 2)}
    step = moved(order, Trigger.CANCEL, books.clock)

    odd = replace(step.order, cancel_keys=keys, needs_review=True, tries=7)
    assert await books.orders.save(odd, step.says)

    assert await books.orders.get(order.id) == odd


async def test_only_the_next_version_is_saved_and_otherwise_nothing_is_said(books, an_order) -> None:
    order = await added(books, an_order())
    one, other = moved(order, Trigger.STOCK_RESERVED, books.clock), moved(order, Trigger.CANCEL, books.clock)

    assert await books.orders.save(one.order, one.says)
    assert not await books.orders.save(other.order, other.says)
    assert not await books.orders.save(one.order, one.says)
    assert not await books.orders.save(replace(one.order, version=7), one.says)
    assert not await books.orders.save(moved(an_order(), Trigger.CANCEL, books.clock).order, other.says)

    assert await books.orders.get(order.id) == one.order
    assert sorted(await books.due()) == ["AuthorizePayment", "ReserveStock"]


async def test_of_many_steps_at_once_one_is_taken(books, an_order) -> None:
    order = await added(books, an_order())
    steps = [moved(order, trigger, books.clock) for trigger in (Trigger.STOCK_RESERVED, Trigger.CANCEL) * 8]

    won = await asyncio.gather(*(books.orders.save(step.order, step.says) for step in steps))

    assert won.count(True) == 1
    found = await books.orders.get(order.id)
    assert found == steps[won.index(True)].order
    assert len(await books.facts("outbox")) == 2


async def test_a_customers_orders_come_newest_first_in_pages(books, an_order) -> None:
    orders = [await added(books, an_order()) for _ in range(4)]
    await added(books, an_order(user_id=uuid4()))
    newest_first = sorted((order.id for order in orders), reverse=True)
    user = orders[0].user_id

    first = await books.orders.of_customer(user, before=None, limit=3)
    rest = await books.orders.of_customer(user, before=first[-1].id, limit=3)

    assert [each.id for each in first] == newest_first[:3]
    assert [each.id for each in rest] == newest_first[3:]
    assert first[0] == next(order for order in orders if order.id == newest_first[0])


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
    order = await brought(books, order, Trigger.AUTHORIZED)
    books.clock.move(seconds=10)

    found = await claim(books)
    assert found.first_sent == {Command.RESERVE_STOCK: left, Command.AUTHORIZE_PAYMENT: left}


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

    found = await books.orders.get(order.id)
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

    assert (await books.orders.get(order.id)).tries == 1
    assert await books.due() == []


async def test_without_the_lease_nothing_is_repeated(books, claimed) -> None:
    order, lease = claimed
    before = await books.orders.get(order.id)

    assert not await repeated(books, uuid4(), order, Command.RESERVE_STOCK)
    assert await books.orders.get(order.id) == before

    assert await repeated(books, lease, order)
    assert not await repeated(books, lease, order, Command.RESERVE_STOCK, tries=2)
    assert await books.due() == []


async def test_an_order_that_moved_on_is_not_asked_again(books, claimed) -> None:
    order, lease = claimed
    step = moved(order, Trigger.STOCK_RESERVED, books.clock)
    await books.orders.save(step.order, step.says)

    assert not await repeated(books, lease, order, Command.RESERVE_STOCK)
    assert not await repeated(books, lease, step.order, Command.AUTHORIZE_PAYMENT)

    assert await books.orders.get(order.id) == step.order
    assert await books.due() == ["AuthorizePayment"]


async def test_a_second_sweeper_takes_the_lease_away_from_the_first(books, claimed) -> None:
    order, first = claimed
    books.clock.move(seconds=30)
    now, second = books.clock.now(), uuid4()
    await books.orders.claim_due(lease=second, until=now + 30 * SECOND, now=now)

    assert not await repeated(books, first, order, Command.RESERVE_STOCK)
    assert await repeated(books, second, order, Command.RESERVE_STOCK)


async def test_those_who_wait_are_counted_by_state(books, an_order) -> None:
    for _ in range(2):
        await added(books, an_order())
    await brought(books, await added(books, an_order()), Trigger.STOCK_RESERVED)
    await brought(books, await added(books, an_order()), Trigger.STOCK_REJECTED)

    assert dict(await books.orders.count_open()) == {"PENDING": 2, "RESERVED": 1}


async def test_facts_tell_what_has_left(books, an_order) -> None:
    order = await added(books, an_order())
    [waiting] = await books.facts("outbox")
    assert (waiting["type"], waiting["aggregate_id"], waiting["published"]) == ("ReserveStock.v1", str(order.id), False)

    await books.deliver()

    [gone] = await books.facts("outbox")
    assert gone["published"] is True
