"""One contract for carts, on the twin in memory and on MongoDB."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

from order_service.domain.cart import Cart, CartLine

ADA, BOB = UUID(int=1), UUID(int=2)
LINE = CartLine("TEA-1", 2, "Tea", {"size": "M", "a.b": "$c"}, "tea", "/tea.svg", 450)


def a_cart(books, *, user: UUID | None = ADA, minutes: int = 0) -> Cart:
    return Cart(uuid4(), user, "EUR", (), 1, books.clock.now() + timedelta(minutes=minutes))


async def test_a_cart_is_added_once_and_read_back(books) -> None:
    cart, guest = a_cart(books), a_cart(books, user=None)

    assert await books.carts.add(cart)
    assert await books.carts.add(guest)
    assert not await books.carts.add(replace(cart, currency="USD"))

    assert await books.carts.get(cart.id, owner=ADA) == cart
    assert await books.carts.get(guest.id, owner=None) == guest
    assert await books.carts.get(uuid4(), owner=ADA) is None


async def test_a_cart_is_read_by_its_owner_and_one_of_nobodys_by_everybody(books) -> None:
    cart, guest = a_cart(books), a_cart(books, user=None)
    for each in (cart, guest):
        await books.carts.add(each)

    assert await books.carts.get(cart.id, owner=BOB) is None
    assert await books.carts.get(cart.id, owner=None) is None
    assert await books.carts.get(guest.id, owner=BOB) == guest


async def test_of_many_who_add_it_at_once_one_does(books) -> None:
    cart = a_cart(books)

    assert sorted(await asyncio.gather(*(books.carts.add(cart) for _ in range(8)))) == [False] * 7 + [True]


async def test_a_change_is_saved_on_the_version_that_was_seen(books) -> None:
    cart = a_cart(books)
    await books.carts.add(cart)
    changed = cart.with_line(LINE)

    assert not await books.carts.save(changed, seen=2)
    assert await books.carts.save(changed, seen=1)
    assert not await books.carts.save(cart.with_line(LINE), seen=1)
    assert not await books.carts.save(a_cart(books), seen=1)

    assert await books.carts.get(cart.id, owner=ADA) == changed


async def test_of_many_changes_at_once_one_is_taken(books) -> None:
    cart = a_cart(books)
    await books.carts.add(cart)
    changes = [cart.with_line(replace(LINE, quantity=n)) for n in range(1, 9)]

    won = await asyncio.gather(*(books.carts.save(each, seen=1) for each in changes))

    assert won.count(True) == 1
    assert await books.carts.get(cart.id, owner=ADA) == changes[won.index(True)]


async def test_merges_are_remembered_on_both_sides(books) -> None:
    mine, guest = a_cart(books), a_cart(books, user=None).with_line(LINE)
    for cart in (mine, guest):
        await books.carts.add(cart)

    assert await books.carts.save(guest.claimed_for(mine.id), seen=guest.version)
    assert await books.carts.save(mine.with_all_of(guest), seen=mine.version)

    assert await books.carts.get(guest.id, owner=None) == guest.claimed_for(mine.id)
    assert await books.carts.get(mine.id, owner=ADA) == mine.with_all_of(guest)


async def test_the_latest_carts_are_ones_own_newest_first(books) -> None:
    carts = [a_cart(books, minutes=n) for n in (2, 1, 3)]
    for cart in (*carts, a_cart(books, user=BOB), a_cart(books, user=None)):
        await books.carts.add(cart)

    latest = await books.carts.latest(ADA, limit=2)

    assert list(latest) == [carts[2], carts[0]]
