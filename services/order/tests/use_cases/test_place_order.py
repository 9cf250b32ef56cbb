"""Checkout on the twins."""

import asyncio
from dataclasses import replace

import pytest
from chassis.faults import Unreachable
from chassis.idempotency import IdempotencyKeyReused
from order_service.domain.address import CardNumberInAddress, UnknownCountry
from order_service.domain.cart import CartAlreadyOrdered, CartEmpty, CartNotFound
from order_service.domain.quote import LinesNotForSale, PriceChanged
from order_service.domain.saga_table import Trigger
from order_service.domain.shipping import UnknownShippingMethod


@pytest.fixture
def stored(service):
    async def stored() -> list[dict]:
        return [fact async for fact in service.facts() if fact["kind"] == "order"]

    return stored


async def test_a_cart_becomes_an_order_that_asks_for_its_stock(service, till, stored) -> None:
    cart = await till.cart(TEA_1=2, CUP_2=1)

    placed = await service.place_order(await till.wish(cart))

    assert not placed.replayed
    order = placed.order
    assert [(line.sku, line.quantity, line.unit_price) for line in order.lines] == [
        ("TEA-1", 2, 450),
        ("CUP-2", 1, 1250),
    ]
    assert order.total == (await till.quote(cart)).total == 3142
    [message] = till.messages()
    assert message.type == "ReserveStock.v1"
    assert message.data == {
        "order_id": str(order.id),
        "lines": [{"sku": "TEA-1", "quantity": 2}, {"sku": "CUP-2", "quantity": 1}],
    }
    assert [each["id"] for each in await stored()] == [str(order.id)]
    assert till.count("shop_orders_placed_total") == 1


async def test_the_same_key_again_is_the_same_order_with_the_answer_of_then(service, till, stored) -> None:
    wish = await till.wish()
    first = await service.place_order(wish)
    await till.reply(first.order, Trigger.STOCK_RESERVED)

    again = await service.place_order(wish)

    assert again.replayed
    assert (again.order.id, again.order.state, again.order.history) == (first.order.id, "PENDING", first.order.history)
    assert len(await stored()) == 1
    assert till.count("shop_orders_placed_total") == 1


async def test_a_repeat_needs_no_neighbour_and_no_present_price(service, till, shelf) -> None:
    wish = await till.wish()
    first = await service.place_order(wish)
    shelf.down = True

    assert (await service.place_order(wish)).order.id == first.order.id


async def test_the_same_key_for_something_else_is_refused(service, till, stored) -> None:
    wish = await till.wish()
    await service.place_order(wish)

    with pytest.raises(IdempotencyKeyReused):
        await service.place_order(replace(wish, request_hash="0" * 64))

    assert len(await stored()) == 1


async def test_keys_of_two_customers_are_two_keys(service, till, stored, tokens) -> None:
    bob = tokens.people["bob"]
    await service.place_order(await till.wish())

    await service.place_order(await till.wish(await till.cart(user=bob), user_id=bob))

    assert len({fact["user_id"] for fact in await stored()}) == 2


async def test_of_two_tabs_with_two_keys_one_buys(service, till, stored) -> None:
    wish = await till.wish()

    answers = await asyncio.gather(
        *(service.place_order(replace(wish, key=f"tab-{n}", request_hash=str(n) * 64)) for n in range(8)),
        return_exceptions=True,
    )

    orders = [each.order.id for each in answers if not isinstance(each, BaseException)]
    refused = [each for each in answers if isinstance(each, BaseException)]
    assert len(orders) == 1
    assert [type(each) for each in refused] == [CartAlreadyOrdered] * 7
    assert {each.order_id for each in refused} == set(orders)
    assert len(await stored()) == 1


async def test_a_cart_that_was_bought_is_refused_and_names_its_order(service, till, stored) -> None:
    wish = await till.wish()
    order = (await service.place_order(wish)).order

    with pytest.raises(CartAlreadyOrdered) as refused:
        await service.place_order(replace(wish, key="another-key-of-mine"))

    assert refused.value.order_id == order.id
    assert len(await stored()) == 1


async def test_a_cancelled_order_gives_its_cart_back(service, till, tokens) -> None:
    wish = await till.wish()
    order = (await service.place_order(wish)).order
    assert (await service.current_cart(wish.user_id)).id != wish.cart_id

    await till.reply(order, Trigger.STOCK_REJECTED)

    assert (await service.current_cart(wish.user_id)).id == wish.cart_id
    again = await service.place_order(replace(wish, key="another-key-of-mine"))
    assert again.order.id != order.id
    assert (await service.place_order(wish)).order.id == order.id, "the old key still means the old order"


async def test_a_price_that_changed_shows_the_new_quote_and_buys_nothing(service, till, shelf, stored) -> None:
    cart = await till.cart()
    wish = await till.wish(cart)
    shelf.prices["TEA-1"] = 451

    with pytest.raises(PriceChanged) as refused:
        await service.place_order(wish)

    assert refused.value.quote == (await till.quote(cart)).shown()
    assert (await stored(), till.said()) == ([], [])
    await service.place_order(replace(wish, quote_hash=refused.value.quote["quote_hash"]))
    assert len(await stored()) == 1


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"country": "ZZ"}, UnknownCountry),
        ({"line2": "4242 4242 4242 4242"}, CardNumberInAddress),
        ({"postal_code": "4242424242424242"}, CardNumberInAddress),
        ({"country": "AT"}, PriceChanged),
        ({"country": "US"}, UnknownShippingMethod),
    ],
)
async def test_an_address_we_can_not_use_buys_nothing(service, till, stored, changes, refusal) -> None:
    wish = await till.wish()

    with pytest.raises(refusal):
        await service.place_order(replace(wish, address=replace(wish.address, **changes)))

    assert (await stored(), till.said()) == ([], [])


async def test_an_unknown_way_to_send_it_buys_nothing(service, till, stored) -> None:
    with pytest.raises(UnknownShippingMethod):
        await service.place_order(await till.wish(shipping_method="pigeon"))

    assert await stored() == []


async def test_an_empty_cart_buys_nothing(service, till, stored) -> None:
    cart = await service.open_cart(user_id=(await till.wish()).user_id, currency="EUR")

    with pytest.raises(CartEmpty):
        await service.place_order(await till.wish(cart, quote_hash="0" * 64))

    assert await stored() == []


async def test_an_archived_line_is_named_and_buys_nothing(service, till, shelf, stored) -> None:
    wish = await till.wish(await till.cart(TEA_1=1, CUP_2=1))
    del shelf.prices["CUP-2"]

    with pytest.raises(LinesNotForSale) as refused:
        await service.place_order(wish)

    assert [each["field"] for each in refused.value.errors] == ["lines.CUP-2"]
    assert await stored() == []


@pytest.mark.parametrize("owner", [None, "bob"])
async def test_somebody_elses_cart_and_an_anonymous_one_are_as_good_as_none(
    service, till, tokens, stored, owner
) -> None:
    cart = await till.cart(user=tokens.people.get(owner or ""))

    with pytest.raises(CartNotFound):
        await service.place_order(await till.wish(cart))

    assert await stored() == []


async def test_without_product_nothing_is_sold(service, till, shelf, stored) -> None:
    wish = await till.wish()
    shelf.down = True

    with pytest.raises(Unreachable):
        await service.place_order(wish)

    assert await stored() == []
