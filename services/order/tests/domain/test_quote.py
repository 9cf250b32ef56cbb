from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from order_service.domain.address import TAX_RATES, UnknownCountry
from order_service.domain.quote import LinesNotForSale, Offer, PriceChanged, Quote, make_quote, tax_on
from order_service.domain.shipping import CURRENCIES, METHODS, UnknownShippingMethod

AMOUNTS = st.integers(min_value=0, max_value=10_000_000)
BASKETS = st.lists(st.tuples(AMOUNTS, st.integers(min_value=1, max_value=99)), min_size=1, max_size=50)


def an_offer(price: int, sku: str = "TEA-1") -> Offer:
    return Offer(sku, "tea", "Tea", {}, "/tea.svg", price, 10)


def a_quote(*basket: tuple[int, int], country: str = "DE", currency: str = "EUR", method: str = "standard") -> Quote:
    offers = [(an_offer(price, f"SKU-{n}"), quantity) for n, (price, quantity) in enumerate(basket)]
    return make_quote(currency=currency, country=country, shipping_method=method, basket=offers)


@pytest.mark.parametrize(
    ("net", "country", "tax"),
    [
        (0, "DE", 0),
        (100, "DE", 19),
        (50, "DE", 10),  # 9.5: ten is even
        (150, "DE", 28),  # 28.5: down to the even one
        (250, "DE", 48),  # 47.5: up to the even one
        (105, "JP", 10),  # 10.5 yen
        (115, "JP", 12),  # 11.5 yen
        (1, "CH", 0),
        (7, "CH", 1),  # 0.567
        (10_000_000_00, "FI", 255_000_000),
        (12345, "US", 0),
    ],
)
def test_tax_is_rounded_half_to_even(net: int, country: str, tax: int) -> None:
    assert tax_on(net, country) == tax


@given(net=AMOUNTS, country=st.sampled_from(sorted(TAX_RATES)))
def test_tax_is_the_exact_one_rounded_half_to_even(net: int, country: str) -> None:
    assert tax_on(net, country) == round(Fraction(net * TAX_RATES[country], 10_000))


def test_a_quote_is_lines_and_shipping_and_the_tax_on_each() -> None:
    quote = a_quote((450, 2), (1250, 1))

    assert [(line.total, line.tax) for line in quote.lines] == [(900, 171), (1250, 238)]
    assert (quote.subtotal, quote.shipping, quote.tax, quote.discount) == (2150, 490, 171 + 238 + 93, 0)
    assert quote.total == 3142


def test_yen_have_no_cents() -> None:
    quote = a_quote((1980, 3), country="JP", currency="JPY", method="worldwide")

    assert (quote.subtotal, quote.shipping, quote.tax, quote.total) == (5940, 2400, 594 + 240, 9174)


@given(basket=BASKETS, currency=st.sampled_from(CURRENCIES), country=st.sampled_from(sorted(TAX_RATES)))
def test_lines_always_add_up_to_the_totals(basket, currency: str, country: str) -> None:
    method = next(each for each in METHODS if country in each.countries)
    quote = a_quote(*basket, country=country, currency=currency, method=method.code)

    shown = quote.shown()
    assert shown["subtotal"] == sum(price * quantity for price, quantity in basket)
    assert shown["tax"] == sum(line["tax"] for line in shown["lines"]) + tax_on(shown["shipping"], country)
    assert shown["total"] == shown["subtotal"] + shown["shipping"] + shown["tax"] - shown["discount"]
    assert all(line["total"] == line["unit_price"] * line["quantity"] for line in shown["lines"])
    assert all(type(amount) is int for amount in (shown["subtotal"], shown["tax"], shown["total"]))


QUOTE = a_quote((450, 2), (1250, 1))
FIRST, SECOND = QUOTE.lines
CHANGED = {
    "currency": replace(QUOTE, currency="USD"),
    "country": replace(QUOTE, country="AT"),
    "shipping method": replace(QUOTE, shipping_method="express"),
    "shipping": replace(QUOTE, shipping=491),
    "tax": replace(QUOTE, tax=QUOTE.tax + 1),
    "discount": replace(QUOTE, discount=1),
    "a line less": replace(QUOTE, lines=(FIRST,)),
    "sku": replace(QUOTE, lines=(replace(FIRST, sku="OTHER"), SECOND)),
    "quantity": replace(QUOTE, lines=(replace(FIRST, quantity=3), SECOND)),
    "price": replace(QUOTE, lines=(replace(FIRST, unit_price=451), SECOND)),
    "tax of a line": replace(QUOTE, lines=(replace(FIRST, tax=172), SECOND)),
    "price moved between lines": replace(
        QUOTE, lines=(replace(FIRST, unit_price=449), replace(SECOND, unit_price=1252))
    ),
}


@pytest.mark.parametrize("changed", CHANGED.values(), ids=CHANGED.keys())
def test_the_hash_covers_all_that_the_customer_agrees_to(changed: Quote) -> None:
    assert changed.hash != QUOTE.hash


def test_the_hash_is_the_same_for_the_same_and_ignores_a_new_name() -> None:
    assert a_quote((450, 2), (1250, 1)).hash == QUOTE.hash
    assert replace(QUOTE, lines=(replace(FIRST, name="Better tea"), SECOND)).hash == QUOTE.hash
    assert len(QUOTE.hash) == 64


@given(one=BASKETS, other=BASKETS)
def test_different_baskets_have_different_hashes(one, other) -> None:
    assert (a_quote(*one).hash == a_quote(*other).hash) == (one == other)


def test_a_refusal_carries_the_new_quote() -> None:
    assert PriceChanged(QUOTE).quote == QUOTE.shown()
    assert PriceChanged(QUOTE).quote["quote_hash"] == QUOTE.hash


def test_lines_that_are_not_for_sale_are_named() -> None:
    refusal = LinesNotForSale(["A", "B"])

    assert str(refusal) == "Not for sale: A, B."
    assert [each["field"] for each in refusal.errors] == ["lines.A", "lines.B"]


def test_an_unknown_country_or_method_is_refused_by_its_field() -> None:
    with pytest.raises(UnknownCountry) as country:
        a_quote((450, 1), country="ZZ")
    with pytest.raises(UnknownShippingMethod) as method:
        a_quote((450, 1), method="worldwide")

    assert country.value.errors[0]["field"] == "country"
    assert method.value.errors[0]["field"] == "shipping_method"
