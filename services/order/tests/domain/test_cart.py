from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from order_service.domain.cart import MAX_LINES, MAX_QUANTITY, Cart, CartFull, CartLine, CurrencyDiffers

ADA, BOB = UUID(int=1), UUID(int=2)
NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)


def a_cart(*lines: tuple[str, int], user: UUID | None = None, currency: str = "EUR") -> Cart:
    cart = Cart(uuid4(), user, currency, (), 1, NOON)
    for sku, quantity in lines:
        cart = cart.with_line(a_line(sku, quantity))
    return cart


def a_line(sku: str, quantity: int = 1, price: int = 450) -> CartLine:
    return CartLine(sku, quantity, "Tea", {}, "tea", "/tea.svg", price)


def content(cart: Cart) -> list[tuple[str, int]]:
    return [(line.sku, line.quantity) for line in cart.lines]


def test_a_line_is_replaced_in_its_place() -> None:
    cart = a_cart(("A", 1), ("B", 1)).with_line(a_line("A", 7))

    assert content(cart) == [("A", 7), ("B", 1)]
    assert cart.version == 4


def test_there_are_fifty_lines_and_no_more_and_a_full_cart_can_be_changed() -> None:
    full = a_cart(*((f"SKU-{n}", 1) for n in range(MAX_LINES)))

    with pytest.raises(CartFull):
        full.with_line(a_line("ONE-MORE"))
    assert full.with_line(a_line("SKU-7", 9)).lines[7].quantity == 9


def test_taking_out_what_is_not_there_is_no_change() -> None:
    cart = a_cart(("A", 1))

    assert cart.without_line("B") is cart
    assert content(cart.without_line("A")) == []
    assert cart.without_line("A").version == cart.version + 1


def test_an_anonymous_cart_is_whoevers_and_an_owned_one_its_owners() -> None:
    assert a_cart().belongs_to(None)
    assert a_cart().belongs_to(ADA)
    assert a_cart(user=ADA).belongs_to(ADA)
    assert not a_cart(user=ADA).belongs_to(BOB)
    assert not a_cart(user=ADA).belongs_to(None)


def test_merging_adds_up_and_keeps_the_order_of_lines() -> None:
    mine, guest = a_cart(("A", 1), ("B", 2), user=ADA), a_cart(("C", 1), ("A", 3))

    merged = mine.with_all_of(guest)

    assert content(merged) == [("A", 4), ("B", 2), ("C", 1)]
    assert merged.merged == (guest.id,)
    assert merged.with_all_of(guest) is merged


def test_merging_stops_at_the_limits() -> None:
    mine = a_cart(*((f"SKU-{n}", MAX_QUANTITY) for n in range(MAX_LINES)), user=ADA)

    merged = mine.with_all_of(a_cart(("SKU-0", 5), ("NEW", 1)))

    assert content(merged) == content(mine)


def test_two_currencies_do_not_mix_but_an_empty_cart_takes_the_others() -> None:
    dollars = a_cart(("A", 1), currency="USD")

    with pytest.raises(CurrencyDiffers):
        a_cart(("B", 1), user=ADA).with_all_of(dollars)
    assert a_cart(user=ADA).with_all_of(dollars).currency == "USD"


BASKET = st.dictionaries(
    st.sampled_from([f"S{n}" for n in range(60)]), st.integers(1, MAX_QUANTITY), max_size=MAX_LINES
)


@given(mine=BASKET, theirs=BASKET)
def test_a_merge_never_breaks_a_limit_and_never_loses_a_line_of_mine(mine, theirs) -> None:
    merged = a_cart(*mine.items(), user=ADA).with_all_of(a_cart(*theirs.items()))

    found = dict(content(merged))
    assert len(found) <= MAX_LINES
    assert all(1 <= quantity <= MAX_QUANTITY for quantity in found.values())
    assert all(found[sku] == min(MAX_QUANTITY, quantity + theirs.get(sku, 0)) for sku, quantity in mine.items())
    assert set(found) <= set(mine) | set(theirs)
