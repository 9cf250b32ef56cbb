from dataclasses import replace

import pytest
from order_service.domain.address import TAX_RATES, Address, CardNumberInAddress, UnknownCountry
from order_service.domain.shipping import CURRENCIES, HOME, method_for, methods_for

BERLIN = Address("Ada Lovelace", "Unter den Linden 1", None, "Berlin", "10117", "DE", "+49 1512 3456789")


@pytest.mark.parametrize("country", sorted(TAX_RATES))
def test_every_country_we_tax_can_be_delivered_to_in_every_currency(country: str) -> None:
    methods = methods_for(country)

    assert replace(BERLIN, country=country).checked().country == country
    assert methods
    assert all(method.prices[currency] > 0 for method in methods for currency in CURRENCIES)
    prices = [method.prices["EUR"] for method in methods]
    assert prices == sorted(prices)
    assert all(method_for(method.code, country) is method for method in methods)


def test_home_and_the_wide_world_have_different_ways() -> None:
    assert [method.code for method in methods_for("DE")] == ["standard", "express"]
    assert [method.code for method in methods_for("US")] == ["worldwide"]
    assert set(TAX_RATES) >= HOME


@pytest.mark.parametrize("country", ["ZZ", "", "de", "XX"])
def test_other_countries_are_refused(country: str) -> None:
    with pytest.raises(UnknownCountry) as refused:
        replace(BERLIN, country=country).checked()

    assert refused.value.errors[0]["field"] == "address.country"


@pytest.mark.parametrize("field", ["name", "line1", "line2", "city", "postal_code", "phone"])
def test_a_card_number_is_refused_in_every_free_text(field: str) -> None:
    with pytest.raises(CardNumberInAddress) as refused:
        replace(BERLIN, **{field: "4242424242424242"}).checked()

    assert refused.value.errors == [{"field": f"address.{field}", "message": "looks like a card number"}]
    assert "4242" not in str(refused.value)


@pytest.mark.parametrize(
    "text",
    [
        "4242 4242 4242 4242",
        "4242-4242-4242-4242",
        "4242.4242.4242.4242",
        "card4242424242424242please",
        "12 4242424242424242",  # a house number before it
        "4242424242424242 10117",
        "378282246310005",
        "3782 822463 10005",
        "5555555555554444",
        "2223003122003222",
        "6011111111111117",
        "3566002020360505",
        "30569309025904",
        "6200000000000005",
    ],
)
def test_card_numbers_are_known_however_they_are_written(text: str) -> None:
    with pytest.raises(CardNumberInAddress):
        replace(BERLIN, line2=text).checked()


@pytest.mark.parametrize(
    "text",
    [
        "4242 4242 4242 4241",  # the check digit is wrong
        "4006381333931",  # an EAN: no brand has thirteen digits
        "9780201379624",
        "7992739871300008",  # Luhn is content, no brand begins with 79
        "00000000000000000000",
        "Packstation 145, Postnummer 123456789",
        "+4915123456789",
    ],
)
def test_other_long_numbers_may_stand_in_an_address(text: str) -> None:
    assert replace(BERLIN, line2=text).checked().line2 == text
