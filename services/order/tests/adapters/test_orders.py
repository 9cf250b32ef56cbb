"""One contract, on the twin in memory and on MongoDB."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from order_service.domain.order import Accepted
from order_service.domain.saga_table import Trigger
from order_service.domain.states import State
from order_service.ports import CartTaken, KeyTaken, NumberTaken

from .steps import RESERVE, added, brought, moved


async def test_an_order_is_read_back_as_it_was_added(books, an_order) -> None:
    order = await added(books, an_order())

    assert await books.orders.any(order.id) == order
    assert await books.orders.by_key(order.idempotency_key, owner=order.user_id) == order
    assert await books.orders.any(uuid4()) is None
    assert await books.orders.by_key(order.idempotency_key, owner=uuid4()) is None
    assert await books.orders.by_key("another", owner=order.user_id) is None


async def test_an_order_is_read_by_its_owner_and_by_nobody_else(books, an_order) -> None:
    order = await added(books, an_order())

    assert await books.orders.get(order.id, owner=order.user_id) == order
    assert await books.orders.get(order.id, owner=uuid4()) is None
    assert await books.orders.get(uuid4(), owner=order.user_id) is None
    assert await books.orders.open_orders([order.cart_id], owner=uuid4()) == {}
    assert await books.orders.open_orders([order.cart_id], owner=None) == {}


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
    assert await books.orders.open_orders([order.cart_id, uuid4()], owner=order.user_id) == {order.cart_id: order.id}

    await brought(books, order, Trigger.STOCK_REJECTED)
    assert await books.orders.open_orders([order.cart_id], owner=order.user_id) == {}
    await added(books, an_order(cart_id=order.cart_id))


@pytest.mark.parametrize("state", sorted(set(State) - {State.CANCELLED}))
async def test_only_a_cancelled_order_lets_go_of_its_cart(books, an_order, state) -> None:
    order = an_order(state)
    await books.orders.add(order, [])

    assert await books.orders.open_orders([order.cart_id], owner=order.user_id) == {order.cart_id: order.id}


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
        assert await books.orders.any(order.id) == order

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

    assert await books.orders.any(order.id) == odd


async def test_only_the_next_version_is_saved_and_otherwise_nothing_is_said(books, an_order) -> None:
    order = await added(books, an_order())
    one, other = moved(order, Trigger.STOCK_RESERVED, books.clock), moved(order, Trigger.CANCEL, books.clock)

    assert await books.orders.save(one.order, one.says)
    assert not await books.orders.save(other.order, other.says)
    assert not await books.orders.save(one.order, one.says)
    assert not await books.orders.save(replace(one.order, version=7), one.says)
    assert not await books.orders.save(moved(an_order(), Trigger.CANCEL, books.clock).order, other.says)

    assert await books.orders.any(order.id) == one.order
    assert sorted(await books.due()) == ["AuthorizePayment", "ReserveStock"]


async def test_of_many_steps_at_once_one_is_taken(books, an_order) -> None:
    order = await added(books, an_order())
    steps = [moved(order, trigger, books.clock) for trigger in (Trigger.STOCK_RESERVED, Trigger.CANCEL) * 8]

    won = await asyncio.gather(*(books.orders.save(step.order, step.says) for step in steps))

    assert won.count(True) == 1
    found = await books.orders.any(order.id)
    assert found == steps[won.index(True)].order
    assert len(await books.facts("outbox")) == 2


async def test_a_customers_orders_come_newest_first_in_pages(books, an_order) -> None:
    orders = [await added(books, an_order()) for _ in range(4)]
    await added(books, an_order(user_id=uuid4()))
    newest_first = sorted((order.id for order in orders), reverse=True)
    user = orders[0].user_id

    first = await books.orders.list_of(user, before=None, limit=3)
    rest = await books.orders.list_of(user, before=first[-1].id, limit=3)

    assert [each.id for each in first] == newest_first[:3]
    assert [each.id for each in rest] == newest_first[3:]
    assert first[0] == next(order for order in orders if order.id == newest_first[0])


async def test_those_who_wait_are_counted_by_state(books, an_order) -> None:
    for _ in range(2):
        await added(books, an_order())
    await brought(books, await added(books, an_order()), Trigger.STOCK_RESERVED)
    await brought(books, await added(books, an_order()), Trigger.STOCK_REJECTED)

    found = await books.orders.waiting()

    assert {state: each.count for state, each in found.items()} == {"PENDING": 2, "RESERVED": 1}


TO_THE_PIVOT = (Trigger.STOCK_RESERVED, Trigger.AUTHORIZED, Trigger.STOCK_COMMITTED)


async def test_the_longest_wait_begins_when_the_state_was_entered_and_not_at_the_last_step(books, an_order) -> None:
    placed = [await added(books, an_order()) for _ in range(2)]
    books.clock.time += timedelta(seconds=10)
    first = await brought(books, placed[0], *TO_THE_PIVOT)
    entered = books.clock.time
    books.clock.time += timedelta(seconds=10)
    await brought(books, first, Trigger.CANCEL)
    await brought(books, placed[1], *TO_THE_PIVOT)

    assert (await books.orders.waiting())["COMMITTED"].since == entered


async def test_those_who_should_have_been_looked_at_by_now_are_counted(books, an_order) -> None:
    due = [(await added(books, an_order())).next_action_at for _ in range(2)]
    await brought(books, await added(books, an_order()), Trigger.STOCK_REJECTED)

    assert await books.orders.count_overdue(min(due) - timedelta(milliseconds=1)) == 0
    assert await books.orders.count_overdue(max(due)) == 2


async def test_facts_tell_what_has_left(books, an_order) -> None:
    order = await added(books, an_order())
    [waiting] = await books.facts("outbox")
    assert (waiting["type"], waiting["aggregate_id"], waiting["published"]) == ("ReserveStock.v1", str(order.id), False)

    await books.deliver()

    [gone] = await books.facts("outbox")
    assert gone["published"] is True
