"""Carts on the twins: whose they are, what they hold, how an anonymous one becomes somebody's."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from order_service.domain.cart import Cart, CartAlreadyOrdered, CartNotFound, CurrencyDiffers
from order_service.domain.quote import LinesNotForSale
from order_service.domain.saga_table import Trigger


@pytest.fixture
def ada(tokens):
    return tokens.people["ada"]


@pytest.fixture
def bob(tokens):
    return tokens.people["bob"]


def content(cart: Cart) -> list[tuple[str, int]]:
    return [(line.sku, line.quantity) for line in cart.lines]


async def test_a_line_keeps_what_the_customer_saw_of_it(till) -> None:
    [line] = (await till.cart(TEA_1=3)).lines

    assert (line.sku, line.quantity, line.name, line.seen_price) == ("TEA-1", 3, "A TEA-1", 450)
    assert (line.product_slug, line.picture, line.options) == ("tea-1", "/pictures/TEA-1.svg", {"size": "M"})


async def test_what_is_not_for_sale_does_not_come_in(service, till, ada) -> None:
    cart = await till.cart()

    with pytest.raises(LinesNotForSale):
        await service.put_line(cart.id, sku="GONE-1", quantity=1, user_id=ada)

    assert await service.find_cart(cart.id, user_id=ada) == cart


async def test_prices_are_todays_and_the_old_one_is_remembered(service, till, shelf) -> None:
    cart = await till.cart()
    shelf.prices["TEA-1"] = 500

    seen = await service.look_at_cart(cart)

    assert seen.offers is not None
    assert seen.offers["TEA-1"].unit_price == 500
    assert seen.cart.lines[0].seen_price == 450


async def test_without_product_a_cart_is_shown_as_it_was(service, till, shelf) -> None:
    cart = await till.cart()
    shelf.down = True

    seen = await service.look_at_cart(cart)

    assert (seen.cart, seen.offers) == (cart, None)


async def test_an_empty_cart_asks_nobody(service, till, ada, shelf) -> None:
    cart = await service.open_cart(user_id=ada, currency="EUR")
    shelf.down = True

    assert (await service.look_at_cart(cart)).offers == {}


async def test_a_strangers_cart_is_as_good_as_none(service, till, bob) -> None:
    cart = await till.cart()

    for attempt in (
        service.find_cart(cart.id, user_id=bob),
        service.find_cart(cart.id, user_id=None),
        service.put_line(cart.id, sku="TEA-1", quantity=9, user_id=bob),
        service.remove_line(cart.id, sku="TEA-1", user_id=None),
        service.merge_cart(cart.id, user_id=bob),
        service.make_quote(cart.id, country="DE", shipping_method="standard", user_id=bob),
    ):
        with pytest.raises(CartNotFound):
            await attempt

    assert content(await service.find_cart(cart.id, user_id=cart.user_id)) == [("TEA-1", 2)]


async def test_a_cart_that_was_bought_is_not_changed(service, till, ada) -> None:
    cart = await till.cart()
    order = await till.placed(cart=cart)

    for attempt in (
        service.put_line(cart.id, sku="TEA-1", quantity=9, user_id=ada),
        service.remove_line(cart.id, sku="TEA-1", user_id=ada),
    ):
        with pytest.raises(CartAlreadyOrdered) as refused:
            await attempt
        assert refused.value.order_id == order.id

    await till.reply(order, Trigger.STOCK_REJECTED)
    assert content(await service.put_line(cart.id, sku="TEA-1", quantity=9, user_id=ada)) == [("TEA-1", 9)]


async def test_changes_at_once_are_all_kept(service, till, ada, shelf) -> None:
    cart = await service.open_cart(user_id=ada, currency="EUR")

    await asyncio.gather(
        *(service.put_line(cart.id, sku=sku, quantity=1, user_id=ada) for sku in ("TEA-1", "CUP-2")),
    )

    assert sorted(content(await service.find_cart(cart.id, user_id=ada))) == [("CUP-2", 1), ("TEA-1", 1)]


async def test_the_current_cart_is_made_once_however_many_ask(service, ada) -> None:
    carts = await asyncio.gather(*(service.current_cart(ada) for _ in range(8)))

    assert len({cart.id for cart in carts}) == 1


async def test_after_each_purchase_there_is_a_new_cart(service, till, ada) -> None:
    bought = []
    for _ in range(25):
        cart = await service.current_cart(ada)
        assert (cart.id not in bought, cart.lines) == (True, ())
        cart = await service.put_line(cart.id, sku="TEA-1", quantity=1, user_id=ada)
        await till.placed(cart=cart)
        bought.append(cart.id)


async def test_a_clock_that_goes_back_never_leaves_anybody_without_a_cart(service, till, ada, clock) -> None:
    bought = []
    for _ in range(4):
        cart = await service.current_cart(ada)
        assert cart.id not in bought
        cart = await service.put_line(cart.id, sku="TEA-1", quantity=1, user_id=ada)
        await till.placed(cart=cart)
        bought.append(cart.id)
        clock.move(hours=-1)


async def test_signing_in_brings_the_lines_along(service, till, ada, clock) -> None:
    mine = await till.cart(TEA_1=1)
    guest = await till.cart(user=None, TEA_1=2, CUP_2=1)

    merged = await service.merge_cart(guest.id, user_id=ada)

    assert merged.id == mine.id
    assert content(merged) == [("TEA-1", 3), ("CUP-2", 1)]
    with pytest.raises(CartNotFound):
        await service.find_cart(guest.id, user_id=None)


async def test_asked_again_nothing_is_added_again(service, till, ada) -> None:
    guest = await till.cart(user=None)

    answers = [await service.merge_cart(guest.id, user_id=ada) for _ in range(3)]

    assert {cart.version for cart in answers} == {answers[0].version}
    assert content(answers[0]) == [("TEA-1", 2)]


async def test_merges_at_once_add_once(service, till, ada) -> None:
    guest = await till.cart(user=None)

    await asyncio.gather(*(service.merge_cart(guest.id, user_id=ada) for _ in range(4)))

    assert content(await service.current_cart(ada)) == [("TEA-1", 2)]


async def test_of_two_people_who_know_the_id_one_gets_the_lines(service, till, ada, bob) -> None:
    guest = await till.cart(user=None)
    await service.merge_cart(guest.id, user_id=ada)

    with pytest.raises(CartNotFound):
        await service.merge_cart(guest.id, user_id=bob)

    assert (await service.current_cart(bob)).lines == ()


async def test_two_currencies_are_refused_before_anything_is_claimed(service, till, ada) -> None:
    await till.cart(TEA_1=1)
    guest = await till.cart(user=None, currency="USD")

    with pytest.raises(CurrencyDiffers):
        await service.merge_cart(guest.id, user_id=ada)

    assert await service.find_cart(guest.id, user_id=None) == guest


async def test_an_empty_cart_takes_the_currency_of_what_comes_in(service, till, ada) -> None:
    assert (await service.current_cart(ada)).currency == "EUR"
    guest = await till.cart(user=None, currency="USD")

    assert (await service.merge_cart(guest.id, user_id=ada)).currency == "USD"


class Died(BaseException):
    """The process ended here."""


class DiesBeforeTheCopy:
    """A store whose process dies between the claim of a guest's cart and the copy of its lines."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    async def save(self, cart: Cart, *, seen: int) -> bool:
        if cart.merged:
            raise Died
        return await self._inner.save(cart, seen=seen)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


