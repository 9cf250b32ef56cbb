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

RUN = re.compile(r"\d(?:[ .-]?\d){12,}")
CARDS = tuple(
    re.compile(pattern)
    for pattern in (
        r"4\d{15}",
        r"4\d{18}",
        r"5[1-5]\d{14}",
        r"2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12}",
        r"3[47]\d{13}",
        r"3(?:0[0-5]|[68]\d)\d{11}",
        r"35(?:2[89]|[3-8]\d)\d{12}",
        r"6(?:011|4[4-9]\d|5\d\d)\d{12}",
        r"62\d{14}",
    )
)
"""Prefix and length of the brands. The check digit alone would refuse every tenth long number."""


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
        for field in ("name", "line1", "line2", "city", "postal_code", "phone"):
            text = getattr(self, field)
            if text is not None and _holds_card_number(text):
                raise CardNumberInAddress(f"address.{field}")
        return self


def _holds_card_number(text: str) -> bool:
    """Anywhere inside of a run of digits: a house number before it must not hide it."""
    runs = [re.sub(r"\D", "", found) for found in RUN.findall(text)]
    return any(
        _luhn(found[0])
        for run in runs
        for start in range(len(run))
        for card in CARDS
        if (found := card.match(run, start)) is not None
    )


def _luhn(digits: str) -> bool:
    doubled = [int(each) * (2 if place % 2 else 1) for place, each in enumerate(reversed(digits))]
    return sum(each - 9 if each > 9 else each for each in doubled) % 10 == 0
