"""Ways to send a parcel, and what they cost."""

from collections.abc import Mapping
from dataclasses import dataclass

from order_service.domain.address import TAX_RATES, UnknownCountry

CURRENCIES = ("EUR", "USD", "GBP", "JPY")
HOME = frozenset({"AT", "BE", "CZ", "DE", "DK", "ES", "FI", "FR", "IE", "IT", "LU", "NL", "PL", "PT", "SE"})


class UnknownShippingMethod(Exception):
    def __init__(self, code: str) -> None:
        super().__init__(f"There is no shipping method {code} for this country.")
        self.errors = [{"field": "shipping_method", "message": "not offered for this country"}]


@dataclass(frozen=True, slots=True)
class ShippingMethod:
    code: str
    name: str
    prices: Mapping[str, int]
    """Net price in minor units by currency."""
    min_days: int
    max_days: int
    countries: frozenset[str]


METHODS = (
    ShippingMethod("standard", "Standard", {"EUR": 490, "USD": 540, "GBP": 420, "JPY": 800}, 2, 4, HOME),
    ShippingMethod("express", "Express", {"EUR": 990, "USD": 1090, "GBP": 850, "JPY": 1600}, 1, 2, HOME),
    ShippingMethod(
        "worldwide",
        "Worldwide",
        {"EUR": 1490, "USD": 1590, "GBP": 1290, "JPY": 2400},
        5,
        12,
        frozenset(TAX_RATES) - HOME,
    ),
)


def methods_for(country: str) -> list[ShippingMethod]:
    """Cheapest first. Raises UnknownCountry."""
    if country not in TAX_RATES:
        raise UnknownCountry(country, field="country")
    return [each for each in METHODS if country in each.countries]


def method_for(code: str, country: str) -> ShippingMethod:
    """Raises UnknownCountry, UnknownShippingMethod."""
    found = next((each for each in methods_for(country) if each.code == code), None)
    if found is None:
        raise UnknownShippingMethod(code)
    return found