@pytest.fixture
def die_before_the_copy(service, ada):
    async def die(guest: Cart) -> None:
        merge, dying = service.merge_cart, DiesBeforeTheCopy(service.find_cart.carts)
        with pytest.raises(Died):
            await replace(merge, carts=dying, change=replace(merge.change, carts=dying))(guest.id, user_id=ada)

    return die


async def test_a_crash_between_claim_and_copy_is_healed_by_asking_again(
    service, till, ada, die_before_the_copy
) -> None:
    mine = await till.cart(TEA_1=1)
    guest = await till.cart(user=None, CUP_2=1)
    await die_before_the_copy(guest)
    assert content(await service.find_cart(mine.id, user_id=ada)) == [("TEA-1", 1)]

    await service.open_cart(user_id=ada, currency="EUR")
    merged = await service.merge_cart(guest.id, user_id=ada)

    assert merged.id == mine.id
    assert content(merged) == [("TEA-1", 1), ("CUP-2", 1)]


async def test_a_claim_for_a_cart_that_was_bought_goes_to_the_next_one(service, till, ada, die_before_the_copy) -> None:
    mine = await till.cart(TEA_1=1)
    guest = await till.cart(user=None, CUP_2=1)
    await die_before_the_copy(guest)
    await till.placed(cart=mine)

    merged = await service.merge_cart(guest.id, user_id=ada)

    assert merged.id != mine.id
    assert content(merged) == [("CUP-2", 1)]
    assert await service.merge_cart(guest.id, user_id=ada) == merged
