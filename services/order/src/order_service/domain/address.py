"""Where goods go, and which country taxes them."""

import re
from dataclasses import dataclass

TAX_RATES: dict[str, int] = {
    "AT": 2000,
    "BE": 2100,
    "CH": 810,
    "CZ": 2100,
    "DE": 1900,
    "DK": 2500,
    "ES": 2100,
    "FI": 2550,
    "FR": 2000,
    "GB": 2000,
    "IE": 2300,
    "IT": 2200,
    "JP": 1000,
    "LU": 1700,
    "NL": 2100,
    "NO": 2500,
    "PL": 2300,
    "PT": 2300,
    "SE": 2500,
    "US": 0,
}
"""Standard VAT by country of delivery, in hundredths of a per cent, as of 2026. US sales tax is not collected."""

DIGITS = re.compile(r"(?:\d[ -]?){13,19}")


class UnknownCountry(Exception):
    def __init__(self, country: str, *, field: str) -> None:
        super().__init__(f"We do not deliver to {country}.")
        self.errors = [{"field": field, "message": f"one of {', '.join(TAX_RATES)}"}]


class CardNumberInAddress(Exception):
    """What looks like a card number must not be stored."""

    def __init__(self, field: str) -> None:
        super().__init__("This looks like a card number, which has no place in an address.")
        self.errors = [{"field": field, "message": "looks like a card number"}]


@dataclass(frozen=True, slots=True)
class Address:
    name: str
    line1: str
    line2: str | None
    city: str
    postal_code: str
    country: str
    """ISO 3166-1 alpha-2."""
    phone: str | None

    def checked(self) -> "Address":
        """Itself. Raises UnknownCountry, CardNumberInAddress."""
        if self.country not in TAX_RATES:
            raise UnknownCountry(self.country, field="address.country")
        lines = {"name": self.name, "line1": self.line1, "line2": self.line2, "city": self.city}
        for field, text in lines.items():
            if text is not None and _holds_card_number(text):
                raise CardNumberInAddress(f"address.{field}")
        return self


def _holds_card_number(text: str) -> bool:
    return any(_luhn(re.sub(r"\D", "", found)) for found in DIGITS.findall(text))


def _luhn(digits: str) -> bool:
    doubled = [int(each) * (2 if place % 2 else 1) for place, each in enumerate(reversed(digits))]
    return sum(each - 9 if each > 9 else each for each in doubled) % 10 == 0
